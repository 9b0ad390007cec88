//! Where the database is, and what connections to it need.

use std::{path::PathBuf, time::Duration};

use freehold_core::{Error, Result, Secret, codes};
use tokio_postgres::config::{Host, SslMode};

use crate::{StatementCache, tls::TlsMode};

/// How long a packet may stay unacknowledged before the connection counts as broken.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);
/// How long a connection may be silent before the operating system checks whether the other end is still there.
const SILENT: Duration = Duration::from_secs(30);

/// A database and how to connect to it, read from a URL such as
/// `postgres://user:password@host:5432/name?sslmode=require`.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) config: tokio_postgres::Config,
    pub(crate) tls: TlsMode,
    /// The environment variable that holds the URL; none for the local server.
    pub(crate) setting: Option<&'static str>,
    /// The size and the time limits of the pool.
    pub pool: PoolSettings,
}

/// The size and the time limits of a pool.
#[derive(Clone, Copy, Debug)]
pub struct PoolSettings {
    /// Most connections at once. 16 keep two cores of Postgres busy.
    pub connections: usize,
    /// How long a request waits for a free or a new connection before it gets 503.
    pub wait: Duration,
    /// How long one statement may run.
    pub statement_timeout: Duration,
    /// Whether connections keep their prepared statements.
    pub statement_cache: StatementCache,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            connections: 16,
            wait: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(15),
            statement_cache: StatementCache::Off,
        }
    }
}

impl Settings {
    /// Reads the URL from the variable `DATABASE_URL`.
    pub fn from_url(url: &Secret) -> Result<Self> {
        Self::from_variable("DATABASE_URL", url)
    }

    /// Reads the URL from this variable, which errors name. Errors never repeat the URL, because it may hold a
    /// password.
    pub fn from_variable(setting: &'static str, url: &Secret) -> Result<Self> {
        match Self::read(url) {
            Ok(settings) => Ok(Self { setting: Some(setting), ..settings }),
            Err(why) => Err(Error::new(codes::VALIDATION_FAILED, format!("{setting} is invalid: {why}"))),
        }
    }

    fn read(url: &Secret) -> Result<Self, String> {
        let (rest, mode, root) = split_tls(url.expose().trim());
        // As in libpq, `system` means the authorities that the system trusts.
        let root = root.filter(|file| file != "system").map(PathBuf::from);
        scheme_check(&rest)?;
        let mut config: tokio_postgres::Config =
            rest.parse().map_err(|error: tokio_postgres::Error| unreadable(&rest, &error))?;
        let tls = match mode.as_deref() {
            Some("verify-full") => {
                config.ssl_mode(SslMode::Require);
                TlsMode::Verified(root)
            }
            Some("verify-ca") => {
                config.ssl_mode(SslMode::Require);
                TlsMode::Signed(root)
            }
            Some("require") => {
                config.ssl_mode(SslMode::Require);
                if root.is_some() { TlsMode::Verified(root) } else { TlsMode::Encrypted }
            }
            Some("disable") => TlsMode::Off,
            None | Some("prefer" | "allow") => TlsMode::Encrypted,
            Some(other) => {
                return Err(format!("it has sslmode={other}. Use disable, prefer, require, verify-ca or verify-full."));
            }
        };
        if tls == TlsMode::Off {
            config.ssl_mode(SslMode::Disable);
        }
        if config.get_application_name().is_none() {
            config.application_name("freehold");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(3));
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNACKNOWLEDGED);
        }
        if config.get_keepalives_idle() > SILENT {
            config.keepalives_idle(SILENT);
        }
        Ok(Self { config, tls, setting: None, pool: PoolSettings::default() })
    }

    /// Marks these as settings of the local server, whose URL is in no variable.
    #[must_use]
    pub fn of_local(mut self) -> Self {
        self.setting = None;
        self
    }

    /// The login's name.
    pub fn user(&self) -> Option<&str> {
        self.config.get_user()
    }

    /// The login's password.
    pub fn password(&self) -> Option<Secret> {
        self.config.get_password().map(|password| Secret::new(String::from_utf8_lossy(password)))
    }

    /// The database's name.
    pub fn database(&self) -> Option<&str> {
        self.config.get_dbname().or(self.user())
    }

    /// The address of the database, for messages: `db.example.com:5432/name`.
    pub fn place(&self) -> String {
        format!("{}/{}", self.hosts(), self.database().unwrap_or_default())
    }

    /// The addresses of the servers: `db.example.com:5432`.
    pub(crate) fn hosts(&self) -> String {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        });
        let ports = self.config.get_ports();
        let port = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        let hosts: Vec<String> = hosts.enumerate().map(|(index, host)| format!("{host}:{}", port(index))).collect();
        hosts.join(",")
    }

    /// The same server, with this login.
    #[must_use]
    pub fn with_user(mut self, user: &str) -> Self {
        self.config.user(user);
        self
    }

    /// The same server, another database.
    #[must_use]
    pub fn with_database(mut self, database: &str) -> Self {
        self.config.dbname(database);
        self
    }

    /// The same database, another pool.
    #[must_use]
    pub fn with_pool(mut self, pool: PoolSettings) -> Self {
        self.pool = pool;
        self
    }
}

