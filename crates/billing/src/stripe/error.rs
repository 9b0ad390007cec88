//! Why a call to Stripe failed.

use std::{error, fmt, time::Duration};

use freehold_core::{Secret, codes};
use serde::Deserialize;

use crate::codes::PAYMENT_FAILED;

/// The result of a client call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Stripe has no such object in this account.
    NotFound,
    /// A payment was declined, or needs its owner's confirmation. The message is for users.
    CardDeclined,
    /// Stripe rejected the request as invalid, or its answer could not be read.
    Invalid,
    /// Another request was changing the object, after all attempts.
    Conflict,
    /// The key is invalid, or lacks a permission.
    Auth,
    /// No answer, or 429 or 5xx, after all attempts. A POST may or may not have been executed; a retry under its
    /// `Idempotency-Key` makes sure.
    Unavailable,
}

/// Why a call failed. Contains no secret.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    status: Option<u16>,
    code: Option<String>,
    decline_code: Option<String>,
    param: Option<String>,
    message: String,
    /// Id by which Stripe's support finds the request.
    request_id: Option<String>,
    retry_after: Option<Duration>,
}

/// The body of an error response.
#[derive(Debug, Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: Details,
}

#[derive(Debug, Default, Deserialize)]
struct Details {
    r#type: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
    param: Option<String>,
    message: Option<String>,
}

impl Error {
    fn of(kind: Kind, message: String) -> Self {
        Self(Box::new(Inner {
            kind,
            status: None,
            code: None,
            decline_code: None,
            param: None,
            message,
            request_id: None,
            retry_after: None,
        }))
    }

    /// An error from Stripe's response. The key is removed from the message, wherever it stands in the body.
    pub(super) fn refusal(status: u16, body: &[u8], request_id: Option<String>, secret: &Secret) -> Self {
        let Details { r#type, code, decline_code, param, message } =
            serde_json::from_slice::<Refusal>(body).unwrap_or_default().error;
        let message = message.unwrap_or_else(|| format!("Stripe answered {status} and did not say why."));
        let message = if secret.expose().is_empty() { message } else { message.replace(secret.expose(), "[secret]") };
        let kind = match (status, code.as_deref(), r#type.as_deref()) {
            (401 | 403, ..) => Kind::Auth,
            (429 | 500.., ..) => Kind::Unavailable,
            (404, ..) | (_, Some("resource_missing"), _) => Kind::NotFound,
            (402, ..) | (.., Some("card_error")) => Kind::CardDeclined,
            (409, ..) => Kind::Conflict,
            _ => Kind::Invalid,
        };
        let mut error = Self::of(kind, message);
        let inner = &mut *error.0;
        (inner.status, inner.request_id) = (Some(status), request_id);
        (inner.code, inner.decline_code, inner.param) = (code, decline_code, param);
        error
    }

    /// There was no answer.
    pub(super) fn network(error: &reqwest::Error) -> Self {
        let what = if error.is_timeout() {
            "did not answer in time"
        } else if error.is_connect() {
            "cannot be reached"
        } else {
            "broke off"
        };
        // Only the innermost cause: the outer ones contain the URL with its query.
        let mut cause: &dyn error::Error = error;
        while let Some(next) = cause.source() {
            cause = next;
        }
        let why = if std::ptr::addr_eq(std::ptr::from_ref(cause), std::ptr::from_ref::<dyn error::Error>(error)) {
            String::new()
        } else {
            format!(": {cause}")
        };
        Self::of(Kind::Unavailable, format!("Stripe {what}{why}."))
    }

    /// No HTTP client: the machine has no trusted certificates.
    pub(super) fn no_client(error: &reqwest::Error) -> Self {
        let told = Self::network(error).0.message;
        Self::of(Kind::Unavailable, told.replace("Stripe broke off", "Stripe cannot be spoken to from this machine"))
    }

    /// The total time for all attempts was used up.
    pub(super) fn out_of_time() -> Self {
        Self::of(Kind::Unavailable, "Stripe did not answer in time.".to_owned())
    }

    /// An answer with an unexpected format; `place` is the path in the JSON, never the value.
    pub(super) fn unreadable(place: &str, request_id: Option<String>) -> Self {
        let mut error = Self::of(Kind::Invalid, format!("Stripe's answer cannot be read at {place}."));
        error.0.request_id = request_id;
        error
    }

    /// The settings are invalid.
    pub(super) fn settings(message: &str) -> Self {
        Self::of(Kind::Invalid, message.to_owned())
    }

    pub(super) fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.0.retry_after = after;
        self
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// HTTP status; none without an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Stripe's code: `card_declined`, `resource_missing`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Why the bank declined: `insufficient_funds`.
    pub fn decline_code(&self) -> Option<&str> {
        self.0.decline_code.as_deref()
    }

    /// The invalid field of the request.
    pub fn param(&self) -> Option<&str> {
        self.0.param.as_deref()
    }

    /// Stripe's message, in English. For users only when [`kind`](Self::kind) is [`Kind::CardDeclined`].
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// How long Stripe asks to wait before a retry; none: it did not say.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, status, code, param, message, request_id, .. } = &*self.0;
        write!(f, "Stripe: {kind:?}: {message}")?;
        let status = status.map(|status| status.to_string());
        for (name, value) in [("status", &status), ("code", code), ("param", param), ("request", request_id)] {
            if let Some(value) = value {
                write!(f, " {name}={value}")?;
            }
        }
        Ok(())
    }
}

