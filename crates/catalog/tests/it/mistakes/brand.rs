//! Errors in `[brand]`.

use freehold_catalog::{Brand, Color, Product};

use super::{FILE, NOTES, changed};

/// The errors of the product with this section before its last one.
#[track_caller]
fn with_brand(lines: &str) -> String {
    changed("[costs]", &format!("[brand]\n{lines}\n\n[costs]"))
}

#[test]
fn a_brand_says_what_it_wants_and_the_rest_is_the_products() {
    let read = |text: &str| Product::parse(FILE, text).unwrap().brand;
    let default = Brand { sender: "Notes".to_owned(), color: Brand::COLOR, support: None, footer: None };
    assert_eq!(read(NOTES), default);
    let color = Color::of(0xff, 0xcc, 0);
    assert_eq!(read(&format!("{NOTES}\n[brand]\ncolor = \"#FFCC00\"")), Brand { color, ..default });
    let whole = format!(
        "{NOTES}\n[brand]\nsender = \"Notes & Sons\"\nsupport = \"help@notes.example\"\nfooter = \"Notes, 1 Main Street\""
    );
    let brand = Brand {
        sender: "Notes & Sons".to_owned(),
        color: Brand::COLOR,
        support: Some("help@notes.example".to_owned()),
        footer: Some("Notes, 1 Main Street".to_owned()),
    };
    assert_eq!(read(&whole), brand);
}

#[test]
fn a_colour_that_is_none() {
    insta::assert_snapshot!(
        with_brand(r#"color = "green""#),
        @r##"notes/product.toml:48: brand: color = "green" — expected a colour of six hexadecimal digits such as "#1d6b48""##
    );
    assert!(with_brand("color = 0x1d6b48").contains("color = 0x1d6b48 — expected a colour"));
}

#[test]
fn a_sender_that_is_an_address() {
    insta::assert_snapshot!(
        with_brand(r#"sender = "Notes <notes@example.org>""#),
        @r#"notes/product.toml:48: brand: sender = "Notes <notes@example.org>" — expected a name such as "VoiceFX AI", without an address: that is the operator's [mail] from"#
    );
}

#[test]
fn a_support_address_that_is_none() {
    for address in ["help", "@", "a@b@c", "a b@c", "Help <help@example.org>", "a@b\\r\\nBcc: c@d"] {
        let mistake = with_brand(&format!("support = \"{address}\""));
        assert!(mistake.contains("expected one mail address such as"), "{address}: {mistake}");
    }
}

#[test]
fn a_key_misspelled() {
    insta::assert_snapshot!(
        with_brand(r##"colour = "#1d6b48""##),
        @r#"notes/product.toml:48: brand: unknown key "colour" — did you mean "color"?"#
    );
    assert!(changed("[costs]", "brand = 3\n\n[costs]").contains("unknown key"));
}
