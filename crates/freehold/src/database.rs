//! The database the server works on: the one it is told of, or a local one of its own.

use std::path::Path;

use anyhow::{Context, Result};
use freehold_core::Secret;
use freehold_db::{Db, Migrated, MigrationSet, Migrator, PoolSettings, database_ensure};
use freehold_postgres::Server;

use crate::settings::Settings;

/// The login of requests on the local server. It may take on the roles of requests and nothing else.
const SERVER_LOGIN: &str = "freehold_server";
/// The local database's name.
const DATABASE: &str = "freehold";

/// A database, and the local server under it if there is one.
pub struct Database {
    server: Option<Server>,
    /// It is the local server's, which another process may have started.
    local: bool,
    migration: freehold_db::Settings,
    requests: freehold_db::Settings,
}

impl Database {
    /// The database of the settings; starts the local server where none is named.
    pub async fn open(settings: &Settings) -> Result<Self> {
        let Some(url) = &settings.database_url else { return Self::open_local(settings).await };
        let requests = freehold_db::Settings::from_url(url)?.with_pool(pool(settings, false));
        let migration = match &settings.database_migration_url {
            Some(url) => freehold_db::Settings::from_url(url)?,
            None => requests.clone(),
        };
        Ok(Self { server: None, local: false, migration, requests })
    }

    /// Like [`open`](Self::open), for commands beside a running server: uses the local server that is running already.
    pub async fn open_beside(settings: &Settings) -> Result<Self> {
        let folder = settings.data.join("postgres/socket");
        let running = folder.join(".s.PGSQL.5432").exists() && settings.database_url.is_none();
        match Self::open(settings).await {
            Err(error) if running && error.downcast_ref::<freehold_postgres::Error>().is_some_and(in_use) => {
                let folder = std::fs::canonicalize(&folder).context("looking for the running server's socket")?;
                let host: String = folder.display().to_string().replace('%', "%25").replace('/', "%2F");
                let url = |user: &str| {
                    let url = format!("postgres://{user}@{host}:5432/{DATABASE}");
                    freehold_db::Settings::from_url(&Secret::new(url))
                };
                Ok(Self {
                    server: None,
                    local: true,
                    migration: url("postgres")?,
                    requests: url(SERVER_LOGIN)?.with_pool(pool(settings, true)),
                })
            }
            opened => opened,
        }
    }

    async fn open_local(settings: &Settings) -> Result<Self> {
        let mut local = freehold_postgres::Settings::new(settings.data.join("postgres"));
        local.binaries.clone_from(&settings.postgres_bin);
        // Where `make run` unpacks Postgres when the machine has none.
        local.unpacked = vec![settings.data.clone(), Path::new(".freehold").to_owned()];
        let server = Server::start(local).await.context("starting the local Postgres")?;
        let url = |user: &str| freehold_db::Settings::from_url(&Secret::new(server.url(user, DATABASE)));
        let migration = url("postgres")?;
        let requests = url(SERVER_LOGIN)?.with_pool(pool(settings, true));
        database_ensure(&migration.clone().with_database("postgres"), DATABASE).await?;
        Ok(Self { server: Some(server), local: true, migration, requests })
    }

    /// Whether it is the local server's.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// Whether requests log in with a login of their own, that cannot do what migrations can.
    pub fn has_own_login(&self) -> bool {
        self.requests.user() != self.migration.user()
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self, sets: &[MigrationSet]) -> Result<Migrated> {
        let login = if self.has_own_login() { self.requests.user() } else { None };
        let mut migrator = Migrator::connect(&self.migration, login)
            .await
            .with_context(|| format!("preparing the database at {}", self.migration.place()))?;
        migrator.migrate(sets).await.context("bringing the schema up to date")
    }

    /// The pool for requests.
    pub fn pool(&self) -> Result<Db> {
        Ok(Db::new(&self.requests)?)
    }

    /// Stops the local server, if there is one.
    pub async fn close(self) -> Result<()> {
        match self.server {
            Some(server) => server.stop().await.context("stopping the local Postgres"),
            None => Ok(()),
        }
    }
}

fn pool(settings: &Settings, local: bool) -> PoolSettings {
    PoolSettings { statement_cache: settings.prepared.on(local), ..settings.pool }
}

fn in_use(error: &freehold_postgres::Error) -> bool {
    matches!(error, freehold_postgres::Error::InUse { .. })
}
