//! Errors in `[meters]`.

use super::changed;

#[test]
fn a_meter_with_a_poor_id() {
    insta::assert_snapshot!(
        changed("[modules]", "[meters.\"2nd\"]\nname = \"x\"\nkind = \"level\"\n\n[modules]"),
        @r#"notes/product.toml:30: meter "2nd": not a good name — expected an id: lower-case letters, digits and _, a letter first, at most 40"#
    );
}

#[test]
fn a_word_that_is_none_of_them() {
    insta::assert_snapshot!(
        changed(r#"kind = "level""#, r#"kind = "sum""#),
        @r#"notes/product.toml:12: meter "notes": kind = "sum" — expected "level", "counter" or "rate""#
    );
}

#[test]
fn a_counter_without_a_period() {
    insta::assert_snapshot!(
        changed("period = \"month\"\n", ""),
        @r#"notes/product.toml:19: meter "exports": period is missing — expected "day", "week" or "month""#
    );
}

#[test]
fn a_level_with_a_period() {
    insta::assert_snapshot!(
        changed(r#"kind = "level""#, "kind = \"level\"\nperiod = \"day\""),
        @r#"notes/product.toml:13: meter "notes": a level has no period — remove this line"#
    );
}

#[test]
fn a_counter_with_a_window() {
    insta::assert_snapshot!(
        changed(r#"period = "month""#, "period = \"month\"\nwindow = \"hour\""),
        @r#"notes/product.toml:23: meter "exports": a counter has a period and no window — remove this line"#
    );
}

#[test]
fn a_rate_with_a_period() {
    insta::assert_snapshot!(
        changed(r#"per = "key""#, "per = \"key\"\nperiod = \"day\""),
        @r#"notes/product.toml:29: meter "requests": a rate has a window and no period — remove this line"#
    );
}

#[test]
fn a_rate_in_bytes() {
    insta::assert_snapshot!(
        changed(r#"per = "key""#, "per = \"key\"\nunit = \"bytes\""),
        @r#"notes/product.toml:29: meter "requests": a rate counts requests, not bytes — leave the unit out"#
    );
}

#[test]
fn a_meter_that_is_no_section() {
    insta::assert_snapshot!(
        changed("[modules]", "[meters]\nfaxes = 3\n\n[modules]"),
        @r#"notes/product.toml:31: meter "faxes" = 3 — expected a section with the keys name, one, kind, unit, period, window, per, counts, recorded_by"#
    );
}

#[test]
fn members_that_are_counted_in_bytes() {
    insta::assert_snapshot!(
        changed(r#"unit = "bytes""#, "unit = \"bytes\"\ncounts = \"members\""),
        @r#"notes/product.toml:18: meter "storage": "members" does not fit — write kind = "level", without a unit"#
    );
}

#[test]
fn a_counter_that_nothing_counts() {
    insta::assert_snapshot!(
        changed(r#"unit = "bytes""#, "unit = \"bytes\"\ncounts = \"member\""),
        @r#"notes/product.toml:18: meter "storage": counts = "member" — did you mean "members"?"#
    );
}

#[test]
fn the_same_counted_twice() {
    insta::assert_snapshot!(
        changed("name = \"notes\"\nkind = \"level\"", "name = \"notes\"\nkind = \"level\"\ncounts = \"members\"\n\n[meters.seats]\nname = \"seats\"\nkind = \"level\"\ncounts = \"members\""),
        @r#"
notes/product.toml:15: meter "seats": counts the same as meter "notes" — remove one of them
notes/product.toml:43: plan "free": has no limit for meter "seats" — add a number or "unlimited"
notes/product.toml:51: plan "pro": has no limit for meter "seats" — add a number or "unlimited"
"#
    );
}
