//! The server's database: the one of `DATABASE_URL`, or a local one.

use std::path::Path;

use anyhow::{Context, Result, bail};
use freehold_core::{Clock, Ids, Random, Secret};
use freehold_db::{
    Db, Migrated, MigrationSet, Migrator, PoolSettings, ServerLogin, database_ensure, schema_inspect, server_inspect,
};
use freehold_postgres::Server;

use crate::{data_folder, settings::Settings};

/// The login for requests on the local server. It may take on the roles of requests and nothing else.
const SERVER_LOGIN: &str = "freehold_server";
/// The local database's name.
const DATABASE: &str = "freehold";

/// The clock and the source of random bytes of this process.
#[derive(Clone)]
pub struct Sources {
    /// The clock, which follows the database's.
    pub clock: Clock,
    /// The source of random bytes.
    pub random: Random,
}

impl Sources {
    /// Those of the machine.
    pub fn system() -> Self {
        Self { clock: Clock::system(), random: Random::system() }
    }
}

/// A database, with its local server if there is one.
pub struct Database {
    server: Option<Server>,
    /// Whether it is on the local server, which another process may have started.
    local: bool,
    /// Whether DATABASE_MIGRATION_URL is set.
    migration_login: bool,
    migration: freehold_db::Settings,
    requests: freehold_db::Settings,
    sources: Sources,
}

impl Database {
    /// Opens the database of the settings; starts the local server if no database is set.
    pub async fn open(settings: &Settings) -> Result<Self> {
        let Some(url) = &settings.database_url else { return Self::open_local(settings).await };
        let requests = freehold_db::Settings::from_url(url)?.with_pool(pool(settings, false));
        let migration = match &settings.database_migration_url {
            Some(url) => freehold_db::Settings::from_variable("DATABASE_MIGRATION_URL", url)?,
            None => requests.clone(),
        };
        let migration_login = settings.database_migration_url.is_some();
        let sources = Sources::system();
        Ok(Self { server: None, local: false, migration_login, migration, requests, sources })
    }

    /// Like [`open`](Self::open), for commands beside a running server: uses the local server that is running already.
    pub async fn open_beside(settings: &Settings) -> Result<Self> {
        match Self::open(settings).await {
            Err(error) if error.downcast_ref::<freehold_postgres::Error>().is_some_and(in_use) => {
                let data = settings.data.join("postgres");
                let Some(running) = freehold_postgres::Running::find(&data) else { return Err(error) };
                let url = |user: &str| {
                    let url = Secret::new(running.url(user, DATABASE));
                    freehold_db::Settings::from_url(&url).map(freehold_db::Settings::of_local)
                };
                Ok(Self {
                    server: None,
                    local: true,
                    migration_login: true,
                    migration: url("postgres")?,
                    requests: url(SERVER_LOGIN)?.with_pool(pool(settings, true)),
                    sources: Sources::system(),
                })
            }
            opened => opened,
        }
    }

    async fn open_local(settings: &Settings) -> Result<Self> {
        data_folder::check(settings)?;
        let mut local = freehold_postgres::Settings::new(settings.data.join("postgres"));
        local.binaries.clone_from(&settings.postgres_bin);
        // The folder into which `make run` unpacks Postgres if the machine has none.
        local.unpacked = vec![settings.data.clone(), Path::new(".freehold").to_owned()];
        let server = Server::start(local).await.context("starting the local Postgres")?;
        let url = |user: &str| {
            let url = Secret::new(server.url(user, DATABASE));
            freehold_db::Settings::from_url(&url).map(freehold_db::Settings::of_local)
        };
        let migration = url("postgres")?;
        let requests = url(SERVER_LOGIN)?.with_pool(pool(settings, true));
        database_ensure(&migration.clone().with_database("postgres"), DATABASE).await?;
        let sources = Sources::system();
        Ok(Self { server: Some(server), local: true, migration_login: true, migration, requests, sources })
    }

    /// Whether it is on the local server.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// Whether this process started the local server.
    pub fn is_started_here(&self) -> bool {
        self.server.is_some()
    }

    /// Whether requests have a login of their own, without the rights of migrations.
    pub fn has_own_login(&self) -> bool {
        self.requests.user() != self.migration.user()
    }

