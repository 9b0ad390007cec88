use serde_json::json;

use super::*;

fn hostile(template: Template) -> Mail {
    let data = json!({
        "product_name": "<script>alert('x')</script> \"Voice\" & Sons\r\nBcc: all@example.org",
        "code": "123456",
        "link": "https://example.org/verify?a=1&b='2'",
        "minutes_valid": 15,
        "site_url": "https://example.org",
    });
    Template::parse(template.name(), data).unwrap()
}

/// The words of an HTML mail's body, as far as our templates need it: tags away, our entities back.
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
    text.replace("&#38;", "&").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_template_has_a_sample_and_is_found_by_its_name() {
    assert_eq!(Template::samples().map(|mail| mail.template()), Template::ALL);
    for template in Template::ALL {
        assert_eq!(hostile(template).template(), template);
    }
    assert!(Template::parse("newsletter", json!({})).is_err());
    assert!(Template::parse("magic_link", json!({})).is_err());
}

#[test]
fn text_and_html_both_carry_the_code_the_link_and_the_way_out() {
    for mail in Template::samples() {
        let (text, html) = (mail.text().unwrap(), mail.html().unwrap());
        let (code, link) = (mail.code().unwrap(), mail.link().unwrap());
        for content in [&text, &words(&html)] {
            for part in [code, link, "1 hour", "VoiceFX AI", "ignore this mail"] {
                assert!(content.contains(part), "{part} is missing in {content}");
            }
        }
        assert!(html.contains(&format!("href=\"{}\"", link.replace('&', "&#38;"))));
    }
}

#[test]
fn every_sentence_of_the_text_is_in_the_html() {
    for mail in Template::samples() {
        let html = words(&mail.html().unwrap());
        for paragraph in mail.text().unwrap().split("\n\n") {
            let paragraph = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(html.contains(paragraph.trim_end_matches(':')), "{paragraph:?} is not in {html}");
        }
    }
}

#[test]
fn the_code_is_neither_in_the_subject_nor_in_the_preview_line() {
    for mail in Template::samples() {
        let (code, html) = (mail.code().unwrap(), mail.html().unwrap());
        assert!(!mail.subject().contains(code));
        let preview = html.split_once("class=\"preview\"").unwrap().1.split_once("</div>").unwrap().0;
        assert!(!preview.contains(code));
        assert!(!html.split_once("<body").unwrap().0.contains(code));
    }
}

#[test]
fn hostile_data_stays_text() {
    for template in Template::ALL {
        let mail = hostile(template);
        let html = mail.html().unwrap();
        assert!(!html.contains("<script"));
        assert!(html.contains("&#60;script&#62;"));
        assert!(!html.contains("b='2'"));
        assert!(mail.text().unwrap().contains("<script>alert('x')</script> \"Voice\" & Sons Bcc: all@example.org"));
    }
}

#[test]
fn no_data_can_begin_a_header() {
    for template in Template::ALL {
        let subject = hostile(template).subject();
        assert!(!subject.contains(char::is_control), "{subject:?}");
    }
}

#[test]
fn a_mail_fetches_nothing() {
    for mail in Template::samples() {
        let html = mail.html().unwrap();
        for tag in ["<script", "<img", "<link", "<iframe", "url(", "@import"] {
            assert!(!html.contains(tag), "{tag}");
        }
    }
}
