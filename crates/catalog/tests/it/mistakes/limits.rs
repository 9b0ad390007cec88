//! Errors in the limits of a plan.

use super::changed;

#[test]
fn minus_one_is_unlimited() {
    insta::assert_snapshot!(
        changed("notes = 20", "notes = -1"),
        @r#"notes/product.toml:37: plan "free": notes = -1 — write "unlimited""#
    );
}

#[test]
fn a_limit_below_zero() {
    insta::assert_snapshot!(
        changed("notes = 20", "notes = -2"),
        @r#"notes/product.toml:37: plan "free": notes = -2 — expected a whole number from 0 or "unlimited""#
    );
}

#[test]
fn a_limit_that_is_no_number() {
    insta::assert_snapshot!(
        changed("notes = 20", r#"notes = "many""#),
        @r#"notes/product.toml:37: plan "free": notes = "many" — expected a whole number from 0 or "unlimited""#
    );
}

#[test]
fn a_limit_in_quotes() {
    insta::assert_snapshot!(
        changed("notes = 20", r#"notes = "20""#),
        @r#"notes/product.toml:37: plan "free": notes = "20" — expected a whole number from 0 or "unlimited""#
    );
}

#[test]
fn a_limit_beyond_all_numbers() {
    insta::assert_snapshot!(
        changed("notes = 20", "notes = 99999999999999999999"),
        @r#"notes/product.toml:37: plan "free": notes = 99999999999999999999 — expected a whole number from 0 or "unlimited""#
    );
}

#[test]
fn a_limit_with_a_fraction() {
    insta::assert_snapshot!(
        changed("notes = 20", "notes = 0.5"),
        @r#"notes/product.toml:37: plan "free": notes = 0.5 — expected a whole number from 0 or "unlimited""#
    );
}

#[test]
fn a_size_without_its_unit() {
    insta::assert_snapshot!(
        changed(r#""5 MB""#, "5"),
        @r#"notes/product.toml:37: plan "free": storage = 5 — expected a size such as "500 MB" or "unlimited" (decimal: KB, MB, GB, TB)"#
    );
}

#[test]
fn a_size_that_is_not_decimal() {
    insta::assert_snapshot!(
        changed(r#""5 MB""#, r#""5 MiB""#),
        @r#"notes/product.toml:37: plan "free": storage = "5 MiB" — expected a size such as "500 MB" or "unlimited" (decimal: KB, MB, GB, TB)"#
    );
}

#[test]
fn a_period_that_is_none() {
    insta::assert_snapshot!(
        changed(r#""1 a week""#, r#""1 a year""#),
        @r#"notes/product.toml:37: plan "free": exports = "1 a year" — expected a whole number from 0, "unlimited", or a number with a period of its own such as "1 a week""#
    );
}

#[test]
fn a_period_for_a_level() {
    insta::assert_snapshot!(
        changed("notes = 20", r#"notes = "20 a month""#),
        @r#"notes/product.toml:37: plan "free": notes = "20 a month" — expected a whole number from 0 or "unlimited""#
    );
}

#[test]
fn a_period_for_a_rate() {
    insta::assert_snapshot!(
        changed("requests = 60", r#"requests = "60 a month""#),
        @r#"notes/product.toml:37: plan "free": requests = "60 a month" — expected a whole number from 0 or "unlimited""#
    );
}

#[test]
fn a_limit_that_is_missing() {
    insta::assert_snapshot!(
        changed("notes = 20, ", ""),
        @r#"notes/product.toml:37: plan "free": has no limit for meter "notes" — add a number or "unlimited""#
    );
}

#[test]
fn limits_that_are_missing() {
    insta::assert_snapshot!(
        changed("limits = { notes = 20, storage = \"5 MB\", exports = \"1 a week\", requests = 60 }\n", ""),
        @r#"
notes/product.toml:33: plan "free": has no limit for meter "notes" — add a number or "unlimited"
notes/product.toml:33: plan "free": has no limit for meter "storage" — add a number or "unlimited"
notes/product.toml:33: plan "free": has no limit for meter "exports" — add a number or "unlimited"
notes/product.toml:33: plan "free": has no limit for meter "requests" — add a number or "unlimited"
"#
    );
}

#[test]
fn a_limit_for_no_meter() {
    insta::assert_snapshot!(
        changed("notes = 20", "note = 20"),
        @r#"notes/product.toml:37: plan "free": unknown meter "note" — did you mean "notes"?"#
    );
}

#[test]
fn limits_that_are_no_section() {
    insta::assert_snapshot!(
        changed(r#"limits = { notes = 20, storage = "5 MB", exports = "1 a week", requests = 60 }"#, r#"limits = "none""#),
        @r#"notes/product.toml:37: plan "free": limits = "none" — expected a section [limits]"#
    );
}
