//! The error messages for a wrong `product.toml`, one test per kind. Each changes the small product below in one place.

mod brand;
mod events;
mod limits;
mod mail;
mod meters;
mod never_panics;
mod plans;
mod product;

use freehold_catalog::{Mistakes, Product};

const NOTES: &str = r#"id = "notes"
name = "Notes"
description = "Notes that find themselves."
tenancy = "personal"
isolation = "shared"
sign_in = ["password"]
default_plan = "free"
currency = "usd"

[meters.notes]
name = "notes"
kind = "level"

[meters.storage]
name = "storage"
kind = "level"
unit = "bytes"

[meters.exports]
name = "exports"
kind = "counter"
period = "month"

[meters.requests]
name = "requests"
kind = "rate"
window = "minute"
per = "key"

[modules]
search = "Search"

[plans.free]
version = 1
name = "Free"
price = "free"
limits = { notes = 20, storage = "5 MB", exports = "1 a week", requests = 60 }

[plans.pro]
version = 1
name = "Pro"
price = { month = "$5", year = "$50" }
modules = ["search"]
features = ["Search"]
limits = { notes = "unlimited", storage = "unlimited", exports = "unlimited", requests = "unlimited" }

[costs]
minute = "$0.02"
"#;

const FILE: &str = "notes/product.toml";

fn mistakes(text: &str) -> String {
    Product::parse(FILE, text).err().as_ref().map(Mistakes::to_string).unwrap_or_default()
}

/// The errors of the product after replacing `from` with `to`.
#[track_caller]
fn changed(from: &str, to: &str) -> String {
    assert!(NOTES.contains(from), "{from:?} is in the product");
    mistakes(&NOTES.replacen(from, to, 1))
}

#[test]
fn the_product_as_it_stands_has_no_mistake() {
    assert_eq!(mistakes(NOTES), "");
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_lines() {
    let text = NOTES
        .replace("tenancy = \"personal\"", "tenancy = \"people\"")
        .replace("kind = \"counter\"", "kind = \"count\"")
        .replace("notes = 20", "notes = -1")
        .replace("[\"search\"]", "[\"sale\"]")
        .replace("$0.02", "2 cents");
    insta::assert_snapshot!(mistakes(&text), @r#"
notes/product.toml:4: tenancy = "people" — expected "organizations" or "personal"
notes/product.toml:21: meter "exports": kind = "count" — did you mean "counter"?
notes/product.toml:37: plan "free": notes = -1 — write "unlimited"
notes/product.toml:43: plan "pro": unknown module "sale" — expected "search"
notes/product.toml:48: cost "minute" = "2 cents" — expected an amount such as "$29", "$2,990" or "$0.05"
"#);
}

#[test]
fn an_empty_file_is_told_what_a_product_is() {
    insta::assert_snapshot!(mistakes(""), @r#"
notes/product.toml:1: id is missing — expected the product's id such as "voice"
notes/product.toml:1: name is missing — expected a display name such as "VoiceFX AI"
notes/product.toml:1: description is missing — expected one line of text
notes/product.toml:1: tenancy is missing — expected "organizations" or "personal"
notes/product.toml:1: isolation is missing — expected "shared" or "database"
notes/product.toml:1: sign_in is missing — expected a list of one or more of "password" or "magic_link"
notes/product.toml:1: currency is missing — expected "usd", "eur" or "gbp"
notes/product.toml:1: there are no plans — add a section such as [plans.free]
notes/product.toml:1: default_plan is missing — expected the id of the plan that a new tenant begins on
"#);
}

#[test]
fn a_mistake_can_be_taken_apart() {
    let mistakes = Product::parse(FILE, &NOTES.replace("notes = 20", "notes = -1")).unwrap_err();
    let found: Vec<_> = mistakes.iter().map(|mistake| (mistake.file.as_str(), mistake.line)).collect();
    assert_eq!(found, [(FILE, 37)]);
}
