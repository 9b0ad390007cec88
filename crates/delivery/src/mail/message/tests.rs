use freehold_catalog::Color;
use freehold_module::Mails;
use serde_json::json;

use super::*;
use crate::{
    mail::{TenantBrand, Wording},
    webhook::disabled_mail::DISABLED_MAIL,
};

fn brand() -> Brand {
    Brand {
        product_name: "VoiceFX AI".to_owned(),
        sender_name: "VoiceFX AI".to_owned(),
        reply_to: None,
        color: Color::of(0x1d, 0x6b, 0x48),
        support: None,
        footer: None,
        speaks_for: None,
        wording: Wording::default(),
    }
}

fn written_as(from: &str, to: &str, mail: &Mail, brand: &Brand) -> String {
    let (id, asked) = (Uuid::from_u128(7), "2026-03-15T12:00:00Z".parse().unwrap());
    let (from, to) = (Origin::parse(from).unwrap(), Address::parse(to).unwrap());
    let outgoing = Outgoing::write(id, asked, &from, &to, mail, brand).unwrap();
    String::from_utf8(outgoing.content).unwrap()
}

fn written(to: &str, brand: &Brand) -> String {
    written_as("no-reply@example.org", to, &Mail::sample(DISABLED_MAIL), brand)
}

/// Names and values of the headers, unfolded.
fn headers(content: &str) -> Vec<(String, String)> {
    let head = content.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ");
    let split = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    head.split("\r\n").map(|line| split(line).unwrap_or_else(|| panic!("{line:?} is no header"))).collect()
}

fn header(content: &str, name: &str) -> String {
    let values: Vec<_> = headers(content).into_iter().filter(|(found, _)| found == name).collect();
    assert_eq!(values.len(), 1, "{name} in {content}");
    values[0].1.clone()
}

#[test]
fn a_mail_says_who_when_and_which_it_is() {
    let content = written("ada@example.com", &brand());
    for (name, value) in [
        ("From", "\"VoiceFX AI\" <no-reply@example.org>"),
        ("To", "ada@example.com"),
        ("Subject", "A webhook endpoint of Bright Dental was disabled"),
        ("Date", "Sun, 15 Mar 2026 12:00:00 +0000"),
        ("Message-ID", "<00000000-0000-0000-0000-000000000007@example.org>"),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(header(&content, name), value);
    }
    assert!(header(&content, "Content-Type").starts_with("multipart/alternative;"));
    assert!(content.find("Content-Type: text/plain; charset=utf-8").unwrap() < content.find("text/html").unwrap());
    assert_eq!(headers(&content).len(), 8, "{:?}", headers(&content));
}

#[test]
fn written_out_again_it_is_the_same() {
    assert_eq!(written("ada@example.com", &brand()), written("ada@example.com", &brand()));
}

#[test]
fn the_operators_name_is_before_the_products_and_a_tenants_before_both() {
    let from = |from: &str, brand: &Brand| {
        header(&written_as(from, "ada@example.com", &Mail::sample(DISABLED_MAIL), brand), "From")
    };
    assert_eq!(from("Voice Team <hi@example.org>", &brand()), "\"Voice Team\" <hi@example.org>");
    assert_eq!(from("\"Voice Team\" <hi@example.org>", &brand()), "\"Voice Team\" <hi@example.org>");
    let tenant = brand().sample_tenant();
    assert_eq!(from("Voice Team <hi@example.org>", &tenant), "\"Bright Dental via VoiceFX AI\" <hi@example.org>");
    assert_eq!(header(&written("ada@example.com", &tenant), "Reply-To"), "reception@brightdental.example");
}

#[test]
fn a_sender_that_is_none_is_refused() {
    for text in ["", "VoiceFX", "<>", "VoiceFX <>", "a@b, c@d", "jürgen@example.org", "x@y.example\r\nBcc: z@y.example"]
    {
        assert!(Origin::parse(text).is_err(), "{text:?}");
    }
    assert_eq!(Origin::parse(" no-reply@exämple.de ").unwrap().address.domain(), "xn--exmple-cua.de");
}

#[test]
fn no_data_of_users_begins_a_header() {
    let hostile = "x\r\nBcc: all\r\n\r\n<b>";
    let tenant = TenantBrand {
        sender_name: Some(hostile.to_owned()),
        footer: Some(hostile.to_owned()),
        ..TenantBrand::default()
    };
    let data = json!({
        "product_name": hostile, "organization": hostile, "endpoint": "https://example.org/", "reason": "gone",
        "days": 1, "last_answer": null, "link": "https://example.org/", "site_url": "https://example.org",
    });
    let mail = Mail::read(&Mails::from_iter([DISABLED_MAIL]), "webhook_disabled", data).unwrap();
    let content = written_as("no-reply@example.org", "ada@example.com", &mail, &brand().of_tenant(tenant));
    let known = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];
    for (name, value) in headers(&content) {
        assert!(known.contains(&name.as_str()), "{name}: {value}");
    }
    assert_eq!(header(&content, "Subject"), "A webhook endpoint of x Bcc: all <b> was disabled");
}

#[test]
fn letters_outside_of_ascii_are_encoded_where_they_can_be() {
    let brand = Brand { sender_name: "Zahnärzte „Müller“".to_owned(), ..brand() };
    let content = written("ada@exämple.de", &brand);
    assert!(content.is_ascii());
    assert_eq!(header(&content, "To"), "ada@xn--exmple-cua.de");
    assert!(header(&content, "From").starts_with("=?utf-8?b?"));
    // Before the @ there is no such encoding, so the server must accept UTF-8.
    assert_eq!(header(&written("jürgen@example.de", &brand), "To"), "jürgen@example.de");
}

#[test]
fn every_mail_has_lines_that_smtp_carries() {
    let mut long = Mail::sample(DISABLED_MAIL);
    long.content.remarks.push("x".repeat(2000));
    for mail in [Mail::sample(DISABLED_MAIL), long] {
        let content = written_as("no-reply@example.org", "ada@example.com", &mail, &brand().sample_tenant());
        assert!(content.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
    }
}
