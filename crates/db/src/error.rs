//! Turns the driver's errors into [`Error`]s.

use std::time::Duration;

use freehold_core::{Caller, Error, Impersonator, Result, Standing, codes};
use tokio_postgres::error::SqlState;

use crate::{Settings, refusal::Refusal, send::is_outdated};

/// How long a caller should wait before a retry when the database is away or busy.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// How long a caller should wait before a retry when the disk is full: an operator has to free space first.
const RETRY_FULL_AFTER: Duration = Duration::from_mins(1);

/// What is wrong with the database server itself, whatever the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The disk is full, so nothing can be written.
    StorageFull,
    /// The server's programs were replaced while it runs, so it cannot load its libraries.
    ProgramsReplaced,
    /// The server accepts no changes: it is a standby, or its provider stops writes before the disk is full.
    ReadOnly,
}

impl Trouble {
    /// What this error says about the server; none: nothing.
    pub(crate) fn of(error: &tokio_postgres::Error) -> Option<Self> {
        let cause = error.as_db_error()?;
        // The routine's name is the same in every language, unlike the message.
        let loading = matches!(cause.routine(), Some("internal_load_library" | "load_external_function"));
        match cause.code() {
            code if *code == SqlState::DISK_FULL => Some(Self::StorageFull),
            code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => Some(Self::ReadOnly),
            _ if loading => Some(Self::ProgramsReplaced),
            _ => None,
        }
    }

    /// The error for a caller.
    #[track_caller]
    pub(crate) fn error(self) -> Error {
        match self {
            Self::StorageFull => {
                let message = "The database's disk is full, so nothing can be written. Nothing was changed; try again \
                               later.";
                Error::new(codes::STORAGE_FULL, message).with_retry_after(RETRY_FULL_AFTER)
            }
            Self::ProgramsReplaced => {
                let message = "The database's programs were replaced while it runs, and it has to be restarted. Nothing \
                               was changed; try again.";
                Error::new(codes::UNAVAILABLE, message).with_retry_after(RETRY_AFTER)
            }
            Self::ReadOnly => {
                let message = "The database accepts no changes at the moment. Nothing was changed; try again.";
                Error::new(codes::UNAVAILABLE, message).with_retry_after(RETRY_AFTER)
            }
        }
    }
}

/// Turns the driver's error into ours: `unavailable` when the database is away or busy, otherwise `internal`, because
/// the fault is ours.
#[track_caller]
pub(crate) fn from_driver(error: tokio_postgres::Error) -> Error {
    let away = error.is_closed() || error.as_db_error().is_none() && !is_conversion(&error);
    if let Some(trouble) = Trouble::of(&error) {
        return trouble.error().caused_by(error);
    }
    if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) {
        return contended(error);
    }
    let busy = error.code().is_some_and(is_temporary) || is_outdated(&error);
    if away {
        lost(error)
    } else if busy {
        Error::unavailable(RETRY_AFTER, error)
    } else {
        Error::internal(error)
    }
}

/// Results of the driver, with our errors.
pub(crate) trait DriverResult<T> {
    /// The value, or the error as [`from_driver`] makes it. This is a method because a function that is passed by name
    /// does not know its caller, and the log would name a line of the standard library.
    #[track_caller]
    fn or_error(self) -> Result<T>;
}

impl<T> DriverResult<T> for Result<T, tokio_postgres::Error> {
    #[track_caller]
    fn or_error(self) -> Result<T> {
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(from_driver(error)),
        }
    }
}

/// The database did not answer in time.
#[track_caller]
pub(crate) fn unanswered(within: Duration) -> Error {
    lost(format!("the database did not answer within {} s", within.as_secs()))
}

/// The connection broke while an answer was awaited. A commit may have been on its way, so it is not known whether
/// anything was changed.
#[track_caller]
fn lost(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let message = "The service is temporarily unavailable, and what was asked for may have been done. Try again, with the \
                   same Idempotency-Key where something is created.";
    Error::new(codes::UNAVAILABLE, message).with_retry_after(RETRY_AFTER).caused_by(source)
}

/// Another transaction holds the row for longer than this one may wait for it.
#[track_caller]
fn contended(source: tokio_postgres::Error) -> Error {
    let message = "Another request is changing the same data and has not finished. Nothing was changed; try again.";
    Error::new(codes::UNAVAILABLE, message).with_retry_after(RETRY_AFTER).caused_by(source)
}

