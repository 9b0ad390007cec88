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
    let default = Brand {
        sender: "Notes".to_owned(),
        color: Brand::COLOR,
        support: None,
        footer: None,
        logo: None,
        terms: None,
        privacy: None,
        contact: None,
        credit: false,
    };
    assert_eq!(read(NOTES), default);
    let color = Color::of(0xff, 0xcc, 0);
    assert_eq!(read(&format!("{NOTES}\n[brand]\ncolor = \"#FFCC00\"")), Brand { color, ..default.clone() });
    let whole = format!(
        "{NOTES}\n[brand]\nsender = \"Notes & Sons\"\nsupport = \"help@notes.example\"\nfooter = \"Notes, 1 Main Street\"\n\
         logo = \"<svg xmlns='http://www.w3.org/2000/svg'></svg>\"\nterms = \"https://notes.example/terms\"\n\
         privacy = \"https://notes.example/privacy\"\ncontact = \"https://notes.example/contact\"\ncredit = \"yes\""
    );
    let brand = Brand {
        sender: "Notes & Sons".to_owned(),
        color: Brand::COLOR,
        support: Some("help@notes.example".to_owned()),
        footer: Some("Notes, 1 Main Street".to_owned()),
        logo: Some("<svg xmlns='http://www.w3.org/2000/svg'></svg>".to_owned()),
        terms: Some("https://notes.example/terms".to_owned()),
        privacy: Some("https://notes.example/privacy".to_owned()),
        contact: Some("https://notes.example/contact".to_owned()),
        credit: true,
    };
    assert_eq!(read(&whole), brand);
    assert!(!read(&format!("{NOTES}\n[brand]\ncredit = \"no\"")).credit);
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

#[test]
fn links_and_logo_are_checked() {
    for line in [
        "terms = \"http://notes.example/terms\"",
        "privacy = \"https://\"",
        "contact = \"javascript:alert(1)\"",
        "contact = \"https://user@notes.example\"",
        "terms = \"https://notes.example/a b\"",
    ] {
        let said = with_brand(line);
        assert!(said.contains("expected the address of a page such as"), "{line}: {said}");
    }
    for logo in ["", "logo.svg", "<svg><script>x</script></svg>", "<svg onload='x'></svg>", "<svg>"] {
        let said = with_brand(&format!("logo = \"{logo}\""));
        assert!(said.contains("expected an SVG image"), "{logo}: {said}");
    }
    assert!(with_brand("credit = \"maybe\"").contains("credit"));
}
