//! Why a request got no answer, in words for the customer.

use std::{error, fmt, io, time::Duration};

use crate::{Refusal, connector::ConnectError};

/// Why a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The address may not be called.
    Refused,
    /// The name has no address.
    Dns,
    /// The server could not be reached.
    Connect,
    /// TLS failed, most often because of the certificate.
    Tls,
    /// The time limit passed.
    Timeout,
    /// The answer was not HTTP, or the connection was closed before the answer was complete.
    Protocol,
}

impl Failure {
    /// Name in a stored attempt: `refused_address`, `dns`, `connect`, `tls`, `timeout` or `protocol`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused_address",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
        }
    }
}

/// A request without an answer. Displays as a sentence for the customer, which names no address that the customer did
/// not write; the source is for the log.
#[derive(Debug)]
pub struct SendError {
    failure: Failure,
    message: String,
    took: Duration,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

impl SendError {
    /// Why the request failed.
    pub fn failure(&self) -> Failure {
        self.failure
    }

    /// Time from the start until the failure.
    pub fn took(&self) -> Duration {
        self.took
    }

    pub(crate) fn refused(refusal: &Refusal) -> Self {
        Self { failure: Failure::Refused, message: refusal.to_string(), took: Duration::ZERO, source: None }
    }

    pub(crate) fn timeout(limit: Duration) -> Self {
        let message = format!("There was no complete answer within {} s.", limit.as_secs_f64());
        Self { failure: Failure::Timeout, message, took: limit, source: None }
    }

    /// From the HTTP client's error for a request to `host`.
    pub(crate) fn of_client(error: hyper_util::client::legacy::Error, host: &str) -> Self {
        let (failure, message) = match find::<ConnectError>(&error) {
            Some(ConnectError::Refused(refusal)) => return Self::refused(refusal),
            Some(ConnectError::Dns(_)) => (Failure::Dns, format!("No address was found for {host}.")),
            Some(ConnectError::Connect(error)) => {
                (Failure::Connect, format!("{host} could not be reached: {}.", in_words(error)))
            }
            Some(timeout @ ConnectError::Timeout) => {
                (Failure::Timeout, format!("{host} could not be reached: {timeout}."))
            }
            None if error.is_connect() => (Failure::Tls, tls_in_words(&error, host)),
            None => (Failure::Protocol, protocol_in_words(&error, host)),
        };
        Self { failure, message, took: Duration::ZERO, source: Some(error.into()) }
    }

    /// From an error while the answer's body was read.
    pub(crate) fn of_body(error: hyper::Error, host: &str) -> Self {
        let message = protocol_in_words(&error, host);
        Self { failure: Failure::Protocol, message, took: Duration::ZERO, source: Some(error.into()) }
    }

    pub(crate) fn after(mut self, took: Duration) -> Self {
        self.took = took;
        self
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for SendError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// The first error of this type in the chain, also inside `io::Error`s, whose `source` skips the error that they wrap.
fn find<'a, E: error::Error + 'static>(error: &'a (dyn error::Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = inner.map(|inner| inner as _).or_else(|| error.source());
    }
    None
}

fn in_words(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there",
        io::ErrorKind::TimedOut => "it does not answer",
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "there is no way to it",
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => "it closed the connection",
        _ => "the connection failed",
    }
}

fn tls_in_words(error: &hyper_util::client::legacy::Error, host: &str) -> String {
    match find::<rustls::Error>(error) {
        Some(why) => format!("TLS with {host} failed: {why}."),
        None => format!("TLS with {host} failed: it closed the connection, or what answers there is not TLS."),
    }
}

fn protocol_in_words(error: &(dyn error::Error + 'static), host: &str) -> String {
    match find::<hyper::Error>(error) {
        Some(error) if error.is_parse() => {
            format!("What {host} answered is not HTTP that can be read.")
        }
        _ => format!("{host} closed the connection before its answer was complete."),
    }
}