/// Refuses URLs of other databases. The other form that Postgres accepts, `host=… user=…`, has no scheme.
fn scheme_check(url: &str) -> Result<(), String> {
    const FORM: &str = "Use the form postgres://user:password@host:5432/database.";
    let named =
        |scheme: &str| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+');
    match url.split_once("://") {
        Some(("postgres" | "postgresql", _)) => Ok(()),
        Some((scheme, _)) if named(scheme) => Err(format!("it begins with {scheme}://, which is not Postgres. {FORM}")),
        None if keywords(url) => Ok(()),
        None if url.is_empty() => Err(format!("it is empty. {FORM}")),
        _ => Err(format!("it does not begin with postgres://. {FORM}")),
    }
}

/// Whether the text looks like `host=… user=…`.
fn keywords(text: &str) -> bool {
    let Some((key, _)) = text.split_once('=') else { return false };
    let key = key.trim();
    !key.is_empty() && key.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())
}

/// The error for a URL that the driver cannot read. It repeats only the name of an option, because any other part may
/// belong to a password.
fn unreadable(url: &str, error: &tokio_postgres::Error) -> String {
    let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let name = |begin: &str| {
        let name = why.strip_prefix(begin)?.strip_suffix('`')?;
        let plain = !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'_' | b'a'..=b'z' | b'A'..=b'Z'));
        plain.then(|| name.to_owned())
    };
    if let Some(name) = name("unknown option `") {
        return format!("its parameter {name} is not one that Freehold knows. Remove it.");
    }
    if let Some(name) = name("invalid value for option `") {
        return format!("the value of {name} is wrong. Correct it.");
    }
    let special =
        if url.contains('@') { " Write special characters of the password by percent (@ as %40)." } else { "" };
    format!("it cannot be read. Use the form postgres://user:password@host:5432/database.{special}")
}

/// Takes `sslmode` and `sslrootcert` out of the URL, because the driver supports fewer values of them than libpq.
fn split_tls(url: &str) -> (String, Option<String>, Option<String>) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), None, None) };
    let (mut mode, mut root, mut rest) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => root = Some(value.to_owned()),
            // A parameter that Supabase's dashboard adds for other drivers.
            Some(("pgbouncer", _)) => {}
            _ => rest.push(pair),
        }
    }
    let rest = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    (rest, mode, root)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Settings> {
        Settings::from_url(&Secret::new(url))
    }

    #[test]
    fn the_modes_of_libpq_are_understood() {
        let tls = |url: &str| read(url).unwrap().tls;
        assert_eq!(tls("postgres://u@h/d"), TlsMode::Encrypted);
        assert_eq!(tls("postgres://u@h/d?sslmode=disable"), TlsMode::Off);
        assert_eq!(tls("postgres://u@h/d?sslmode=require&pgbouncer=true"), TlsMode::Encrypted);
        assert_eq!(
            tls("postgres://u@h/d?sslmode=verify-full&sslrootcert=/ca.pem"),
            TlsMode::Verified(Some("/ca.pem".into()))
        );
        assert_eq!(
            tls("postgres://u@h/d?sslmode=verify-ca&sslrootcert=/ca.pem"),
            TlsMode::Signed(Some("/ca.pem".into()))
        );
        assert_eq!(tls("postgres://u@h/d?sslmode=verify-full&sslrootcert=system"), TlsMode::Verified(None));
    }

    #[test]
    fn the_place_is_named_without_the_login() {
        let place = |url: &str| read(url).unwrap().place();
        assert_eq!(place("postgres://u:hunter2@db.test:6543/d"), "db.test:6543/d");
        assert_eq!(place("postgres://u:hunter2@one,other/d"), "one:5432,other:5432/d");
        assert_eq!(place("postgres://u@%2Fsocket/d"), "/socket:5432/d");
    }

    #[test]
    fn a_bad_url_is_refused_without_repeating_the_password() {
        for (url, said) in [
            ("postgres://u:hunter2@h:x/d", "the value of port is wrong"),
            ("postgres://u:hunter2@h/d?sslmode=sometimes", "sslmode=sometimes"),
            ("postgres://u:hunter2@h/d?schema=public", "its parameter schema is not one"),
            ("postgres://u:hunter2@h/d?sslmode=require&sslcert=/me.pem", "its parameter sslcert is not one"),
            ("postgres://u:hunter2@h/d?hunter2", "it cannot be read"),
            ("mysql://u:hunter2@h/d", "begins with mysql://"),
            ("u:hunter2@h/d?sslmode=require&x=y", "does not begin with postgres://"),
            ("hunter2://u@h/d?x", "begins with hunter2://"),
            ("hunter2", "does not begin with postgres://"),
            ("hunter2 = 1", "does not begin with postgres://"),
            ("", "it is empty"),
        ] {
            let error = Settings::from_variable("DATABASE_MIGRATION_URL", &Secret::new(url)).unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with("DATABASE_MIGRATION_URL is invalid: ") && text.contains(said), "{url}: {text}");
            assert!(url.starts_with("hunter2:") || !format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        assert!(read("host=localhost user=u dbname=d").is_ok());
    }
}
