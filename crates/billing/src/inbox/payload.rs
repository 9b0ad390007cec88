//! The stored form of an event.

use serde_json::Value;

/// Replaces a secret.
const HIDDEN: &str = "[secret]";

/// Objects whose `url` signs the customer in, or pays for them.
const SESSIONS: [&str; 2] = ["billing_portal.session", "checkout.session"];

/// The event without secrets, such as the `client_secret` by which a browser pays and the URL of a portal session:
/// Freehold does not need them, and a reader of the inbox could misuse them.
pub(super) fn without_secrets(mut payload: Value) -> Value {
    hide(&mut payload);
    payload
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let session = fields.get("object").and_then(Value::as_str).is_some_and(|kind| SESSIONS.contains(&kind));
            let secret = |name: &str| name == "secret" || name.ends_with("_secret") || session && name == "url";
            for (name, value) in fields {
                match value {
                    Value::String(text) if secret(name) => HIDDEN.clone_into(text),
                    value => hide(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(hide),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_hidden_however_deep_they_stand() {
        let payload = json!({
            "data": { "object": { "client_secret": "pi_1_secret_x", "status": "succeeded", "next_action": null } },
            "list": [{ "secret": "whsec_x" }, { "secret": null }, { "secretary": "Ann" }],
        });
        let kept = json!({
            "data": { "object": { "client_secret": "[secret]", "status": "succeeded", "next_action": null } },
            "list": [{ "secret": "[secret]" }, { "secret": null }, { "secretary": "Ann" }],
        });
        assert_eq!(without_secrets(payload), kept);
    }

    #[test]
    fn addresses_of_sessions_are_hidden_and_others_are_kept() {
        for (object, kept) in [
            ("billing_portal.session", HIDDEN),
            ("checkout.session", HIDDEN),
            ("billing_portal.configuration", "https://x.example"),
        ] {
            let event = |url| json!({ "object": "event", "data": { "object": { "object": object, "url": url } } });
            assert_eq!(without_secrets(event("https://x.example")), event(kept), "{object}");
        }
    }
}
