//! Where the database is and how it is reached.

use std::{path::PathBuf, time::Duration};

use freehold_core::{Error, Result, Secret};
use tokio_postgres::{
    Client,
    config::{Host, SslMode},
};

use crate::{
    StatementCache,
    error::{from_connect, from_driver, unreached},
    tls,
};

/// How long the server may take to let a login in, outside of the pool.
const CONNECTED_WITHIN: Duration = Duration::from_secs(10);
/// How long a packet may stay unacknowledged before the network counts as gone.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);
/// How long a connection may be silent before the system asks whether the other end is still there.
const SILENT: Duration = Duration::from_secs(30);

/// A database and how to reach it, read from a URL like `postgres://user:password@host:5432/name?sslmode=require`.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) config: tokio_postgres::Config,
    pub(crate) tls: TlsMode,
    /// Size and patience of the pool.
    pub pool: PoolSettings,
}

/// Size and patience of the pool.
#[derive(Clone, Copy, Debug)]
pub struct PoolSettings {
    /// Most connections at once. 16 keeps two cores of Postgres busy.
    pub connections: usize,
    /// How long a request waits for a free connection, or for a new one, before it is answered 503.
    pub wait: Duration,
    /// How long one statement may run.
    pub statement_timeout: Duration,
    /// Whether connections keep the statements they have sent.
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

/// What `sslmode` asks for, in libpq's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TlsMode {
    /// `disable`.
    Off,
    /// `prefer` and `require`: encrypted, but whoever answers is believed, as in libpq.
    Encrypted,
    /// `verify-ca`: the certificate must be signed by these authorities or the system's, for whatever host.
    Signed(Option<PathBuf>),
    /// `verify-full`: the certificate must be good for the host, by these authorities or the system's.
    Verified(Option<PathBuf>),
}

/// Parameters of the URL that mean something: the driver's, and those of TLS.
const PARAMETERS: &[&str] = &[
    "sslmode",
    "sslrootcert",
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "load_balance_hosts",
    "options",
    "password",
    "port",
    "sslnegotiation",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

impl Settings {
    /// Reads the URL. The error never repeats it, for it may hold a password.
    pub fn from_url(url: &Secret) -> Result<Self> {
        let (rest, mode, root) = split_tls(url.expose())?;
        // As libpq: the authorities that the system trusts.
        let root = root.filter(|file| file != "system").map(PathBuf::from);
        let mut config: tokio_postgres::Config =
            rest.parse().map_err(|error: tokio_postgres::Error| invalid(&error.to_string()))?;
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
                return Err(invalid(&format!(
                    "sslmode={other:?}; expected disable, prefer, require, verify-ca or verify-full"
                )));
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
        Ok(Self { config, tls, pool: PoolSettings::default() })
    }

    /// The login's name.
    pub fn user(&self) -> Option<&str> {
        self.config.get_user()
    }

    /// The login's password.
    pub fn password(&self) -> Option<Secret> {
        self.config.get_password().map(|password| Secret::new(String::from_utf8_lossy(password)))
    }

    /// The role behind the login, as the server names it: behind a pooler the login's name may hold more than that.
    pub async fn role(&self) -> Result<String> {
        let client = self.connect(CONNECTED_WITHIN).await?;
        let rows = client.query_typed("select session_user::text", &[]).await.map_err(|error| from_driver(error))?;
        let role = rows.first().map(|row| row.try_get(0)).transpose().map_err(|error| from_driver(error))?;
        role.ok_or_else(|| Error::internal("the server does not name the login that it let in"))
    }

    /// Whether the server has a role of this name.
    pub async fn has_role(&self, name: &str) -> Result<bool> {
        let client = self.connect(CONNECTED_WITHIN).await?;
        let found = client
            .query_typed("select from pg_catalog.pg_roles where rolname = $1", &[(&name, postgres_types::Type::TEXT)])
            .await
            .map_err(|error| from_driver(error))?;
        Ok(!found.is_empty())
    }

    /// The database's name.
    pub fn database(&self) -> Option<&str> {
        self.config.get_dbname().or(self.user())
    }

    /// A connection of its own, made within this time. Its task ends with the client.
    pub(crate) async fn connect(&self, within: Duration) -> Result<Client> {
        // The driver bounds only how long the network takes, not how long the server does.
        let connected = tokio::time::timeout(within, self.config.connect(tls::connector(&self.tls)?)).await;
        let late = |_| unreached(format!("no connection to the database within {} s", within.as_secs()));
        let (client, connection) = connected.map_err(late)?.map_err(from_connect)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection of its own ended");
            }
        });
        Ok(client)
    }

    /// Where the database is, for people: `db.example.com:5432/name`.
    pub fn place(&self) -> String {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        });
        let ports = self.config.get_ports();
        let port = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        let hosts: Vec<String> = hosts.enumerate().map(|(index, host)| format!("{host}:{}", port(index))).collect();
        format!("{}/{}", hosts.join(","), self.database().unwrap_or_default())
    }

    /// The same server, as this login.
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

fn invalid(why: &str) -> Error {
    Error::invalid("DATABASE_URL", format!("not a Postgres URL: {why}"))
}

/// Takes `sslmode` and `sslrootcert` out of the URL, because the driver knows fewer values of them than libpq.
fn split_tls(url: &str) -> Result<(String, Option<String>, Option<String>)> {
    let Some((base, query)) = url.split_once('?') else { return Ok((url.to_owned(), None, None)) };
    let (mut mode, mut root, mut rest) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => root = Some(value.to_owned()),
            // A hint of Supabase's dashboard for other drivers.
            Some(("pgbouncer", _)) => {}
            Some((name, _)) if PARAMETERS.contains(&name) => rest.push(pair),
            _ => {
                let name = pair.split('=').next().unwrap_or_default();
                let known = PARAMETERS.join(", ");
                return Err(invalid(&format!("the parameter {name:?} is unknown; there are {known}")));
            }
        }
    }
    let rest = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    Ok((rest, mode, root))
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
    fn a_parameter_that_is_not_known_is_named() {
        for (query, name) in
            [("schema=public", "schema"), ("sslmode=require&sslcert=/me.pem", "sslcert"), ("flag", "flag")]
        {
            let error = read(&format!("postgres://u:hunter2@h/d?{query}")).unwrap_err().to_string();
            assert!(error.contains(&format!("{name:?}")) && error.contains("sslrootcert"), "{error}");
        }
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
        for url in ["postgres://u:hunter2@h:x/d", "postgres://u:hunter2@h/d?sslmode=sometimes", "hunter2"] {
            let error = read(url).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
