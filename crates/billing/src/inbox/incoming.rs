//! Reading a webhook of Stripe's for storing. Everything that Stripe signed is stored, because Stripe retries a
//! rejected webhook for days. An event that cannot be read is stored for an operator, with a note that says why.

use aws_lc_rs::digest;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::payload::without_secrets;

/// The longest field of an event that is stored in a column of its own, in bytes; Stripe's own are below 256.
const LONGEST: usize = 255;

/// An event to store.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Incoming {
    /// `evt_…`, or a digest of the body when it has no id, so that the same body is the same event.
    pub(super) id: String,
    /// `customer.updated`; empty when the body has none.
    pub(super) kind: String,
    /// When it happened; none when the body does not say.
    pub(super) created: Option<Timestamp>,
    /// Whether it is about real money.
    pub(super) live: bool,
    pub(super) version: Option<String>,
    pub(super) object: Option<String>,
    /// Id of the customer that it is about; none: nothing follows from the event.
    pub(super) customer: Option<String>,
    /// The body, as JSON that Postgres can store.
    pub(super) payload: String,
    /// `ignored` or `failed`, with the reason, for an event without a customer.
    pub(super) state: &'static str,
    pub(super) note: String,
}

impl Incoming {
    /// Reads a body that Stripe signed.
    pub(super) fn read(body: &[u8]) -> Self {
        match std::str::from_utf8(body).ok().and_then(|text| Some((text, serde_json::from_str(text).ok()?))) {
            Some((text, value)) => Self::of(text, &value),
            None => Self::unreadable(body),
        }
    }

    fn of(text: &str, event: &Value) -> Self {
        let object = &event["data"]["object"];
        let related = &event["related_object"];
        let word = |value: &Value| value.as_str().filter(|text| is_storable(text)).map(str::to_owned);
        let id_of = |value: &Value| word(value).or_else(|| word(&value["id"]));
        let customer = if object["object"] == "customer" {
            id_of(&object["id"])
        } else if related["type"] == "customer" {
            id_of(&related["id"])
        } else {
            id_of(&object["customer"])
        };
        let id = word(&event["id"]).filter(|id| !id.is_empty());
        let thin = word(&event["object"]).is_some_and(|object| object.starts_with("v2."));
        let (state, note) = if id.is_none() || !event.is_object() {
            ("failed", "It is signed, but it is no event: it has no id.")
        } else if thin {
            (
                "ignored",
                "A thin event of API v2: it carries no object, and nothing here follows from it. Take its type off the event \
                 destination at Stripe.",
            )
        } else {
            ("ignored", "It is about no customer.")
        };
        Self {
            id: id.unwrap_or_else(|| made_up(text.as_bytes())),
            kind: word(&event["type"]).unwrap_or_default(),
            created: created(&event["created"]),
            live: event["livemode"] == json!(true),
            version: word(&event["api_version"]),
            object: id_of(&object["id"]).or_else(|| id_of(&related["id"])),
            customer: customer.filter(|customer| !customer.is_empty()),
            payload: without_secrets(event.clone()).to_string(),
            state,
            note: note.to_owned(),
        }
    }

    fn unreadable(body: &[u8]) -> Self {
        Self {
            id: made_up(body),
            kind: String::new(),
            created: None,
            live: false,
            version: None,
            object: None,
            customer: None,
            payload: json!({ "unreadable_base64": STANDARD.encode(body) }).to_string(),
            state: "failed",
            note: "It is signed, but it cannot be read as JSON. What came is kept in Base64.".to_owned(),
        }
    }
}

/// Whether a Postgres column can store it, and it is short enough for an id.
fn is_storable(text: &str) -> bool {
    text.len() <= LONGEST && !text.contains('\0')
}

/// Reads seconds since 1970, as in v1 events, or RFC 3339, as in v2 events. Rejects times before Stripe existed and in
/// the far future.
fn created(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_i64().or_else(|| Some(value.as_str()?.parse::<Timestamp>().ok()?.as_second()))?;
    Timestamp::from_second(seconds).ok().filter(|_| (0..=32_503_680_000).contains(&seconds))
}

/// An id for a body that has none.
fn made_up(body: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, body);
    format!("unnamed_{}", URL_SAFE_NO_PAD.encode(digest.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Incoming {
        Incoming::read(text.as_bytes())
    }

    #[test]
    fn an_event_is_about_its_customer() {
        for (object, expected) in [
            (json!({ "object": "customer", "id": "cus_1" }), Some("cus_1")),
            (json!({ "object": "invoice", "id": "in_1", "customer": "cus_2" }), Some("cus_2")),
            (json!({ "object": "invoice", "id": "in_1", "customer": { "id": "cus_3" } }), Some("cus_3")),
            (json!({ "object": "invoice", "id": "in_1", "customer": null }), None),
            (json!({ "object": "invoice", "id": "in_1", "customer": "cus_\u{0}1" }), None),
            (json!("what"), None),
        ] {
            let event = json!({ "id": "evt_1", "type": "a.b", "created": 1_773_576_000, "data": { "object": object } });
            let found = read(&event.to_string());
            assert_eq!((found.customer.as_deref(), found.id.as_str()), (expected, "evt_1"), "{event}");
            assert_eq!(found.created.map(Timestamp::as_second), Some(1_773_576_000));
        }
    }

    #[test]
    fn a_thin_event_says_what_to_do() {
        let found = read(
            r#"{"id":"evt_test_65","object":"v2.core.event","type":"v1.billing.meter.error_report_triggered",
            "created":"2026-03-15T12:00:00.246Z","livemode":false,"context":null,
            "related_object":{"id":"mtr_1","type":"billing.meter","url":"/v1/billing/meters/mtr_1"}}"#,
        );
        assert_eq!(
            (found.id.as_str(), found.object.as_deref(), found.state),
            ("evt_test_65", Some("mtr_1"), "ignored")
        );
        assert_eq!(found.created.map(Timestamp::as_second), Some(1_773_576_000));
        assert!(found.note.contains("thin event"), "{}", found.note);
    }

    #[test]
    fn whatever_is_signed_can_be_kept() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        for text in [
            "",
            "null",
            "[]",
            "7",
            "{}",
            "nonsense",
            r#"{"id":""}"#,
            r#"{"id":7}"#,
            r#"{"id":"evt_\u0000"}"#,
            r#"{"id":"evt_\ud800"}"#,
            r#"{"id":"evt_1","created":1e400}"#,
            &deep,
        ] {
            let found = read(text);
            assert!(found.id.starts_with("unnamed_") && found.state == "failed", "{text:.60}: {found:?}");
            assert_eq!(found.id, read(text).id);
            assert!(serde_json::from_str::<Value>(&found.payload).is_ok());
        }
        assert_eq!(Incoming::read(b"\xff\xfe").state, "failed");
        for odd in [
            json!({ "id": "evt_1", "created": "soon", "livemode": "yes", "data": [] }),
            json!({ "id": "evt_1", "created": -9e18, "type": 7, "api_version": {}, "data": { "object": 7 } }),
            json!({ "id": "evt_1", "created": 1e300, "type": "x".repeat(5_000), "data": { "object": { "id": [] } } }),
        ] {
            let found = read(&odd.to_string());
            assert_eq!(
                (found.created, found.live, found.kind.as_str(), found.customer),
                (None, false, "", None),
                "{odd}"
            );
        }
    }
}
