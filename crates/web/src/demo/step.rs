//! A step of a demo: a request, its expected answer, and the answer of the server.

use axum::http::{HeaderMap, Method};
use freehold_core::Secret;
use futures_util::future::BoxFuture;
use serde_json::Value;

/// One step of the demo.
#[derive(Clone, Debug)]
pub struct Step {
    /// The title of the step, for people.
    pub title: String,
    /// Request that the step sends.
    pub request: Request,
    /// The expected status.
    pub expected: u16,
    /// What this status means, for people.
    pub meaning: String,
}

impl Step {
    /// Creates a step.
    pub fn new(title: impl Into<String>, request: Request, expected: u16, meaning: impl Into<String>) -> Self {
        Self { title: title.into(), request, expected, meaning: meaning.into() }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// HTTP method of the request.
    pub method: Method,
    /// The path with its query; or the complete URL of a page on another server.
    pub path: String,
    /// The JSON body.
    pub body: Option<Value>,
    /// The form instead of a JSON body, as a browser sends it.
    pub form: Vec<(&'static str, &'static str)>,
    /// The credential; none: an anonymous request.
    pub badge: Option<Badge>,
    /// The value of the header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
}

/// A credential.
#[derive(Clone, Debug)]
pub struct Badge {
    /// Its name in the output: `A's key`.
    pub name: String,
    /// The token or key.
    pub secret: Secret,
}

impl Request {
    /// A GET request.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, None)
    }

    /// A POST request.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::POST, path, Some(body))
    }

    /// A PATCH request.
    pub fn patch(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PATCH, path, Some(body))
    }

    /// A DELETE request.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path, None)
    }

    /// A POST request with a form, like the button of a page.
    pub fn submit(url: impl Into<String>, form: Vec<(&'static str, &'static str)>) -> Self {
        Self { form, ..Self::new(Method::POST, url, None) }
    }

    /// Adds a credential.
    #[must_use]
    pub fn with(mut self, badge: &Badge) -> Self {
        self.badge = Some(badge.clone());
        self
    }

    /// Adds an `Idempotency-Key`, so that the request can be repeated safely.
    #[must_use]
    pub fn retryable(mut self, key: &str) -> Self {
        self.idempotency_key = Some(key.to_owned());
        self
    }

    fn new(method: Method, path: impl Into<String>, body: Option<Value>) -> Self {
        Self { method, path: path.into(), body, form: Vec::new(), badge: None, idempotency_key: None }
    }
}

/// The server's answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status of the answer.
    pub status: u16,
    /// Headers of the answer.
    pub headers: HeaderMap,
    /// The JSON body; a JSON string if the body is not JSON.
    pub body: Value,
}

impl Answer {
    /// The text at a JSON pointer; empty if there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The number at a JSON pointer.
    pub fn number(&self, pointer: &str) -> Option<i64> {
        self.body.pointer(pointer).and_then(Value::as_i64)
    }

    /// The items of the array at a JSON pointer; empty if there is no array.
    pub fn list(&self, pointer: &str) -> &[Value] {
        self.body.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// The value of a header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The server that a demo plays against.
pub trait Server: Send + Sync {
    /// Its URL, without a slash at the end.
    fn base(&self) -> &str;

    /// Sends a request. The error is a sentence that says why there is no answer.
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answer, String>>;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_read_by_pointers() {
        let body = json!({ "id": "7", "meters": [{ "used": 3 }] });
        let answer = Answer { status: 200, headers: HeaderMap::new(), body };
        assert_eq!((answer.text("/id"), answer.text("/name")), ("7", ""));
        assert_eq!(answer.number("/meters/0/used"), Some(3));
        assert_eq!((answer.list("/meters").len(), answer.list("/id").len()), (1, 0));
    }
}