    /// Migrates the schema, with the login for migrations.
    pub async fn migrate(&self, sets: &[MigrationSet]) -> Result<Migrated> {
        let (login, password) = (self.server_login().await, self.requests.password());
        let login = login.as_deref().map(|name| ServerLogin { name, password: password.as_ref(), trusted: self.local });
        let mut migrator = Migrator::connect_with(&self.migration, login)
            .await
            .with_context(|| format!("preparing the database at {}", self.migration.place()))?;
        migrator.migrate(sets).await.context("bringing the schema up to date")
    }

    /// Makes sure that the schema is up to date: migrates it if a login may do so, and otherwise fails if migrations
    /// are missing. So a server needs only the login for requests.
    pub async fn prepare(&self, sets: &[MigrationSet]) -> Result<()> {
        if self.local || self.migration_login {
            return self.migrate(sets).await.map(drop);
        }
        let place = || format!("preparing the database at {}", self.requests.place());
        let login = self.requests.role().await.with_context(place)?;
        let db = self.pool()?;
        let facts = server_inspect(&db).await.with_context(place)?;
        let owner = facts.superuser || facts.may_own;
        if owner || !facts.has_schema && (facts.creates_roles || facts.owns_database) {
            return self.migrate(sets).await.map(drop);
        }
        let how = format!(
            "Run `freehold migrate` with a login in DATABASE_MIGRATION_URL that may change it; {login:?}, the login of \
             DATABASE_URL, may not"
        );
        if !facts.has_schema {
            bail!("The database at {} has no schema of Freehold yet. {how}.", self.requests.place());
        }
        let found = schema_inspect(&db, sets).await.with_context(|| {
            format!("reading which migrations the database at {} has. {how}", self.requests.place())
        })?;
        if let Some(changed) = found.changed.first() {
            bail!("migration {changed} was changed after it had been applied to this database; undo the change");
        }
        match found.pending.len() {
            0 => Ok(()),
            1 => bail!("The schema is 1 migration behind. {how}."),
            behind => bail!("The schema is {behind} migrations behind. {how}."),
        }
    }

    /// The name of the login for requests, if that login does not exist yet.
    pub async fn missing_login(&self) -> Option<String> {
        let name = self.server_login().await?;
        let there = self.migration.has_role(&name).await.ok()?;
        (!there).then_some(name)
    }

    /// The role of the login for requests, if it is another than the one for migrations. The name of a login that does
    /// not exist yet comes from its URL, without the suffix that a pooler needs (`web.project` is `web`).
    async fn server_login(&self) -> Option<String> {
        if !self.has_own_login() {
            return None;
        }
        if self.local {
            return Some(SERVER_LOGIN.to_owned());
        }
        if let Ok(role) = self.requests.role().await {
            return Some(role);
        }
        let name = self.requests.user()?;
        // Both logins have the same suffix.
        let role = self.migration.role().await.unwrap_or_default();
        let suffix = self.migration.user().and_then(|user| user.strip_prefix(role.as_str()));
        let suffix = suffix.filter(|suffix| suffix.starts_with('.') && !role.is_empty());
        Some(suffix.and_then(|suffix| name.strip_suffix(suffix)).unwrap_or(name).to_owned())
    }

    /// The clock and the source of random bytes of all its pools.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// A pool for requests.
    pub fn pool(&self) -> Result<Db> {
        let Sources { clock, random } = self.sources.clone();
        Ok(Db::new(&self.requests, Ids::new(clock, random))?)
    }

    /// Stops the local server, if there is one.
    pub async fn close(self) -> Result<()> {
        match self.server {
            Some(server) => server.stop().await.context("stopping the local Postgres"),
            None => Ok(()),
        }
    }
}

/// The pool's clock for a command, set by the database's, because its times are compared with those of servers.
pub async fn clock_of(db: &Db) -> Result<Clock> {
    db.clock_follow().await?;
    Ok(db.clock().clone())
}

fn pool(settings: &Settings, local: bool) -> PoolSettings {
    PoolSettings { statement_cache: settings.prepared.on(local), ..settings.pool }
}

fn in_use(error: &freehold_postgres::Error) -> bool {
    matches!(error, freehold_postgres::Error::InUse { .. })
}
