//! Stripe's error objects: `{"error": {"type", "code", "message", "param", "doc_url"}}`.

use serde_json::{Map, Value, json};

/// An error in the form that the SDKs expect.
#[derive(Clone, Debug)]
pub(crate) struct StripeError {
    pub(crate) status: u16,
    kind: &'static str,
    code: Option<String>,
    message: String,
    param: Option<String>,
    /// Fields for refused payments: `decline_code`, `payment_intent`, `payment_method`.
    more: Map<String, Value>,
    /// Whether the request was refused before any work, so that the response is not stored for its `Idempotency-Key`.
    pub(crate) before_work: bool,
}

pub(crate) type Result<T> = std::result::Result<T, StripeError>;

impl StripeError {
    fn new(status: u16, kind: &'static str, code: Option<&str>, message: String) -> Self {
        let code = code.map(str::to_owned);
        Self { status, kind, code, message, param: None, more: Map::new(), before_work: true }
    }

    /// 400: the request is invalid.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", None, message.into())
    }

    /// 400 with one of Stripe's codes.
    pub(crate) fn coded(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", Some(code), message.into())
    }

    /// 400: a required parameter is missing.
    pub(crate) fn missing(param: &str) -> Self {
        Self::coded("parameter_missing", format!("Missing required param: {param}.")).at(param)
    }

    /// 400: an unknown parameter.
    pub(crate) fn unknown(param: &str) -> Self {
        Self::coded("parameter_unknown", format!("Received unknown parameter: {param}")).at(param)
    }

    /// 400: Stripe has it and the sandbox does not. Ignoring it silently would do something else than Stripe.
    pub(crate) fn not_modelled(what: &str, param: &str) -> Self {
        let message = format!("The sandbox does not model {what}; Stripe does. Leave it out or test against Stripe.");
        Self::coded("sandbox_not_modelled", message).at(param)
    }

    /// The unknown parameter, if this error refuses one.
    pub(crate) fn unknown_parameter(&self) -> Option<&str> {
        self.param.as_deref().filter(|_| self.code() == Some("parameter_unknown"))
    }

    /// 404: the account has no object with this id.
    pub(crate) fn no_such(what: &str, id: &str) -> Self {
        let mut error = Self::coded("resource_missing", format!("No such {what}: '{id}'")).at("id");
        error.status = 404;
        error
    }

    /// 404: there is no such path.
    pub(crate) fn no_route(method: &str, path: &str) -> Self {
        let message = format!(
            "Unrecognized request URL ({method}: {path}). The sandbox models part of Stripe's API; its README lists it."
        );
        Self { status: 404, ..Self::invalid(message) }
    }

    /// 401: not a key of the sandbox.
    pub(crate) fn key(message: &str) -> Self {
        Self::new(401, "invalid_request_error", None, message.to_owned())
    }

    /// 400: the same `Idempotency-Key` for another request.
    pub(crate) fn idempotency(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try \
             using a key other than '{key}' if you meant to execute a different request."
        );
        Self::new(400, "idempotency_error", None, message)
    }

    /// 402: a card was refused.
    pub(crate) fn card(code: &str, decline_code: Option<&str>, message: &str) -> Self {
        let mut error = Self::new(402, "card_error", Some(code), message.to_owned());
        error.before_work = false;
        match decline_code {
            Some(decline_code) => error.with("decline_code", json!(decline_code)),
            None => error,
        }
    }

    /// A response of the chaos settings: 429 or 5xx.
    pub(crate) fn chaos(status: u16) -> Self {
        if status == 429 {
            let message = "Request rate limit exceeded. The sandbox was told to answer this.".to_owned();
            return Self::new(429, "invalid_request_error", Some("rate_limit"), message);
        }
        Self::new(status, "api_error", None, "The sandbox was told to fail this request.".to_owned())
    }

    /// The same error with another HTTP status.
    pub(crate) fn of_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Adds the name of the wrong parameter.
    pub(crate) fn at(mut self, param: &str) -> Self {
        self.param = Some(param.to_owned());
        self
    }

    /// Adds a field.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    /// The message for users.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Stripe's code.
    pub(crate) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The error in the form of `last_payment_error`.
    pub(crate) fn inner(&self) -> Value {
        let mut error = self.more.clone();
        error.insert("type".to_owned(), json!(self.kind));
        error.insert("message".to_owned(), json!(self.message));
        if let Some(code) = &self.code {
            error.insert("code".to_owned(), json!(code));
            error.insert(
                "doc_url".to_owned(),
                json!(format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"))),
            );
        }
        if let Some(param) = &self.param {
            error.insert("param".to_owned(), json!(param));
        }
        Value::Object(error)
    }

    /// The body of the response.
    pub(crate) fn body(&self) -> Value {
        json!({ "error": self.inner() })
    }
}
