//! The error type of all crates. It has a stable code and two texts that never mix: the message for the caller and the
//! source for the log. It knows nothing of HTTP; `freehold-web` maps it.

use std::{borrow::Cow, error, fmt, panic::Location, sync::Arc, time::Duration};

/// The result of every capability.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A stable name that programs branch on. Every code is a `const`, and every crate lists its codes in `CODES`, from
/// which the page of error codes is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// Name in snake_case, never changed once published.
    pub name: &'static str,
    /// HTTP status of answers with this code.
    pub status: u16,
    /// What the code means, in one line without a full stop.
    pub title: &'static str,
}

impl Code {
    /// A code. `status` is a number so that this crate needs no HTTP library.
    pub const fn new(name: &'static str, status: u16, title: &'static str) -> Self {
        Self { name, status, title }
    }
}

/// The codes of the backbone.
pub mod codes {
    use super::Code;

    /// The body is no JSON, or a parameter has the wrong form.
    pub const MALFORMED_REQUEST: Code = Code::new("malformed_request", 400, "The request is malformed");
    /// No credential, or an invalid one.
    pub const UNAUTHENTICATED: Code = Code::new("unauthenticated", 401, "A valid access token or API key is required");
    /// The usage has reached a limit of the plan.
    pub const QUOTA_EXCEEDED: Code = Code::new("quota_exceeded", 402, "The plan's limit is reached");
    /// The plan does not include the module.
    pub const MODULE_NOT_IN_PLAN: Code = Code::new("module_not_in_plan", 402, "The plan does not include this feature");
    /// The organization is suspended: reading works, writing does not.
    pub const SUBSCRIPTION_SUSPENDED: Code =
        Code::new("subscription_suspended", 402, "The organization is suspended and read-only");
    /// The organization is archived: only paying and leaving work.
    pub const ORGANIZATION_ARCHIVED: Code =
        Code::new("organization_archived", 402, "The organization is archived; a payment restores it");
    /// The role or the key's scopes do not include the permission.
    pub const PERMISSION_DENIED: Code = Code::new("permission_denied", 403, "The permission is missing");
    /// The resource does not exist or belongs to another tenant; the answer does not tell which.
    pub const NOT_FOUND: Code = Code::new("not_found", 404, "The resource does not exist");
    /// The path exists, but not with this method.
    pub const METHOD_NOT_ALLOWED: Code = Code::new("method_not_allowed", 405, "The path does not support this method");
    /// The request took longer than the server allows.
    pub const REQUEST_TIMEOUT: Code = Code::new("request_timeout", 408, "The request took too long");
    /// The state of the resource does not allow the action.
    pub const CONFLICT: Code = Code::new("conflict", 409, "The resource's state does not allow this");
    /// The organization is being deleted: reading works, writing does not.
    pub const ORGANIZATION_CLOSING: Code =
        Code::new("organization_closing", 409, "The organization is being deleted and is read-only");
    /// The Idempotency-Key was used before with another body.
    pub const IDEMPOTENCY_KEY_REUSED: Code =
        Code::new("idempotency_key_reused", 409, "The Idempotency-Key was used for another request");
    /// `If-Match` names a version that is no longer current.
    pub const STALE_EDIT: Code = Code::new("stale_edit", 412, "The resource was changed meanwhile");
    /// The body is larger than the server accepts.
    pub const BODY_TOO_LARGE: Code = Code::new("body_too_large", 413, "The body is too large");
    /// The body has the wrong content type: `application/json`, unless the operation documents another.
    pub const UNSUPPORTED_MEDIA_TYPE: Code =
        Code::new("unsupported_media_type", 415, "The body's content type is not supported");
    /// The request is well-formed, but values are not allowed; `errors` lists them.
    pub const VALIDATION_FAILED: Code = Code::new("validation_failed", 422, "Some values are invalid");
    /// Too many requests in a window.
    pub const RATE_LIMITED: Code = Code::new("rate_limited", 429, "Too many requests");
    /// The organization has as many waiting jobs as its plan allows.
    pub const QUEUE_FULL: Code = Code::new("queue_full", 429, "Too many jobs are waiting");
    /// The server failed. The log has the cause, which the answer does not reveal.
    pub const INTERNAL: Code = Code::new("internal", 500, "An internal error occurred");
    /// A service that the server depends on is temporarily unavailable.
    pub const UNAVAILABLE: Code = Code::new("unavailable", 503, "The service is temporarily unavailable");
    /// The database's disk is full: reading works, writing fails until an operator frees space.
    pub const STORAGE_FULL: Code = Code::new("storage_full", 503, "The server's storage is full");

    /// All codes of the backbone.
    pub const ALL: &[Code] = &[
        MALFORMED_REQUEST,
        UNAUTHENTICATED,
        QUOTA_EXCEEDED,
        MODULE_NOT_IN_PLAN,
        SUBSCRIPTION_SUSPENDED,
        ORGANIZATION_ARCHIVED,
        PERMISSION_DENIED,
        NOT_FOUND,
        METHOD_NOT_ALLOWED,
        REQUEST_TIMEOUT,
        CONFLICT,
        ORGANIZATION_CLOSING,
        IDEMPOTENCY_KEY_REUSED,
        STALE_EDIT,
        BODY_TOO_LARGE,
        UNSUPPORTED_MEDIA_TYPE,
        VALIDATION_FAILED,
        RATE_LIMITED,
        QUEUE_FULL,
        INTERNAL,
        UNAVAILABLE,
        STORAGE_FULL,
    ];
}

/// Why an action failed.
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    message: Cow<'static, str>,
    fields: Vec<FieldError>,
    limit: Option<Limit>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn error::Error + Send + Sync>>,
    /// Place in the source code where the error was created, for the log.
    location: &'static Location<'static>,
}

