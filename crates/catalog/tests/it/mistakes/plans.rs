//! Errors in `[modules]` and `[plans]`, except for limits.

use super::changed;

#[test]
fn a_version_below_one() {
    insta::assert_snapshot!(
        changed("version = 1", "version = 0"),
        @r#"notes/product.toml:34: plan "free": version = 0 — expected a whole number from 1, raised whenever the plan changes"#
    );
}

#[test]
fn a_version_that_is_missing() {
    insta::assert_snapshot!(
        changed("version = 1\n", ""),
        @r#"notes/product.toml:33: plan "free": version is missing — expected a whole number from 1, raised whenever the plan changes"#
    );
}

#[test]
fn a_key_misspelled() {
    insta::assert_snapshot!(
        changed("version = 1", "verson = 1"),
        @r#"notes/product.toml:34: plan "free": unknown key "verson" — did you mean "version"?"#
    );
}

#[test]
fn a_key_that_nobody_knows() {
    insta::assert_snapshot!(
        changed("[costs]", "[plans.pro.colours]\nhue = 3\n\n[costs]"),
        @r#"notes/product.toml:47: plan "pro": unknown key "colours" — expected "version", "name", "price", "limits", "modules", "processing", "queue", "webhooks", "audit_days", "exports", "support", "sla" or "features""#
    );
}

#[test]
fn exports_in_a_period_that_is_not_known() {
    insta::assert_snapshot!(
        changed("version = 1", "version = 1\nexports = \"1 a year\""),
        @r#"notes/product.toml:35: plan "free": exports = "1 a year" — expected how many exports may be requested, such as "1 a month", "1 a week" or "unlimited""#
    );
}

#[test]
fn a_plan_with_a_poor_id() {
    insta::assert_snapshot!(
        changed("[plans.pro]", r#"[plans."Pro plan"]"#),
        @r#"notes/product.toml:39: plan "Pro plan": not a good name — expected an id: lower-case letters, digits and _, a letter first, at most 40"#
    );
}

#[test]
fn a_module_that_is_not_declared() {
    insta::assert_snapshot!(
        changed(r#"modules = ["search"]"#, r#"modules = ["serch"]"#),
        @r#"notes/product.toml:43: plan "pro": unknown module "serch" — did you mean "search"?"#
    );
}

#[test]
fn a_module_named_twice() {
    insta::assert_snapshot!(
        changed(r#"modules = ["search"]"#, r#"modules = ["search", "search"]"#),
        @r#"notes/product.toml:43: plan "pro": module "search" is listed twice — remove one"#
    );
}

#[test]
fn modules_that_are_no_list() {
    insta::assert_snapshot!(
        changed(r#"modules = ["search"]"#, r#"modules = "search""#),
        @r#"notes/product.toml:43: plan "pro": modules = "search" — expected "all" or a list of modules such as ["inventory"]"#
    );
}

#[test]
fn a_module_without_a_name() {
    insta::assert_snapshot!(
        changed(r#"search = "Search""#, "search = true"),
        @r#"notes/product.toml:31: module "search" = true — expected its name, a text such as "Advanced analytics""#
    );
}

#[test]
fn features_that_are_no_list() {
    insta::assert_snapshot!(
        changed(r#"features = ["Search"]"#, r#"features = "Search""#),
        @r#"notes/product.toml:44: plan "pro": features = "Search" — expected a list of lines such as ["Email support"]"#
    );
}

#[test]
fn a_price_that_is_a_number() {
    insta::assert_snapshot!(
        changed(r#"{ month = "$5", year = "$50" }"#, "5"),
        @r#"notes/product.toml:42: plan "pro": price = 5 — expected "free", "contact sales" or { month = "$29", year = "$290" }"#
    );
}

#[test]
fn a_price_without_a_month() {
    insta::assert_snapshot!(
        changed(r#"{ month = "$5", year = "$50" }"#, r#"{ year = "$50" }"#),
        @r#"notes/product.toml:42: plan "pro" price: month is missing — expected an amount such as "$29""#
    );
}

#[test]
fn a_price_of_nothing() {
    insta::assert_snapshot!(
        changed(r#"month = "$5""#, r#"month = "$0""#),
        @r#"notes/product.toml:42: plan "pro" price: month = "$0" — expected an amount above zero, or price = "free""#
    );
}

#[test]
fn a_price_that_is_no_amount() {
    insta::assert_snapshot!(
        changed(r#"month = "$5""#, r#"month = "5 dollars""#),
        @r#"notes/product.toml:42: plan "pro" price: month = "5 dollars" — expected an amount such as "$29", "$2,990" or "$0.05""#
    );
}

#[test]
fn a_price_in_another_currency() {
    insta::assert_snapshot!(
        changed(r#"month = "$5""#, r#"month = "€5""#),
        @r#"notes/product.toml:42: plan "pro" price: month = "€5" — expected an amount in the product's currency, usd"#
    );
}

#[test]
fn processing_that_is_unknown() {
    insta::assert_snapshot!(
        changed(r#"name = "Pro""#, "name = \"Pro\"\nprocessing = \"1x\""),
        @r#"notes/product.toml:42: plan "pro": processing = "1x" — expected "normal", "dedicated", or "2x" to "100x""#
    );
}

#[test]
fn a_queue_without_room() {
    insta::assert_snapshot!(
        changed(r#"name = "Pro""#, "name = \"Pro\"\nqueue = 0"),
        @r#"notes/product.toml:42: plan "pro": queue = 0 — expected how many jobs may wait, a whole number from 1, or "unlimited""#
    );
}

#[test]
fn a_plan_given_twice() {
    insta::assert_snapshot!(
        changed("[plans.pro]", "[plans.free]"),
        @"notes/product.toml:39: not TOML at `free`: duplicate key"
    );
}

#[test]
fn a_price_is_for_all_or_for_each_member() {
    let price = r#"{ month = "$5", year = "$50" }"#;
    assert_eq!(changed(price, r#"{ month = "$5", per = "member" }"#), "");
    insta::assert_snapshot!(
        changed(price, r#"{ month = "$5", per = "seat" }"#),
        @r#"notes/product.toml:42: plan "pro" price: per = "seat" — expected "member"; without it the price is for the whole organization"#
    );
    insta::assert_snapshot!(
        changed(price, r#"{ month = "$5", pre = "member" }"#),
        @r#"notes/product.toml:42: plan "pro" price: unknown key "pre" — expected "month", "year" or "per""#
    );
}
