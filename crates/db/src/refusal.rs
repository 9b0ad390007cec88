//! Why Postgres cannot be reached or refuses a login, as sentences for an operator: which setting, host and user, and
//! what to do. They are printed in the log and on the terminal; callers of the API never see them.

use std::{error, fmt, io, time::Duration};

use tokio_postgres::error::{DbError, SqlState};

use crate::{Settings, tls};

/// Why a connection could not be made.
#[derive(Debug)]
pub struct Refusal {
    /// The explanation, in whole sentences.
    text: String,
    source: Option<tokio_postgres::Error>,
}

impl Refusal {
    /// Explains the driver's error while connecting with these settings.
    pub(crate) fn new(settings: &Settings, source: tokio_postgres::Error) -> Self {
        Self { text: explain(&Place::of(settings), &source), source: Some(source) }
    }

    /// The server did not answer at all.
    pub(crate) fn unanswered(settings: &Settings, within: Duration) -> Self {
        Self { text: unanswered(&Place::of(settings), within), source: None }
    }

    /// The driver's error, if there was one.
    pub(crate) fn driver(&self) -> Option<&tokio_postgres::Error> {
        self.source.as_ref()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl error::Error for Refusal {
    // Empty, because the sentences already contain the source's text, and a printed chain of errors would repeat it.
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        None
    }
}

/// The names that the sentences use.
struct Place<'a> {
    /// `the local Postgres` or `Postgres`, with its hosts and ports.
    postgres: String,
    hosts: String,
    user: &'a str,
    database: &'a str,
    /// The environment variable that holds the URL; none for the local server.
    setting: Option<&'static str>,
}

impl<'a> Place<'a> {
    fn of(settings: &'a Settings) -> Self {
        let hosts = settings.hosts();
        let name = if settings.setting.is_some() { "Postgres" } else { "The local Postgres" };
        Self {
            postgres: format!("{name} at {hosts}"),
            hosts,
            user: settings.user().unwrap_or_default(),
            database: settings.database().unwrap_or_default(),
            setting: settings.setting,
        }
    }

    /// For example `Correct the password in DATABASE_URL.`
    fn advice(&self, what: &str) -> String {
        match self.setting {
            Some(setting) => format!("{what} in {setting}."),
            None => "Its log is postgres.log in the data folder.".to_owned(),
        }
    }
}

fn explain(place: &Place<'_>, error: &tokio_postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        return refused(place, said);
    }
    let cause = error::Error::source(error);
    let io = cause.and_then(|cause| cause.downcast_ref::<io::Error>());
    let why = cause.map(ToString::to_string).unwrap_or_default();
    let Place { postgres, .. } = place;
    match error.to_string().as_str() {
        "error performing TLS handshake" => tls_failed(place, cause.unwrap_or(error)),
        "error connecting to server" => unreachable(place, io, &why),
        "invalid configuration" => {
            let missing = why.strip_suffix(" missing").unwrap_or("");
            match missing {
                "password" => format!(
                    "{postgres} asks for the password of the user \"{}\". {}",
                    place.user,
                    place.advice("Add the password")
                ),
                "user" => format!("No user is named for {postgres}. {}", place.advice("Add the user")),
                _ if why.contains("host") => {
                    format!("No host of Postgres is named. {}", place.advice("Add host and port"))
                }
                _ => format!("{postgres} cannot be asked: {why}. {}", place.advice("Correct the URL")),
            }
        }
        "authentication error" => format!(
            "{postgres} and Freehold cannot agree on how the user \"{}\" logs in: {why}. {}",
            place.user,
            place.advice("Set a password (scram-sha-256) for the user and name it")
        ),
        "timeout waiting for server" => unanswered(place, Duration::ZERO),
        // The other end closed the connection, or answered with something other than Postgres' protocol.
        other => {
            let why = if why.is_empty() { other.to_owned() } else { format!("{other}, {why}") };
            format!(
                "What answers at {} does not speak as Postgres does: {why}. {}",
                place.hosts,
                place.advice("Check host and port")
            )
        }
    }
}

fn unanswered(place: &Place<'_>, within: Duration) -> String {
    let within = if within.is_zero() { String::new() } else { format!(" within {} s", within.as_secs()) };
    let advice = place.advice("Check that the server runs, that no firewall is between, and host and port");
    format!("{} does not answer{within}. {advice}", place.postgres)
}