/// The tenant's own requests hold all connections of its share.
#[track_caller]
pub(crate) fn crowded(why: String) -> Error {
    let message = "Too many requests of your organization are under way at once. Nothing was changed; send fewer at a \
                   time, and try again.";
    Error::new(codes::UNAVAILABLE, message).with_retry_after(RETRY_AFTER).caused_by(why)
}

/// No connection was free in time, so no statement was sent.
#[track_caller]
pub(crate) fn unreached(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::unavailable(RETRY_AFTER, why)
}

/// Turns the pool's error into ours.
#[track_caller]
pub(crate) fn from_pool(settings: &Settings, error: deadpool_postgres::PoolError) -> Error {
    match error {
        deadpool_postgres::PoolError::Backend(error) => from_connect(settings, error),
        other => Error::unavailable(RETRY_AFTER, other),
    }
}

/// Turns an error of the driver while connecting with these settings into ours.
#[track_caller]
pub(crate) fn from_connect(settings: &Settings, error: tokio_postgres::Error) -> Error {
    // A wrong password or an unknown database does not pass by waiting, but it is not the caller's fault either.
    let lasting = error.code().is_some_and(|code| !is_temporary(code));
    let refusal = Refusal::new(settings, error);
    if lasting { Error::internal(refusal) } else { Error::unavailable(RETRY_AFTER, refusal) }
}

/// Whether the error came from converting a value to bytes or back, which a retry does not change.
fn is_conversion(error: &tokio_postgres::Error) -> bool {
    let text = error.to_string();
    text.starts_with("error serializing")
        || text.starts_with("error deserializing")
        || text.starts_with("query returned")
}

fn is_temporary(code: &SqlState) -> bool {
    let class = &code.code()[..2];
    // 08 connection, 53 resources, 57 operator intervention (shutdown, statement time-out), 58 system, 40 rollback
    // because of others.
    matches!(class, "08" | "53" | "57" | "58" | "40")
}

/// Turns the violation of a database constraint into the caller's error.
pub trait OnConstraint<T> {
    /// Returns the error that `mapped` makes when the constraint `name` was violated.
    fn on_constraint(self, name: &str, mapped: impl FnOnce() -> Error) -> Result<T>;
}

impl<T> OnConstraint<T> for Result<T> {
    fn on_constraint(self, name: &str, mapped: impl FnOnce() -> Error) -> Self {
        self.map_err(|error| if constraint(&error) == Some(name) { mapped() } else { error })
    }
}

/// The name of the violated constraint, if that was the cause.
fn constraint(error: &Error) -> Option<&str> {
    database_error(error)?.constraint()
}

/// Postgres' own error, if it was the cause.
pub(crate) fn database_error(error: &Error) -> Option<&tokio_postgres::error::DbError> {
    let source = std::error::Error::source(error)?;
    let refused = source.downcast_ref::<Refusal>().and_then(Refusal::driver);
    refused.or_else(|| source.downcast_ref())?.as_db_error()
}

/// Whether a transaction may write, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WritesAllowed {
    /// It may.
    Yes,
    /// The organization is suspended, archived or being deleted.
    Standing(Standing),
    /// An operator has a read-only session in the organization.
    OperatorReads,
}

impl WritesAllowed {
    /// Whether transactions of this caller may write.
    pub(crate) fn of(caller: &Caller) -> Self {
        match caller.standing() {
            Standing::Good if caller.is_read_only() => Self::OperatorReads,
            Standing::Good => Self::Yes,
            standing => Self::Standing(standing),
        }
    }
}

/// Turns the database's refusal to write into an error that says why.
pub(crate) fn explain_refusal(error: Error, writes: WritesAllowed) -> Error {
    let refusal = match writes {
        WritesAllowed::Yes => None,
        WritesAllowed::Standing(standing) => standing.refusal(),
        WritesAllowed::OperatorReads => Some(Error::new(codes::PERMISSION_DENIED, Impersonator::READ_ONLY)),
    };
    let Some(refusal) = refusal else { return error };
    let denied = database_error(&error).is_some_and(|cause| cause.code().code() == "42501");
    if denied { refusal.caused_by(error) } else { error }
}
