//! Errors in `[mail.…]`.

use freehold_catalog::{Known, MailWords, Product};

use super::{FILE, NOTES};

const KNOWN: Known<'static> = Known {
    mails: &[("magic_link", &["product_name", "validity"]), ("recovery", &["product_name", "validity"])],
    counters: &[],
};

/// The errors of the product after replacing `from` with `to`.
#[track_caller]
fn changed(from: &str, to: &str) -> String {
    assert!(NOTES.contains(from), "{from:?} is in the product");
    let read = Product::parse_with(FILE, &NOTES.replacen(from, to, 1), KNOWN);
    read.err().map(|mistakes| mistakes.to_string()).unwrap_or_default()
}

/// The errors of the product with these texts for its sign-in mail.
#[track_caller]
fn with_words(lines: &str) -> String {
    changed("[costs]", &format!("[mail.magic_link]\n{lines}\n\n[costs]"))
}

#[test]
fn a_product_that_says_nothing_leaves_the_mails_as_they_are() {
    assert!(Product::parse(FILE, NOTES).unwrap().mail.is_empty());
}

#[test]
fn words_are_kept_and_paragraphs_lose_their_line_breaks() {
    let text = format!(
        "{NOTES}\n[mail.recovery]\nsubject = \"{{product_name}}: a new password\"\ntext = \"\"\"\nFirst\nparagraph.\n\n\n  \nSecond.\n\"\"\"\n"
    );
    let read = Product::parse_with(FILE, &text, KNOWN).unwrap().mail;
    let expected = MailWords {
        subject: Some("{product_name}: a new password".to_owned()),
        heading: None,
        text: Some(vec!["First paragraph.".to_owned(), "Second.".to_owned()]),
        button: None,
    };
    assert_eq!(read.into_iter().collect::<Vec<_>>(), [("recovery".to_owned(), expected)]);
}

#[test]
fn a_mail_that_there_is_not() {
    insta::assert_snapshot!(
        changed("[costs]", "[mail.magik_link]\nsubject = \"x\"\n\n[costs]"),
        @r#"notes/product.toml:47: unknown mail "magik_link" — did you mean "magic_link"?"#
    );
}

#[test]
fn a_name_that_the_mail_does_not_know() {
    insta::assert_snapshot!(
        with_words(r#"heading = "Dear {name}""#),
        @r#"notes/product.toml:48: mail "magic_link": heading = "Dear {name}" — this mail has no variable {name} — expected "product_name" or "validity""#
    );
    // The code has a fixed place in the mail, which is neither the subject nor the preview line.
    assert!(with_words(r#"subject = "Your code is {code}""#).contains("this mail has no variable {code}"));
    assert!(with_words(r#"button = "{product_name""#).contains("a { without its }"));
}

#[test]
fn words_that_are_none() {
    for lines in [
        "subject = \"\"",
        "subject = \"a\\nb\"",
        "button = 3",
        "text = \"\"",
        "text = \" \\n\\n \"",
        "text = \"a\\u0000\"",
    ] {
        assert!(with_words(lines).contains("expected"), "{lines}");
    }
    assert!(with_words("colour = \"red\"").contains("unknown key"));
}
