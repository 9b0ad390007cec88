use serde_json::json;

use super::*;

fn data(field: &str, value: Value) -> Value {
    let mut data = json!({
        "product_name": "VoiceFX AI",
        "organization": "Bright Dental",
        "plan": "Pro",
        "until": "2026-08-06T09:00:00Z",
        "became": null,
        "link": "https://example.org/billing",
        "site_url": "https://example.org",
    });
    data[field] = value;
    data
}

fn content(kind: BillingMail, data: Value) -> Result<MailContent> {
    TEMPLATES.iter().find(|template| template.name == kind.name()).unwrap().content(data)
}

#[test]
fn data_of_another_form_is_refused() {
    for (field, value) in [
        ("became", json!("rich")),
        ("until", json!("soon")),
        ("until", json!(null)),
        ("link", json!("javascript:alert(1)")),
        ("site_url", json!("https://example.org/\r\nBcc: x")),
        ("plan", json!(1)),
    ] {
        assert!(content(BillingMail::PaymentFailed, data(field, value.clone())).is_err(), "{field}: {value}");
    }
    assert!(content(BillingMail::PaymentFailed, data("locale", json!("de"))).is_ok());
    assert!(content(BillingMail::Archived, data("until", json!(null))).is_ok());
    assert!(content(BillingMail::SubscriptionCancelled, data("until", json!(null))).is_err());
}

#[test]
fn days_are_written_as_people_write_them_and_none_is_left_out() {
    for template in TEMPLATES {
        for became in [json!(null), json!("free"), json!("read_only")] {
            let mail = template.content(data("became", became)).unwrap();
            let all = format!("{} {}", mail.text.heading, mail.text.paragraphs.join(" "));
            assert!(!all.contains("  ") && !all.contains(" ."), "{all}");
            if mail.outdated != Outdated::Never {
                assert!(all.contains("6 August 2026"), "{all}");
            }
        }
    }
}

#[test]
fn an_organization_named_by_a_web_address_is_your_organization() {
    let words = content(BillingMail::Suspended, data("organization", json!("https://evil.example"))).unwrap().text;
    assert_eq!(words.subject, "Your organization is now read-only");
    assert!(words.paragraphs[0].contains("of your organization is not paid"), "{}", words.paragraphs[0]);
}

#[test]
fn what_an_organization_became_is_said() {
    let said = |kind, became: &str| content(kind, data("became", json!(became))).unwrap().text.paragraphs.join(" ");
    assert!(said(BillingMail::TrialEnded, "free").contains("on the free plan now"));
    assert!(said(BillingMail::TrialEnded, "read_only").contains("until 6 August 2026"));
    assert!(said(BillingMail::SubscriptionCancelled, "free").contains("The Pro plan of Bright Dental has ended."));
    assert!(said(BillingMail::TrialEnding, "free").contains("moves to the free plan"));
    assert!(said(BillingMail::TrialEnding, "read_only").contains("is read-only"));
}

#[test]
fn a_mail_that_announces_a_day_is_outdated_from_then_on() {
    let day = Outdated::At("2026-08-06T09:00:00Z".parse().unwrap());
    for template in TEMPLATES {
        let announces =
            ["trial_ending", "payment_failed", "payment_reminder", "subscription_cancelled", "archive_reminder"]
                .contains(&template.name);
        let outdated = if announces { day } else { Outdated::Never };
        assert_eq!((template.sample)().outdated, outdated, "{template:?}");
    }
}
