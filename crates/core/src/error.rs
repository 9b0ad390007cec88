//! One error for the whole house. It knows a stable code and two texts that never mix: the message, which the
//! caller reads, and the source, which only the log sees. It knows nothing of HTTP: `freehold-web` maps it.

use std::{borrow::Cow, error, fmt, panic::Location, sync::Arc, time::Duration};

/// What every capability answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A stable name that programs branch on. Every code is a `const`, and every crate that makes some lists them in
/// its `CODES`, from which the page of error codes is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// snake_case, never changed once published.
    pub name: &'static str,
    /// The HTTP status this code is answered with.
    pub status: u16,
    /// What it means, one line, for people.
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

    /// The body is not JSON, or a parameter is not of its form.
    pub const MALFORMED_REQUEST: Code = Code::new("malformed_request", 400, "The request could not be read");
    /// No credential, or one that does not hold.
    pub const UNAUTHENTICATED: Code = Code::new("unauthenticated", 401, "Sign in, or send a valid API key");
    /// A limit of the plan is used up.
    pub const QUOTA_EXCEEDED: Code = Code::new("quota_exceeded", 402, "The plan's limit is used up");
    /// The plan does not contain this module.
    pub const MODULE_NOT_IN_PLAN: Code = Code::new("module_not_in_plan", 402, "The plan does not contain this");
    /// The organization is suspended: reading and exporting work, writing does not.
    pub const SUBSCRIPTION_SUSPENDED: Code =
        Code::new("subscription_suspended", 402, "The organization is suspended and can only be read");
    /// The organization is in the archive: nothing but paying and leaving works.
    pub const ORGANIZATION_ARCHIVED: Code =
        Code::new("organization_archived", 402, "The organization is in the archive; a payment brings it back");
    /// The role, or the key's scopes, do not reach.
    pub const PERMISSION_DENIED: Code = Code::new("permission_denied", 403, "You may not do this");
    /// Not there, or not yours: which of the two is not told.
    pub const NOT_FOUND: Code = Code::new("not_found", 404, "Not found");
    /// The path exists, but not with this method.
    pub const METHOD_NOT_ALLOWED: Code = Code::new("method_not_allowed", 405, "This path does not know the method");
    /// The request took longer than the server allows.
    pub const REQUEST_TIMEOUT: Code = Code::new("request_timeout", 408, "The request took too long");
    /// The state of the thing does not allow it.
    pub const CONFLICT: Code = Code::new("conflict", 409, "In conflict with what is there");
    /// The Idempotency-Key was used before with another body.
    pub const IDEMPOTENCY_KEY_REUSED: Code =
        Code::new("idempotency_key_reused", 409, "The Idempotency-Key belongs to another request");
    /// `If-Match` names a version that is no longer current.
    pub const STALE_EDIT: Code = Code::new("stale_edit", 412, "Somebody else changed it first");
    /// The body is larger than the server takes.
    pub const BODY_TOO_LARGE: Code = Code::new("body_too_large", 413, "The body is too large");
    /// The body is not of the type that is read here: `application/json`, unless the operation says another.
    pub const UNSUPPORTED_MEDIA_TYPE: Code =
        Code::new("unsupported_media_type", 415, "The body is of another type than is read here");
    /// Well-formed, but values are not allowed; `errors` says which.
    pub const VALIDATION_FAILED: Code = Code::new("validation_failed", 422, "Some values are not valid");
    /// Too many requests in a window.
    pub const RATE_LIMITED: Code = Code::new("rate_limited", 429, "Too many requests");
    /// As many jobs wait as the plan has room for.
    pub const QUEUE_FULL: Code = Code::new("queue_full", 429, "Too many jobs wait");
    /// Something of ours failed. The log knows; the answer tells nothing of the inside.
    pub const INTERNAL: Code = Code::new("internal", 500, "Something went wrong on our side");
    /// Something we depend on is away for the moment.
    pub const UNAVAILABLE: Code = Code::new("unavailable", 503, "Temporarily unavailable");
    /// The database's disk is full: reading works, nothing can be written until an operator makes room.
    pub const STORAGE_FULL: Code = Code::new("storage_full", 503, "The server's storage is full");

    /// All of the above.
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

/// Why something could not be done.
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    message: Cow<'static, str>,
    fields: Vec<FieldError>,
    limit: Option<Limit>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn error::Error + Send + Sync>>,
    /// Where in our code it was made, for the log.
    location: &'static Location<'static>,
}

/// One value of a request that is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// A JSON pointer (RFC 6901) into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// What is wrong and what was expected.
    pub message: String,
}

/// Which limit of the plan stopped the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The meter: `calls`.
    pub meter: String,
    /// The plan's limit for one period.
    pub limit: i64,
    /// How much of it is used or promised to actions still running.
    pub used: i64,
    /// The plan the organization is on.
    pub plan: String,
}

impl Error {
    /// An error with a message that the caller may read.
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

    /// `what` is not there, or not the caller's.
    #[track_caller]
    pub fn not_found(what: &str) -> Self {
        Self::new(codes::NOT_FOUND, format!("There is no such {what}."))
    }

    /// One value is not allowed.
    #[track_caller]
    pub fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid_fields(vec![FieldError { pointer: pointer.into(), message: message.into() }])
    }

    /// Several values are not allowed.
    #[track_caller]
    pub fn invalid_fields(fields: Vec<FieldError>) -> Self {
        let message = match fields.as_slice() {
            // The pointer to the whole body is empty.
            [one] if one.pointer.is_empty() => format!("The body is not valid: {}.", one.message),
            [one] => format!("{}: {}", one.pointer, one.message),
            many => format!("{} values are not valid; see `errors`.", many.len()),
        };
        let mut error = Self::new(codes::VALIDATION_FAILED, message);
        error.0.fields = fields;
        error
    }

    /// Something of ours failed: the caller reads only that, the log reads `source`.
    #[track_caller]
    pub fn internal(source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::new(codes::INTERNAL, "Something went wrong on our side. The trace id finds it in our log.")
            .caused_by(source)
    }

    /// Something we depend on is away; try again after `retry_after`.
    #[track_caller]
    pub fn unavailable(retry_after: Duration, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        let mut error =
            Self::new(codes::UNAVAILABLE, "The service is temporarily unavailable. Nothing was changed; try again.");
        error.0.retry_after = Some(retry_after);
        error.caused_by(source)
    }

    /// Adds what the log should know and the caller must not.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds which values are meant.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.0.fields = fields;
        self
    }

    /// Adds which limit was reached.
    #[must_use]
    pub fn with_limit(mut self, limit: Limit) -> Self {
        self.0.limit = Some(limit);
        self
    }

    /// Adds when to try again.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// The same error for somebody else who waited for the same thing.
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

    /// Whether this is that code.
    pub fn is(&self, code: Code) -> bool {
        self.0.code == code
    }

    /// Whether the same may work later without a change of what was asked for: something we depend on is away or full.
    pub fn is_temporary(&self) -> bool {
        self.0.code.status == 503
    }

    /// The text the caller reads.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The values that are not allowed; empty for other errors.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// The limit that was reached.
    pub fn limit(&self) -> Option<&Limit> {
        self.0.limit.as_ref()
    }

    /// When to try again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Where in our code it was made.
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

/// Turns a foreign error into an internal one, saying what was being done.
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

/// What was being done when `source` happened.
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

/// Turns a missing thing into a `not_found`.
pub trait OptionExt<T> {
    /// The thing, or [`Error::not_found`].
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
