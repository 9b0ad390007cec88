//! The texts of all mails.

use freehold_catalog::{Color, MailWords};
use freehold_delivery::mail::{Address, Brand, Mail, TenantBrand, Wording};
use freehold_module::MailTemplate;
use jiff::Timestamp;
use serde_json::json;

use crate::harness::mail_sender::mails;

/// Every mail with sample data.
fn samples() -> Vec<Mail> {
    mails().iter().map(Mail::sample).collect()
}

fn product() -> Brand {
    Brand {
        product_name: "VoiceFX AI".to_owned(),
        sender_name: "VoiceFX AI".to_owned(),
        reply_to: None,
        color: Color::of(0x1d, 0x6b, 0x48),
        support: Some("help@voicefx.example".to_owned()),
        footer: None,
        speaks_for: None,
        wording: Wording::default(),
    }
}

/// The product's brand and a tenant's.
fn brands() -> [Brand; 2] {
    [product(), product().sample_tenant()]
}

/// A brand in which every text is an attack.
fn hostile_brand() -> Brand {
    let text = || Some("<script>alert('x')</script>\r\nBcc: all@example.org".to_owned());
    product().of_tenant(TenantBrand { sender_name: text(), footer: text(), ..TenantBrand::default() })
}

fn hostile(template: MailTemplate) -> Mail {
    let text = "<script>alert('x')</script> \"Voice\" & Sons\r\nBcc: all@example.org";
    let data = json!({
        "product_name": text,
        "code": "123456",
        "link": (template.name != "reauthentication").then_some("https://example.org/verify?a=1&b='2'"),
        "minutes_valid": 15,
        "site_url": "https://example.org",
        "organization": text,
        "keys": [text, text],
        "more": 3,
        "endpoint": "https://example.org/?a='1'&b=2",
        "reason": "failing",
        "days": 5,
        "last_answer": text,
        "plan": text,
        "until": "2026-08-06T09:00:00Z",
        "became": "free",
        "new_email": text,
        "organization_name": text,
        "invited_by": text,
        "role": text,
        "former": text,
        "new": text,
        "to_new": true,
        "day": "2026-08-06T09:00:00Z",
    });
    Mail::read(&mails(), template.name, data).unwrap()
}

/// The words of an HTML mail's body: without tags, with the entities of our templates decoded.
fn words(html: &str) -> String {
    let body = html.split_once("<body").unwrap().1;
    let mut text = String::new();
    let mut inside = true;
    for c in body.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.replace("&#38;", "&").replace("&#39;", "'").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_template_has_a_sample_and_is_found_by_its_name() {
    let mails = mails();
    for template in mails.iter() {
        assert_eq!(hostile(template).template(), template);
        assert_eq!(mails.iter().filter(|other| *other == template).count(), 1, "{template} is declared twice");
    }
    assert!(Mail::read(&mails, "newsletter", json!({})).is_err());
    assert!(Mail::read(&mails, "magic_link", json!({})).is_err());
}

#[test]
fn text_and_html_both_carry_the_code_the_link_and_the_way_out() {
    for mail in samples() {
        let (text, html) = (mail.text(&product()).unwrap(), mail.html(&product()).unwrap());
        let mut expected = match mail.code() {
            Some(code) => vec![code, "1 hour", "VoiceFX AI", "ignore this mail"],
            None if mail.template().name == "account_deletion" => vec!["VoiceFX AI", "You get this mail because"],
            None => vec!["VoiceFX AI", "Bright Dental", "You get this mail because"],
        };
        expected.extend(mail.link());
        let linkless = ["reauthentication", "export_failed"].contains(&mail.template().name);
        assert_eq!(mail.link().is_none(), linkless, "{}", mail.template());
        for content in [text.split_whitespace().collect::<Vec<_>>().join(" "), words(&html)] {
            for part in &expected {
                assert!(content.contains(part), "{part} is missing in {content}");
            }
        }
        let link = mail.link().unwrap_or("https://app.voicefx.example");
        assert!(html.contains(&format!("href=\"{}\"", link.replace('&', "&#38;"))));
    }
}

#[test]
fn every_sentence_of_the_text_is_in_the_html() {
    for (mail, brand) in samples().iter().flat_map(|mail| brands().map(|brand| (mail, brand))) {
        let html = words(&mail.html(&brand).unwrap());
        for paragraph in mail.text(&brand).unwrap().split("\n\n") {
            let paragraph = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(html.contains(paragraph.trim_end_matches(':')), "{paragraph:?} is not in {html}");
        }
    }
}

#[test]
fn the_text_is_in_lines_that_every_program_shows_whole() {
    for mail in samples().into_iter().chain(mails().iter().map(hostile)) {
        for brand in brands() {
            let text = mail.text(&brand).unwrap();
            for line in text.lines() {
                assert!(line.chars().count() <= 72 || !line.contains(' '), "{line:?}");
                assert_eq!(line, line.trim(), "no space at an end");
            }
            assert!(!text.contains("\n\n\n") && text.ends_with('\n') && !text.contains('\r'), "{text:?}");
        }
    }
}

#[test]
fn a_tenants_mail_carries_its_brand_and_the_products_name() {
    let brand = product().sample_tenant();
    for mail in samples() {
        let (text, html) = (mail.text(&brand).unwrap(), mail.html(&brand).unwrap());
        for content in [&text, &words(&html)] {
            let content = content.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(content.contains("Sent by VoiceFX AI for Bright Dental."), "{content}");
            assert!(content.contains("12 Mill Lane") && content.contains("help@voicefx.example"), "{content}");
        }
        assert!(mail.link().is_none() || html.contains(&brand.color.to_string()));
        assert!(!html.contains(&product().color.to_string()));
    }
}

#[test]
fn the_code_is_neither_in_the_subject_nor_in_the_preview_line() {
    for mail in samples() {
        let Some(code) = mail.code() else { continue };
        let html = mail.html(&product()).unwrap();
        assert!(!mail.subject(&product()).contains(code));
        let preview = html.split_once("class=\"preview\"").unwrap().1.split_once("</div>").unwrap().0;
        assert!(!preview.contains(code));
        assert!(!html.split_once("<body").unwrap().0.contains(code));
    }
}

#[test]
fn hostile_data_stays_text() {
    for template in mails().iter() {
        let mail = hostile(template);
        let html = mail.html(&hostile_brand()).unwrap();
        assert!(!html.contains("<script"));
        assert!(html.contains("&#60;script&#62;"));
        assert!(!html.contains("='2'") && !html.contains("='1'"));
        let text = mail.text(&hostile_brand()).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("<script>alert('x')</script> \"Voice\" & Sons Bcc: all@example.org"));
    }
}