impl error::Error for Error {}

/// For the log: with code and request id.
struct Told(Error);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl error::Error for Told {}

impl From<Error> for freehold_core::Error {
    #[track_caller]
    fn from(error: Error) -> Self {
        match error.kind() {
            Kind::CardDeclined => Self::new(PAYMENT_FAILED, error.message().to_owned()).caused_by(Told(error)),
            Kind::Conflict => {
                Self::new(codes::CONFLICT, "The subscription is being changed at this moment. Try again in a moment.")
                    .caused_by(Told(error))
            }
            Kind::Unavailable => Self::unavailable(error.retry_after().unwrap_or(Duration::from_secs(5)), Told(error)),
            Kind::NotFound | Kind::Invalid | Kind::Auth => Self::internal(Told(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> Error {
        Error::refusal(status, body.as_bytes(), Some("req_1".to_owned()), &Secret::new("sk_test_hidden"))
    }

    #[test]
    fn refusals_are_of_the_kind_a_caller_can_act_on() {
        for (status, body, kind) in [
            (400, r#"{"error":{"type":"invalid_request_error"}}"#, Kind::Invalid),
            (400, r#"{"error":{"code":"resource_missing","param":"customer"}}"#, Kind::NotFound),
            (401, "{}", Kind::Auth),
            (402, r#"{"error":{"type":"card_error","code":"card_declined"}}"#, Kind::CardDeclined),
            (403, "", Kind::Auth),
            (404, "<html>", Kind::NotFound),
            (409, r#"{"error":{"code":"lock_timeout"}}"#, Kind::Conflict),
            (429, "{}", Kind::Unavailable),
            (503, "null", Kind::Unavailable),
        ] {
            assert_eq!(refusal(status, body).kind(), kind, "{status} {body}");
        }
    }

    #[test]
    fn no_error_holds_the_key() {
        let error = refusal(401, r#"{"error":{"message":"Invalid API Key: sk_test_hidden"}}"#);
        let ours: freehold_core::Error = error.clone().into();
        for text in [format!("{error}"), format!("{error:?}"), format!("{ours}"), format!("{ours:?}")] {
            assert!(!text.contains("hidden"), "{text}");
        }
        assert!(format!("{ours:?}").contains("request=req_1"));
        assert!(ours.is(codes::INTERNAL));
    }

    #[test]
    fn a_refused_card_is_told_to_its_owner() {
        let error = refusal(402, r#"{"error":{"type":"card_error","message":"Your card was declined."}}"#);
        let ours = freehold_core::Error::from(error);
        assert!(ours.is(PAYMENT_FAILED));
        assert_eq!(ours.message(), "Your card was declined.");
        assert!(freehold_core::Error::from(refusal(500, "")).is(codes::UNAVAILABLE));
    }
}
