//! A step of the demo: a request, and its expected answer.

use freehold_core::Secret;
use reqwest::Method;
use serde_json::Value;

/// One step of the demo.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The title of the step, for people.
    pub(super) title: String,
    /// Request that the step sends.
    pub(super) request: Request,
    /// The expected status.
    pub(super) expected: u16,
    /// What this status means, for people.
    pub(super) meaning: String,
}

impl Step {
    /// Creates a step.
    pub(super) fn new(title: impl Into<String>, request: Request, expected: u16, meaning: impl Into<String>) -> Self {
        Self { title: title.into(), request, expected, meaning: meaning.into() }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// HTTP method of the request.
    pub(super) method: Method,
    /// The path with its query; or the complete URL of a page on another server.
    pub(super) path: String,
    /// The JSON body.
    pub(super) body: Option<Value>,
    /// The form instead of a JSON body, as a browser sends it.
    pub(super) form: Vec<(&'static str, &'static str)>,
    /// The credential; none: an anonymous request.
    pub(super) badge: Option<Badge>,
    /// The value of the header `Idempotency-Key`.
    pub(super) idempotency_key: Option<String>,
}

/// A credential.
#[derive(Clone, Debug)]
pub(super) struct Badge {
    /// Its name in the output: `A's key`.
    pub(super) name: String,
    /// The token or key.
    pub(super) secret: Secret,
}

impl Request {
    /// A GET request.
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, None)
    }

    /// A POST request.
    pub(super) fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::POST, path, Some(body))
    }

    /// A PATCH request.
    pub(super) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PATCH, path, Some(body))
    }

    /// A DELETE request.
    pub(super) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path, None)
    }

    /// A POST request with a form, like the button of a page.
    pub(super) fn submit(url: impl Into<String>, form: Vec<(&'static str, &'static str)>) -> Self {
        Self { form, ..Self::new(Method::POST, url, None) }
    }

    /// Adds a credential.
    pub(super) fn with(mut self, badge: &Badge) -> Self {
        self.badge = Some(badge.clone());
        self
    }

    /// Adds an `Idempotency-Key`, so that the request can be repeated safely.
    pub(super) fn retryable(mut self, key: &str) -> Self {
        self.idempotency_key = Some(key.to_owned());
        self
    }

    fn new(method: Method, path: impl Into<String>, body: Option<Value>) -> Self {
        Self { method, path: path.into(), body, form: Vec::new(), badge: None, idempotency_key: None }
    }
}