#[test]
fn no_data_can_begin_a_header() {
    for template in mails().iter() {
        let subject = hostile(template).subject(&product());
        assert!(!subject.contains(char::is_control), "{subject:?}");
    }
    assert!(!hostile_brand().sender_name.contains(char::is_control));
    assert!(Address::parse("reception@brightdental.example\r\nBcc: all@example.org").is_err());
}

#[test]
fn a_sign_in_mail_is_useless_when_its_link_has_expired() {
    let asked: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
    let useless = |mail: &Mail| mail.useless_from(asked).map(|at| at.to_string());
    let samples = samples();
    let with_code: Vec<&Mail> = samples.iter().filter(|mail| mail.code().is_some()).collect();
    assert_eq!(with_code.len(), 7);
    assert!(with_code.into_iter().all(|mail| useless(mail).as_deref() == Some("2026-03-15T13:00:00Z")));
    let named = |name: &str| samples.iter().find(|mail| mail.template().name == name).unwrap();
    assert_eq!(useless(named("organization_invitation")).as_deref(), Some("2026-08-06T09:00:00Z"));
    assert_eq!(useless(named("keys_suspended")), None);
}

#[test]
fn a_mail_fetches_nothing() {
    for mail in samples() {
        let html = mail.html(&product().sample_tenant()).unwrap();
        for tag in ["<script", "<img", "<link", "<iframe", "url(", "@import"] {
            assert!(!html.contains(tag), "{tag}");
        }
    }
}

/// The product's brand, with own words for every mail that use every variable of the mail.
fn wordy(words: &str) -> Brand {
    let own = |template: MailTemplate| {
        let all: Vec<String> = template.variables.iter().map(|name| format!("{name}={{{name}}}")).collect();
        let text = Some(vec![words.to_owned(), all.join(", ")]);
        let words = MailWords { subject: Some(words.to_owned()), heading: None, text, button: Some(words.to_owned()) };
        (template.name.to_owned(), words)
    };
    Brand { wording: Wording::new(mails().iter().map(own).collect()), ..product() }
}

#[test]
fn a_mail_declares_the_variables_that_its_own_words_may_name() {
    for mail in samples() {
        let names: Vec<&str> = mail.content().variables.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, mail.template().variables, "{}", mail.template());
        assert!(names.contains(&"product_name"), "{}", mail.template());
        let text = mail.text(&wordy("Own words")).unwrap();
        assert!(!text.contains(['{', '}']) && !text.contains("=,"), "{}: {text}", mail.template());
    }
}

#[test]
fn a_product_says_it_in_its_own_words() {
    for mail in samples() {
        let brand = wordy("Moin <b>from</b> {product_name}");
        assert_eq!(mail.subject(&brand), "Moin <b>from</b> VoiceFX AI");
        let (text, html) = (mail.text(&brand).unwrap(), mail.html(&brand).unwrap());
        assert!(text.contains("Moin <b>from</b> VoiceFX AI") && !html.contains("Moin <b>"));
        assert!(html.contains("Moin &#60;b&#62;from&#60;/b&#62; VoiceFX AI"));
        assert!(text.starts_with(&mail.content().text.heading[..10]), "what it leaves out stays: {text}");
        for kept in mail.code().into_iter().chain(mail.link()) {
            assert!(text.contains(kept), "{kept}");
        }
    }
}

#[test]
fn what_a_mail_server_quotes_of_a_secret_is_hidden() {
    for template in mails().iter() {
        let mail = Mail::sample(template);
        let (Some(link), true) = (mail.link(), template.has_secrets()) else { continue };
        let token = link.rsplit_once("token=").or_else(|| link.rsplit_once("signature=")).unwrap().1;
        let token = token.split('&').next().unwrap();
        for quoted in [link, token, &link[..link.len() - 1], &link[..link.find(token).unwrap() + 10], &token[..8]] {
            let text = mail.hide_secrets(&format!("554 5.7.1 we refuse {quoted}"));
            assert!(!text.contains(&token[..8]), "{template}: {text}");
            assert!(text.starts_with("554 5.7.1 we refuse "), "{template}: {text}");
        }
        if let Some(code) = mail.code() {
            assert_eq!(mail.hide_secrets(&format!("550 {code} it is")), "550 [secret] it is");
        }
        assert_eq!(mail.hide_secrets("250 2.0.0 queued as 4XyZ"), "250 2.0.0 queued as 4XyZ");
    }
}
