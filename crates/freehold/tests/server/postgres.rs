//! A Postgres for the tests, for servers that are configured with `DATABASE_URL`.

use freehold_postgres::{Durability, Server, Settings};
use tokio_postgres::{Client, NoTls};

use crate::server::{Home, url_of};

/// Opens a plain connection; its task ends with the client.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Whether a transaction waits for a lock.
pub(crate) async fn waiting(database: &Client) -> bool {
    // Within a transaction, pg_stat_activity does not show connections that were opened after it was first read.
    let count = "select count(*) from pg_locks where not granted";
    database.query_one(count, &[]).await.unwrap().get::<_, i64>(0) > 0
}

/// A running Postgres in the folder `postgres` of the home.
pub(crate) struct Postgres(Server);

impl Postgres {
    /// Starts it, with the existing data if it was started before.
    pub(crate) async fn start(home: &Home) -> Self {
        let settings = Settings { durability: Durability::Volatile, ..Settings::new(home.path().join("postgres")) };
        Self(Server::start(settings).await.unwrap())
    }

    /// The same, also on a port of 127.0.0.1, where logins need a password.
    pub(crate) async fn start_with_tcp(home: &Home) -> Self {
        let settings = Settings::new(home.path().join("postgres"));
        Self(Server::start(Settings { durability: Durability::Volatile, tcp: true, ..settings }).await.unwrap())
    }

    /// Creates an empty database and returns its URL for this login, which only migrations create.
    pub(crate) async fn database(&self, name: &str) -> String {
        let maker = connect(&self.url("postgres", "postgres")).await;
        maker.batch_execute(&format!("create database {name}")).await.unwrap();
        self.url("postgres", name)
    }

    /// The URL of a database.
    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        url_of(self.0.socket_dir(), self.0.port(), user, database)
    }

    /// The path of the socket.
    pub(crate) fn socket(&self) -> std::path::PathBuf {
        self.0.socket_dir().join(format!(".s.PGSQL.{}", self.0.port()))
    }

    /// The folder of the socket.
    pub(crate) fn socket_folder(&self) -> &std::path::Path {
        self.0.socket_dir()
    }

    /// The number in the socket's name.
    pub(crate) fn port(&self) -> u16 {
        self.0.port()
    }

    /// Stops it. Connected clients get the message that it shuts down.
    pub(crate) async fn stop(self) {
        self.0.stop().await.unwrap();
    }
}