/// Explains why there is no connection, from the system's error.
fn unreachable(place: &Place<'_>, io: Option<&io::Error>, why: &str) -> String {
    use io::ErrorKind as Kind;
    let Place { postgres, hosts, .. } = place;
    // `tokio` words it "failed to lookup address information: Name or service not known".
    if why.contains("lookup address") || why.contains("resolve any addresses") {
        let why = why.rsplit(": ").next().unwrap_or(why).to_lowercase();
        return format!("The host of {hosts} cannot be found: {why}. {}", place.advice("Check the host's name"));
    }
    let Some(io) = io else {
        return format!("{postgres} does not answer: {why}. {}", place.advice("Check host and port"));
    };
    let reason = match io.kind() {
        Kind::ConnectionRefused => "connection refused",
        Kind::ConnectionReset => "the connection was reset",
        Kind::HostUnreachable => "the host is unreachable",
        Kind::NetworkUnreachable => "the network is unreachable",
        Kind::TimedOut => "nothing came back in time",
        Kind::NotFound => "there is no socket in this folder",
        Kind::PermissionDenied => {
            let what = "Let the user that runs Freehold use it, or name another host";
            return format!("{postgres} may not be connected to: permission denied. {}", place.advice(what));
        }
        _ => why,
    };
    let advice = match io.kind() {
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::TimedOut => "Check the network, and host and port",
        _ => "Check that the server runs, and host and port",
    };
    format!("{postgres} does not answer: {reason}. {}", place.advice(advice))
}

/// Explains why the server refused the login.
fn refused(place: &Place<'_>, said: &DbError) -> String {
    let Place { postgres, user, database, .. } = place;
    let message = said.message().trim_end_matches('.');
    match *said.code() {
        SqlState::INVALID_PASSWORD => format!(
            "{postgres} refused the password of the user \"{user}\". {}",
            place.advice("Correct user and password")
        ),
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION if message.contains("pg_hba.conf") => format!(
            "{postgres} does not let the user \"{user}\" in from here: {message}. Add a line for this host to pg_hba.conf, \
             or use another sslmode, host or user{}",
            place.setting.map_or_else(|| ".".to_owned(), |setting| format!(" in {setting}."))
        ),
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => format!(
            "{postgres} does not let the user \"{user}\" in: {message}. {}",
            place.advice("Create the user with login, or correct it")
        ),
        SqlState::INVALID_CATALOG_NAME => format!(
            "{postgres} has no database \"{database}\": {message}. {}",
            place.advice(&format!("Create it (create database {database}), or correct the name"))
        ),
        SqlState::INSUFFICIENT_PRIVILEGE => format!(
            "{postgres} does not let the user \"{user}\" into the database \"{database}\": {message}. {}",
            place.advice(&format!("Run grant connect on database {database} to {user}, or correct user and database"))
        ),
        SqlState::TOO_MANY_CONNECTIONS => format!(
            "{postgres} takes no more connections: {message}. Raise max_connections there, or lower connections in \
             [database]."
        ),
        SqlState::CANNOT_CONNECT_NOW => format!("{postgres} is not ready: {message}. Try again in a moment."),
        _ => format!(
            "{postgres} refused the user \"{user}\" for the database \"{database}\": {message} (SQLSTATE {}). {}",
            said.code().code(),
            place.advice("Check host, user and database")
        ),
    }
}

fn tls_failed(place: &Place<'_>, cause: &(dyn error::Error + 'static)) -> String {
    let Place { postgres, hosts, .. } = place;
    let why = cause.to_string();
    if why.contains("server does not support TLS") {
        return format!(
            "{postgres} offers no TLS, and it is asked for. Switch ssl on at the server, or on a network that is yours \
             alone {}",
            place.advice("set sslmode=disable")
        );
    }
    match tls::certificate_problem(cause) {
        Some(problem) => format!(
            "The certificate of Postgres at {hosts} is not accepted: {problem}. {}",
            place.advice("Name the file of its authority by sslrootcert, and the host as its certificate does,")
        ),
        None => format!(
            "TLS with {postgres} failed: {why}. {}",
            place.advice("Check that Postgres listens there with ssl on, and sslmode and sslrootcert")
        ),
    }
}
