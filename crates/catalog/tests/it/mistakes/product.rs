//! Errors at the top of the file, and in `[trial]`, `[lifecycle]` and `[costs]`.

use super::changed;

#[test]
fn a_key_misspelled_at_the_top() {
    insta::assert_snapshot!(
        changed(r#"currency = "usd""#, r#"curency = "usd""#),
        @r#"notes/product.toml:8: unknown key "curency" — did you mean "currency"?"#
    );
}

#[test]
fn a_text_that_is_missing() {
    insta::assert_snapshot!(
        changed("name = \"Notes\"\n", ""),
        @r#"notes/product.toml:1: name is missing — expected a display name such as "VoiceFX AI""#
    );
}

#[test]
fn a_text_that_is_empty() {
    insta::assert_snapshot!(
        changed(r#"name = "Notes""#, r#"name = " ""#),
        @r#"notes/product.toml:2: name = " " — expected a display name such as "VoiceFX AI""#
    );
}

#[test]
fn a_text_of_two_lines() {
    insta::assert_snapshot!(
        changed(r#"name = "Notes""#, "name = \"\"\"\nNo\ntes\"\"\""),
        @r#"notes/product.toml:2: name = """… — expected a display name such as "VoiceFX AI""#
    );
}

#[test]
fn an_id_with_capitals() {
    insta::assert_snapshot!(
        changed(r#"id = "notes""#, r#"id = "Notes""#),
        @r#"notes/product.toml:1: id = "Notes" — expected an id: lower-case letters, digits and _, a letter first, at most 40"#
    );
}

#[test]
fn a_word_misspelled() {
    insta::assert_snapshot!(
        changed(r#"tenancy = "personal""#, r#"tenancy = "personnel""#),
        @r#"notes/product.toml:4: tenancy = "personnel" — did you mean "personal"?"#
    );
}

#[test]
fn a_word_that_is_a_number() {
    insta::assert_snapshot!(
        changed(r#"isolation = "shared""#, "isolation = 3"),
        @r#"notes/product.toml:5: isolation = 3 — expected "shared" or "database""#
    );
}

#[test]
fn a_word_that_is_missing() {
    insta::assert_snapshot!(
        changed("isolation = \"shared\"\n", ""),
        @r#"notes/product.toml:1: isolation is missing — expected "shared" or "database""#
    );
}

#[test]
fn no_way_to_sign_in() {
    insta::assert_snapshot!(
        changed(r#"["password"]"#, "[]"),
        @r#"notes/product.toml:6: sign_in = [] — expected a list of one or more of "password" or "magic_link""#
    );
}

#[test]
fn a_way_to_sign_in_that_is_unknown() {
    insta::assert_snapshot!(
        changed(r#"["password"]"#, r#"["password", "fax"]"#),
        @r#"notes/product.toml:6: sign_in = "fax" — expected "password" or "magic_link""#
    );
}

#[test]
fn a_cost_that_is_no_amount() {
    insta::assert_snapshot!(
        changed(r#"minute = "$0.02""#, "minute = 0.02"),
        @r#"notes/product.toml:48: cost "minute" = 0.02 — expected an amount such as "$29", "$2,990" or "$0.05""#
    );
}

#[test]
fn a_default_plan_that_is_not_there() {
    insta::assert_snapshot!(
        changed(r#"default_plan = "free""#, r#"default_plan = "fre""#),
        @r#"notes/product.toml:7: default_plan = "fre" — did you mean "free"?"#
    );
}

#[test]
fn a_default_plan_that_costs_money() {
    insta::assert_snapshot!(
        changed(r#"default_plan = "free""#, r#"default_plan = "pro""#),
        @r#"notes/product.toml:7: default_plan = "pro" — a tenant cannot begin on a plan it has not paid for: name a free plan, or give this one a [trial]"#
    );
}

#[test]
fn a_trial_of_no_plan() {
    insta::assert_snapshot!(
        changed("[costs]", "[trial]\nplan = \"gold\"\ndays = 14\n\n[costs]"),
        @r#"notes/product.toml:48: trial: plan = "gold" — expected "free" or "pro""#
    );
}

#[test]
fn a_trial_without_end() {
    insta::assert_snapshot!(
        changed("[costs]", "[trial]\nplan = \"pro\"\ndays = 1000\n\n[costs]"),
        @"notes/product.toml:49: trial: days = 1000 — expected a number of days from 1 to 365"
    );
}

#[test]
fn a_reminder_before_the_trial() {
    insta::assert_snapshot!(
        changed("[costs]", "[trial]\nplan = \"pro\"\ndays = 7\nreminder_days = 7\n\n[costs]"),
        @"notes/product.toml:50: trial: reminder_days = 7 — expected a number of days from 0, less than the trial has"
    );
}

#[test]
fn days_that_are_too_many() {
    insta::assert_snapshot!(
        changed("[costs]", "[lifecycle]\ngrace_days = 4000\n\n[costs]"),
        @"notes/product.toml:48: lifecycle: grace_days = 4000 — expected a number of days from 0 to 3650"
    );
}

#[test]
fn a_text_that_is_not_toml() {
    insta::assert_snapshot!(
        changed("[modules]", "[modules"),
        @"notes/product.toml:30: not TOML: unclosed table, expected `]`"
    );
}

#[test]
fn a_trial_of_a_free_plan() {
    insta::assert_snapshot!(
        changed("[costs]", "[trial]\nplan = \"free\"\ndays = 7\n\n[costs]"),
        @r#"notes/product.toml:48: trial: plan = "free" — expected a paid plan"#
    );
}
