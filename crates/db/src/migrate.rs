//! Building the schema: forward SQL embedded in the binary, each change in a transaction of its own, recorded with a
//! checksum, safe when several servers start at once.

use std::time::Duration;

use freehold_core::{Context, Error, Result};
use tokio_postgres::Client;

use crate::{Settings, error::from_driver};

/// How long the database may take to let us in. It may be starting, or far away.
const CONNECTED_WITHIN: Duration = Duration::from_secs(10);

/// One forward change of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its place within its set, from 1, without gaps.
    pub number: i32,
    /// What it does, in snake_case.
    pub name: &'static str,
    /// One or several statements.
    pub sql: &'static str,
}

/// The migrations of one room or product, applied in order.
#[derive(Clone, Copy, Debug)]
pub struct MigrationSet {
    /// The room's or product's name.
    pub name: &'static str,
    /// In order.
    pub migrations: &'static [Migration],
}

/// What [`Migrator::migrate`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    /// `set/0001_name` of each change that was applied now.
    pub applied: Vec<String>,
    /// How many had been applied before.
    pub known: usize,
}

/// Applies migrations. The settings' login must be allowed to create roles and schemas; requests are better served by
/// another login that may do neither.
pub struct Migrator {
    client: Client,
}

impl Migrator {
    /// Connects, and makes what every migration stands on: the roles, the schema `freehold` and the ledger. With
    /// `server_login`, a login of that name is made that may take on the roles of requests and nothing else.
    pub async fn connect(settings: &Settings, server_login: Option<&str>) -> Result<Self> {
        let migrator = Self { client: settings.connect(CONNECTED_WITHIN).await? };
        migrator.bootstrap(server_login).await?;
        Ok(migrator)
    }

    async fn bootstrap(&self, server_login: Option<&str>) -> Result<()> {
        let login = server_login.unwrap_or_default();
        if !login.chars().all(|letter| letter == '_' || letter.is_ascii_lowercase()) {
            return Err(Error::internal("the server's login is not a plain name"));
        }
        let sql = format!(
            "begin; set local lock_timeout = '60s'; set local freehold.server_login = '{login}';\n{}\ncommit;",
            include_str!("../migrations/bootstrap.sql")
        );
        self.client.batch_execute(&sql).await.map_err(from_driver).map_err(explain_rights)
    }

    /// Applies what has not been applied yet, in order. Several servers may do this at once: one works, the others
    /// wait and then find nothing left to do.
    pub async fn migrate(&mut self, sets: &[MigrationSet]) -> Result<Migrated> {
        let mut migrated = Migrated::default();
        for set in sets {
            for migration in set.migrations {
                if self.apply(set.name, migration).await? {
                    migrated.applied.push(format!("{}/{:04}_{}", set.name, migration.number, migration.name));
                } else {
                    migrated.known += 1;
                }
            }
        }
        Ok(migrated)
    }

    /// Whether it was applied now.
    async fn apply(&mut self, set: &str, migration: &Migration) -> Result<bool> {
        let checksum = checksum(migration.sql);
        let transaction = self.client.transaction().await.map_err(from_driver)?;
        transaction.batch_execute(LOCK).await.map_err(from_driver)?;
        let known = transaction
            .query_typed(FIND, &[(&set, postgres_types::Type::TEXT), (&migration.number, postgres_types::Type::INT4)])
            .await
            .map_err(from_driver)?;
        if let Some(row) = known.first() {
            let stored: String = row.try_get(0).context("reading the ledger")?;
            return if stored == checksum { Ok(false) } else { Err(changed(set, migration)) };
        }
        transaction.batch_execute(migration.sql).await.map_err(|error| failed(set, migration, error))?;
        transaction
            .query_typed(
                RECORD,
                &[
                    (&set, postgres_types::Type::TEXT),
                    (&migration.number, postgres_types::Type::INT4),
                    (&migration.name, postgres_types::Type::TEXT),
                    (&checksum, postgres_types::Type::TEXT),
                ],
            )
            .await
            .map_err(from_driver)?;
        transaction.commit().await.map_err(from_driver)?;
        tracing::debug!(set, number = migration.number, name = migration.name, "applied a migration");
        Ok(true)
    }
}

/// The lock lives in the transaction, so that it also holds behind a pooler in transaction mode. The number is
/// "freehold" in ASCII.
const LOCK: &str = "set local lock_timeout = '60s'; set local role freehold_owner; \
                    select pg_advisory_xact_lock(7382915044713950308)";
const FIND: &str = "select checksum from freehold.migrations where set_name = $1 and number = $2";
const RECORD: &str = "insert into freehold.migrations (set_name, number, name, checksum) values ($1, $2, $3, $4)";

pub(crate) fn checksum(sql: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, sql.as_bytes());
    digest.as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn changed(set: &str, migration: &Migration) -> Error {
    let Migration { number, name, .. } = migration;
    Error::internal(format!(
        "migration {set}/{number:04}_{name} was changed after it had been applied to this database; \
         undo the change and write a new migration instead"
    ))
}

fn failed(set: &str, migration: &Migration, error: tokio_postgres::Error) -> Error {
    let Migration { number, name, .. } = migration;
    let what = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
    from_driver(error).caused_by(format!("migration {set}/{number:04}_{name} failed and was rolled back: {what}"))
}

fn explain_rights(error: Error) -> Error {
    if crate::error::database_error(&error).is_some_and(|cause| cause.code().code() == "42501") {
        tracing::error!(
            "the login may not create roles or schemas; migrate with one that may (DATABASE_MIGRATION_URL), \
             for example the database's owner with CREATEROLE"
        );
    }
    error
}

/// Makes the database of this name where there is none. `settings` is another database of the same server.
pub async fn database_ensure(settings: &Settings, name: &str) -> Result<()> {
    let client = settings.connect(CONNECTED_WITHIN).await?;
    let found = client
        .query_typed("select from pg_catalog.pg_database where datname = $1", &[(&name, postgres_types::Type::TEXT)])
        .await
        .map_err(from_driver)?;
    if !found.is_empty() {
        return Ok(());
    }
    if !name.bytes().all(|letter| letter == b'_' || letter.is_ascii_lowercase() || letter.is_ascii_digit()) {
        return Err(Error::internal("the database's name is not a plain name"));
    }
    client.batch_execute(&format!("create database {name}")).await.map_err(from_driver)
}
