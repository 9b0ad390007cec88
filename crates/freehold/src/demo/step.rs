//! A step: a request, and what should come of it.

use freehold_core::Secret;
use reqwest::Method;
use serde_json::Value;

/// One step of the play.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// What is done, as a person would say it.
    pub(super) title: String,
    /// What is sent.
    pub(super) request: Request,
    /// The status that the answer should have.
    pub(super) expected: u16,
    /// What it means that it has.
    pub(super) meaning: String,
}

impl Step {
    /// A step.
    pub(super) fn new(title: impl Into<String>, request: Request, expected: u16, meaning: impl Into<String>) -> Self {
        Self { title: title.into(), request, expected, meaning: meaning.into() }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The method.
    pub(super) method: Method,
    /// The path, with its query; or the whole address of a page elsewhere.
    pub(super) path: String,
    /// The JSON body.
    pub(super) body: Option<Value>,
    /// The form in its place, as a browser sends it.
    pub(super) form: Vec<(&'static str, &'static str)>,
    /// Who asks; none: nobody.
    pub(super) badge: Option<Badge>,
    /// Sent as `Idempotency-Key`.
    pub(super) idempotency_key: Option<String>,
}

/// What a caller shows.
#[derive(Clone, Debug)]
pub(super) struct Badge {
    /// What it is called in print: `A's key`.
    pub(super) name: String,
    /// The token or key.
    pub(super) secret: Secret,
}

impl Request {
    /// Reads.
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, None)
    }

    /// Creates, or does.
    pub(super) fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::POST, path, Some(body))
    }

    /// Changes.
    pub(super) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PATCH, path, Some(body))
    }

    /// Removes.
    pub(super) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path, None)
    }

    /// Presses the button of a page.
    pub(super) fn submit(url: impl Into<String>, form: Vec<(&'static str, &'static str)>) -> Self {
        Self { form, ..Self::new(Method::POST, url, None) }
    }

    /// Shown by this caller.
    pub(super) fn with(mut self, badge: &Badge) -> Self {
        self.badge = Some(badge.clone());
        self
    }

    /// Safe to be sent again.
    pub(super) fn retryable(mut self, key: &str) -> Self {
        self.idempotency_key = Some(key.to_owned());
        self
    }

    fn new(method: Method, path: impl Into<String>, body: Option<Value>) -> Self {
        Self { method, path: path.into(), body, form: Vec::new(), badge: None, idempotency_key: None }
    }
}
