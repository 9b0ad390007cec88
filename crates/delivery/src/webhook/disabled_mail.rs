//! The mail about a webhook endpoint that was disabled: its data and its text.

use freehold_core::{Error, Result, mail_name, mail_text};
use freehold_module::{
    MailTemplate,
    mail::{MailContent, MailText, NAMELESS, is_web_address, mail_data_read, one_line},
};
use serde::Deserialize;
use serde_json::Value;

/// The mail about a webhook endpoint that was disabled.
pub(crate) const DISABLED_MAIL: MailTemplate = MailTemplate {
    name: "webhook_disabled",
    about: "To an organization's owners and administrators, when a webhook endpoint is disabled.",
    variables: &["product_name", "organization"],
    sealed: &[],
    read: |data| Ok(WebhookDisabled::read(data)?.content()),
    sample: || WebhookDisabled::sample().content(),
};

/// The most characters of an endpoint's answer that the mail repeats.
const ANSWER_LONGEST: usize = 120;

/// The data of the mail about a webhook endpoint that was disabled.
#[derive(Deserialize)]
struct WebhookDisabled {
    /// The product's name, on one line.
    product_name: String,
    /// The organization that the endpoint belongs to.
    organization: String,
    /// URL of the endpoint.
    endpoint: String,
    /// Why the endpoint was disabled.
    reason: Reason,
    /// Days without a successful delivery.
    days: u32,
    /// The last answer of the endpoint: `503 Service Unavailable`; null when it did not answer.
    last_answer: Option<String>,
    /// Page that says how to enable the endpoint again: an `http` or `https` address.
    link: String,
    /// Address of the product: `https://app.example.org`.
    site_url: String,
}

/// Why an endpoint was disabled.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    /// The endpoint answered 410 Gone.
    Gone,
    /// No delivery had succeeded for several days.
    Failing,
}

impl WebhookDisabled {
    fn read(data: Value) -> Result<Self> {
        let mut read: Self = mail_data_read(data)?;
        read.product_name = one_line(&read.product_name);
        read.organization = mail_name(&read.organization).unwrap_or_else(|| NAMELESS.to_owned());
        read.last_answer = read.last_answer.map(|answer| mail_text(&answer, ANSWER_LONGEST));
        if !is_web_address(&read.endpoint) {
            return Err(Error::internal("a mail names an endpoint that is no web address"));
        }
        Ok(read)
    }

    fn content(&self) -> MailContent {
        let Self { product_name, organization, .. } = self;
        MailContent {
            text: MailText {
                subject: format!("A webhook endpoint of {organization} was disabled"),
                heading: "Webhook endpoint disabled".to_owned(),
                paragraphs: vec![format!("{product_name} no longer sends events to this endpoint of {organization}:")],
                button: "How to enable it again".to_owned(),
            },
            variables: vec![("product_name", product_name.clone()), ("organization", organization.clone())],
            value: Some(self.endpoint.clone()),
            remarks: vec![
                self.why(),
                "Nothing is lost: events are kept for 30 days. Repair the endpoint, enable it again, and replay the \
                 events that it missed."
                    .to_owned(),
            ],
            link: Some(self.link.clone()),
            reason: format!("You get this mail because you are an owner or administrator of {organization}."),
            site_url: self.site_url.clone(),
            ..MailContent::default()
        }
    }

    /// The reason, as a sentence.
    fn why(&self) -> String {
        let days = if self.days == 1 { "1 day".to_owned() } else { format!("{} days", self.days) };
        match (self.reason, &self.last_answer) {
            (Reason::Gone, _) => "It answered 410 Gone, which means that it does not want any more events.".to_owned(),
            (Reason::Failing, Some(answer)) => {
                format!("No delivery succeeded for {days}. The last answer was: {answer}")
            }
            (Reason::Failing, None) => format!("No delivery succeeded for {days}. The last attempt got no answer."),
        }
    }

    /// Sample data for previews and tests.
    fn sample() -> Self {
        Self {
            product_name: "VoiceFX AI".to_owned(),
            organization: "Bright Dental".to_owned(),
            endpoint: "https://hooks.brightdental.example/voicefx/events".to_owned(),
            reason: Reason::Failing,
            days: 5,
            last_answer: Some("503 Service Unavailable".to_owned()),
            link: "https://app.voicefx.example/docs/events".to_owned(),
            site_url: "https://app.voicefx.example".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn data(field: &str, value: Value) -> Value {
        let mut data = json!({
            "product_name": "VoiceFX AI",
            "organization": "Bright Dental",
            "endpoint": "https://hooks.example.org/",
            "reason": "gone",
            "days": 1,
            "last_answer": null,
            "link": "https://example.org/docs",
            "site_url": "https://example.org",
        });
        data[field] = value;
        data
    }

    #[test]
    fn data_of_another_form_is_refused() {
        for (field, value) in [
            ("reason", json!("bored")),
            ("endpoint", json!("javascript:alert(1)")),
            ("link", json!("https://example.org/\r\nBcc: x")),
            ("days", json!(-1)),
        ] {
            assert!(DISABLED_MAIL.content(data(field, value.clone())).is_err(), "{field}: {value}");
        }
        assert!(DISABLED_MAIL.content(data("locale", json!("de"))).is_ok());
    }

    #[test]
    fn why_it_was_disabled_is_a_sentence() {
        let why = |field: &str, value: Value| WebhookDisabled::read(data(field, value)).unwrap().why();
        assert!(why("days", json!(1)).contains("410 Gone"));
        assert!(why("reason", json!("failing")).starts_with("No delivery succeeded for 1 day."));
        let long = WebhookDisabled { last_answer: Some("x".repeat(500)), ..WebhookDisabled::sample() };
        assert!(long.why().contains("5 days"));
        let cut = WebhookDisabled::read(data("last_answer", json!(format!("a\r\n{}", "b".repeat(500))))).unwrap();
        assert_eq!(cut.last_answer.unwrap().chars().count(), ANSWER_LONGEST);
    }
}
