//! What the mail about a webhook endpoint that was switched off is made of.

use freehold_core::{Context, Error, Result, mail_name, mail_text};
use serde::Deserialize;
use serde_json::Value;

use super::{
    line::one_line,
    web_address::is_web_address,
    wording::{Facts, NAMELESS, Words},
};

/// The most characters of what an endpoint answered that a mail repeats.
const ANSWER_LONGEST: usize = 120;

/// The data of the mail about a webhook endpoint that was switched off.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct WebhookDisabled {
    /// The product's name for people, on one line.
    pub product_name: String,
    /// The organization whose endpoint it is.
    pub organization: String,
    /// Where the deliveries went.
    pub endpoint: String,
    /// Why it was switched off.
    pub reason: Reason,
    /// For how many days nothing had arrived.
    pub days: u32,
    /// The last answer, if there was one: `503 Service Unavailable`.
    pub last_answer: Option<String>,
    /// Where it is said how to switch it on again: an `http` or `https` address.
    pub link: String,
    /// Where the product is: `https://app.example.org`.
    pub site_url: String,
}

/// Why an endpoint was switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It answered 410 Gone.
    Gone,
    /// No delivery had succeeded for days.
    Failing,
}

impl WebhookDisabled {
    /// Reads the data of a queued mail. Fields it does not know are skipped: a newer server may have queued it.
    pub(super) fn read(data: Value) -> Result<Self> {
        let mut read: Self = serde_json::from_value(data).context("reading the data of a mail")?;
        read.product_name = one_line(&read.product_name);
        read.organization = mail_name(&read.organization).unwrap_or_else(|| NAMELESS.to_owned());
        read.last_answer = read.last_answer.map(|answer| mail_text(&answer, ANSWER_LONGEST));
        for address in [&read.endpoint, &read.link, &read.site_url] {
            if !is_web_address(address) {
                return Err(Error::internal("a mail links to something that is no web address"));
            }
        }
        Ok(read)
    }

    /// What the mail says before it names the endpoint.
    pub(super) fn words(&self) -> Words {
        let Self { product_name, organization, .. } = self;
        Words {
            subject: format!("A webhook endpoint of {organization} was switched off"),
            heading: "Webhook endpoint switched off".to_owned(),
            paragraphs: vec![format!("{product_name} sends nothing more to this endpoint of {organization}:")],
            button: "How to switch it on again".to_owned(),
        }
    }

    /// What a product's own words may name.
    pub(super) fn facts(&self) -> Facts {
        Facts(vec![("product_name", self.product_name.clone()), ("organization", self.organization.clone())])
    }

    /// Why, as a sentence.
    pub(super) fn why(&self) -> String {
        let days = if self.days == 1 { "1 day".to_owned() } else { format!("{} days", self.days) };
        match (self.reason, &self.last_answer) {
            (Reason::Gone, _) => {
                "It answered 410 Gone, by which an endpoint says that it wants nothing more.".to_owned()
            }
            (Reason::Failing, Some(answer)) => {
                format!("For {days} no delivery succeeded. The last answer was: {answer}")
            }
            (Reason::Failing, None) => format!("For {days} no delivery succeeded. The last one got no answer at all."),
        }
    }

    /// Data that looks like a real mail's.
    pub(super) fn sample() -> Self {
        Self {
            product_name: "VoiceFX AI".to_owned(),
            organization: "Bright Dental".to_owned(),
            endpoint: "https://hooks.brightdental.example/voicefx/events".to_owned(),
            reason: Reason::Failing,
            days: 5,
            last_answer: Some("503 Service Unavailable".to_owned()),
            link: "https://app.voicefx.example/docs#webhooks".to_owned(),
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
            assert!(WebhookDisabled::read(data(field, value.clone())).is_err(), "{field}: {value}");
        }
        assert!(WebhookDisabled::read(data("locale", json!("de"))).is_ok());
    }

    #[test]
    fn why_it_was_switched_off_is_a_sentence() {
        let why = |field: &str, value: Value| WebhookDisabled::read(data(field, value)).unwrap().why();
        assert!(why("days", json!(1)).contains("410 Gone"));
        assert!(why("reason", json!("failing")).starts_with("For 1 day no delivery"));
        let long = WebhookDisabled { last_answer: Some("x".repeat(500)), ..WebhookDisabled::sample() };
        assert!(long.why().contains("5 days"));
        let cut = WebhookDisabled::read(data("last_answer", json!(format!("a\r\n{}", "b".repeat(500))))).unwrap();
        assert_eq!(cut.last_answer.unwrap().chars().count(), ANSWER_LONGEST);
    }
}