/// An invalid value of a request.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// A JSON pointer (RFC 6901) into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// What is wrong with the value, and what is expected.
    pub message: String,
}

/// The limit of the plan that stopped the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Id of the meter, such as `calls`.
    pub meter: String,
    /// The plan's limit for a period, in the meter's unit.
    pub limit: i64,
    /// Usage, including what is reserved for running actions.
    pub used: i64,
    /// Id of the organization's plan.
    pub plan: String,
}

impl Error {
    /// An error with a message for the caller.
    #[track_caller]
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            code,
            message: message.into(),
            fields: Vec::new(),
            limit: None,
            retry_after: None,
            source: None,
            location: Location::caller(),
        }))
    }

    /// `not_found`: the `what` does not exist or belongs to another tenant.
    #[track_caller]
    pub fn not_found(what: &str) -> Self {
        Self::new(codes::NOT_FOUND, format!("The {what} does not exist."))
    }

    /// `validation_failed`: the value at `pointer` is invalid.
    #[track_caller]
    pub fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid_fields(vec![FieldError { pointer: pointer.into(), message: message.into() }])
    }

    /// `validation_failed`: several values are invalid.
    #[track_caller]
    pub fn invalid_fields(fields: Vec<FieldError>) -> Self {
        let message = match fields.as_slice() {
            // The pointer to the whole body is empty.
            [one] if one.pointer.is_empty() => format!("The body is invalid: {}.", one.message),
            [one] => format!("{}: {}", one.pointer, one.message),
            many => format!("{} values are invalid; `errors` lists them.", many.len()),
        };
        let mut error = Self::new(codes::VALIDATION_FAILED, message);
        error.0.fields = fields;
        error
    }

    /// `internal`: the caller reads a general message, the log reads `source`.
    #[track_caller]
    pub fn internal(source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::new(
            codes::INTERNAL,
            "An internal error occurred. Give the trace id to the operator, who finds the cause in the log.",
        )
        .caused_by(source)
    }

    /// `unavailable`: a service that the server depends on does not answer; the caller may retry after `retry_after`.
    #[track_caller]
    pub fn unavailable(retry_after: Duration, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        let mut error =
            Self::new(codes::UNAVAILABLE, "The service is temporarily unavailable. Nothing was changed. Try again.");
        error.0.retry_after = Some(retry_after);
        error.caused_by(source)
    }

    /// Adds the cause for the log, which the caller does not see.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds the invalid values.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.0.fields = fields;
        self
    }

    /// Adds the limit that was reached.
    #[must_use]
    pub fn with_limit(mut self, limit: Limit) -> Self {
        self.0.limit = Some(limit);
        self
    }

    /// Adds when the caller may retry.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// A copy of the error for another caller that waited for the same result.
    #[must_use]
    #[track_caller]
    pub fn shared(self: &Arc<Self>) -> Self {
        let mut error = Self::new(self.0.code, self.0.message.clone()).caused_by(Arc::clone(self));
        error.0.fields.clone_from(&self.0.fields);
        error.0.limit.clone_from(&self.0.limit);
        error.0.retry_after = self.0.retry_after;
        error
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Whether the error has this code.
    pub fn is(&self, code: Code) -> bool {
        self.0.code == code
    }

    /// Whether the same request may succeed later, since a dependency is unavailable or full.
    pub fn is_temporary(&self) -> bool {
        self.0.code.status == 503
    }

    /// The message for the caller.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The invalid values; empty for other errors.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// The limit that was reached, if any.
    pub fn limit(&self) -> Option<&Limit> {
        self.0.limit.as_ref()
    }

    /// When the caller may retry, if known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Place in the source code where the error was created.
    pub fn location(&self) -> &'static Location<'static> {
        self.0.location
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (at {})", self.0.code.name, self.0.message, self.0.location)?;
        let mut source = error::Error::source(self);
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Turns a foreign error into an internal one, with the action that failed.
pub trait Context<T> {
    /// `self`, or an internal error whose log entry begins with `doing`.
    #[track_caller]
    fn context(self, doing: &'static str) -> Result<T>;
}

impl<T, E: Into<Box<dyn error::Error + Send + Sync>>> Context<T> for std::result::Result<T, E> {
    #[track_caller]
    fn context(self, doing: &'static str) -> Result<T> {
        match self {
            Ok(value) => Ok(value),
            Err(source) => Err(Error::internal(Doing { doing, source: source.into() })),
        }
    }
}

/// The action during which `source` happened.
#[derive(Debug)]
struct Doing {
    doing: &'static str,
    source: Box<dyn error::Error + Send + Sync>,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.doing)
    }
}

impl error::Error for Doing {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(self.source.as_ref())
    }
}

/// Turns a missing value into `not_found`.
pub trait OptionExt<T> {
    /// The value, or [`Error::not_found`].
    #[track_caller]
    fn or_not_found(self, what: &str) -> Result<T>;
}

impl<T> OptionExt<T> for Option<T> {
    #[track_caller]
    fn or_not_found(self, what: &str) -> Result<T> {
        match self {
            Some(value) => Ok(value),
            None => Err(Error::not_found(what)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_caller_reads_never_holds_the_source() {
        let error: Error =
            Err::<(), _>("password authentication failed for user postgres").context("connecting").unwrap_err();
        assert!(!error.to_string().contains("postgres"));
        assert!(format!("{error:?}").contains("connecting: password authentication failed"));
        assert!(format!("{error:?}").contains("error.rs"));
    }

    #[test]
    fn codes_are_distinct_snake_case_names() {
        let mut names: Vec<_> = codes::ALL.iter().map(|code| code.name).collect();
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), codes::ALL.len());
    }
}
