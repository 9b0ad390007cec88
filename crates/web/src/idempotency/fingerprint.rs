//! The fingerprint of a request: method, path, the value of the body, and the sender.

use aws_lc_rs::digest::{Context, SHA256};
use freehold_core::Actor;
use serde_json::{Number, Value};

/// The fingerprint of a request without its sender.
#[derive(Debug)]
pub(super) struct Fingerprint(Vec<u8>);

impl Fingerprint {
    /// The fingerprint with a JSON body by its value: spaces, the order of fields and the notation of numbers do not
    /// count. Invalid JSON, which is refused later, counts byte by byte.
    pub(super) fn of_json(target: &str, body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => Self::of_bytes(target, plain(value).to_string().as_bytes()),
            Err(_) => Self::of_bytes(target, body),
        }
    }

    /// The fingerprint with any other body, byte by byte.
    pub(super) fn of_bytes(target: &str, body: &[u8]) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(target.as_bytes());
        context.update(body);
        Self(context.finish().as_ref().to_vec())
    }

    /// The fingerprint with its sender, a user or key. All sessions of a user are the same sender.
    pub(super) fn by(&self, actor: Actor) -> Vec<u8> {
        let mut context = Context::new(&SHA256);
        context.update(&self.0);
        context.update(actor.kind().as_bytes());
        context.update(actor.id().unwrap_or_default().as_bytes());
        context.finish().as_ref().to_vec()
    }
}

/// The value with every number in one notation. Fields are sorted already by `serde_json`.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(integer(&number).unwrap_or(number)),
        Value::Array(values) => values.into_iter().map(plain).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        other => other,
    }
}

/// `1.0` and `1e0` as `1`; none for a number that is not an integer.
fn integer(number: &Number) -> Option<Number> {
    let float =
        number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() < 2f64.powi(53))?;
    #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
    Some(Number::from(float as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use freehold_core::{ApiKeyId, SessionId, UserId};

    fn print(body: &str) -> Vec<u8> {
        Fingerprint::of_json("POST /x\n", body.as_bytes()).0
    }

    #[test]
    fn json_is_compared_by_its_value() {
        let one = print(r#"{"a":1,"b":["x",{"c":null,"d":20}],"e":"\u00e9"}"#);
        assert_eq!(one, print("{ \"b\": [\"x\", {\"d\": 2e1, \"c\": null}],\n \"e\":\"é\", \"a\": 1.0 }"));
        for other in [
            r#"{"a":1,"b":["x",{"c":null,"d":20}]}"#,
            r#"{"a":1,"b":[{"c":null,"d":20},"x"],"e":"\u00e9"}"#,
            r#"{"a":"1","b":["x",{"c":null,"d":20}],"e":"\u00e9"}"#,
            r#"{"a":1.5,"b":["x",{"c":null,"d":20}],"e":"\u00e9"}"#,
            r#"{"a":1,"b":["x",{"d":20}],"e":"\u00e9"}"#,
        ] {
            assert_ne!(one, print(other), "{other}");
        }
        assert_ne!(print("9007199254740993"), print("9007199254740992"), "large integers stay apart");
        assert_eq!(print("0"), print("-0.0"));
    }

    #[test]
    fn the_sender_belongs_to_it_and_the_session_does_not() {
        let request = Fingerprint::of_json("POST /x\n", b"{}");
        let id = |number: u8| format!("0198a5b0-0000-7000-8000-{number:012}");
        let user = |user, session| {
            let (user, session): (UserId, SessionId) = (id(user).parse().unwrap(), id(session).parse().unwrap());
            Actor::User { user, session }
        };
        let key = |key| Actor::Key { key: id(key).parse::<ApiKeyId>().unwrap(), live: true };
        assert_eq!(request.by(user(1, 2)), request.by(user(1, 3)));
        assert_ne!(request.by(user(1, 2)), request.by(user(2, 2)));
        assert_ne!(request.by(user(1, 2)), request.by(key(1)));
        assert_ne!(request.by(key(1)), request.by(key(2)));
    }
}
