//! Creating the schema: forward migrations embedded in the binary. Each is applied in a transaction of its own and
//! recorded with a checksum. Several servers may start at once.

use std::time::Duration;

use freehold_core::{Context, Error, Result, Secret};
use postgres_protocol::password::scram_sha_256;
use tokio_postgres::{Client, error::SqlState};

use crate::{
    Settings,
    error::{DriverResult, database_error, from_driver},
    roles::RoleNames,
};

/// How long connecting may take: the database may be starting, or far away.
const CONNECTED_WITHIN: Duration = Duration::from_secs(10);

/// How often the search for free role names is repeated.
const BOOTSTRAPS: u32 = 5;

/// One forward change of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its position within its set, from 1, without gaps.
    pub number: i32,
    /// What it does, in snake_case.
    pub name: &'static str,
    /// One or several SQL statements.
    pub sql: &'static str,
}

/// The migrations of one crate or product, applied in order.
#[derive(Clone, Copy, Debug)]
pub struct MigrationSet {
    /// The name of the crate or product.
    pub name: &'static str,
    /// The tables of the tenant plane, with their schema: their rows lie where their tenant's data lies. Every other table
    /// of the set belongs to the control plane, which is one for all tenants.
    pub tenant_tables: &'static [&'static str],
    /// The migrations, in order.
    pub migrations: &'static [Migration],
}

/// What [`Migrator::migrate`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    /// The migrations that were applied now, as `set/0001_name`.
    pub applied: Vec<String>,
    /// How many migrations had been applied before.
    pub known: usize,
}

/// Applies migrations. The login in the settings must be allowed to create roles and schemas; for requests, use another
/// login that may do neither.
pub struct Migrator {
    client: Client,
    names: RoleNames,
}

/// A login for requests, which may take on the roles of requests and no others.
#[derive(Clone, Debug)]
pub struct ServerLogin<'a> {
    /// The login's name, of any characters.
    pub name: &'a str,
    /// The password that a newly created login gets; none: no password.
    pub password: Option<&'a Secret>,
    /// Whether the server admits the login without a password.
    pub trusted: bool,
}

impl Migrator {
    /// Connects, and creates what every migration needs: the roles, the schema `freehold` and the table of applied
    /// migrations. The login `server_login` is created if it is missing, and may take on the roles of requests.
    pub async fn connect(settings: &Settings, server_login: Option<&str>) -> Result<Self> {
        Self::connect_with(settings, server_login.map(|name| ServerLogin { name, password: None, trusted: false }))
            .await
    }

    /// Like [`connect`](Self::connect), with a password for a login that is created.
    pub async fn connect_with(settings: &Settings, login: Option<ServerLogin<'_>>) -> Result<Self> {
        let mut client = settings.connect(CONNECTED_WITHIN).await?;
        let mut tries = 0;
        loop {
            tries += 1;
            match bootstrap(&mut client, login.as_ref()).await {
                Ok(names) => return Ok(Self { client, names }),
                // Meanwhile another database of the server took the role names that were free.
                Err(error) if tries < BOOTSTRAPS && is_duplicate(&error) => {}
                Err(error) => return Err(explain_rights(error)),
            }
        }
    }

    /// Applies the migrations that have not been applied yet, in order. When several servers call this at once, one
    /// works, and the others wait and then find nothing left to do.
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

    /// Applies a migration unless it was applied before. Returns whether it was applied now.
    async fn apply(&mut self, set: &str, migration: &Migration) -> Result<bool> {
        let (checksum, lock) = (checksum(migration.sql), self.names.rewrite(LOCK).into_owned());
        let transaction = self.client.transaction().await.or_error()?;
        transaction.batch_execute(&lock).await.or_error()?;
        let known = transaction
            .query_typed(FIND, &[(&set, postgres_types::Type::TEXT), (&migration.number, postgres_types::Type::INT4)])
            .await
            .or_error()?;
        if let Some(row) = known.first() {
            let stored: String = row.try_get(0).context("reading the ledger")?;
            return if stored == checksum { Ok(false) } else { Err(changed(set, migration)) };
        }
        // Notices, such as that a constraint renames its index, tell an operator nothing.
        transaction.batch_execute("set local client_min_messages = warning").await.or_error()?;
        let sql = self.names.rewrite(migration.sql);
        transaction.batch_execute(&sql).await.map_err(|error| failed(set, migration, error))?;
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
            .or_error()?;
        transaction.commit().await.or_error()?;
        tracing::debug!(set, number = migration.number, name = migration.name, "applied a migration");
        Ok(true)
    }
}

/// The lock belongs to the transaction, so that it also works behind a pooler in transaction mode. The number is
/// "freehold" in ASCII.
const LOCK: &str = "set local lock_timeout = '60s'; set local role freehold_owner; \
                    select pg_advisory_xact_lock(7382915044713950308)";
/// Servers of one database bootstrap one after the other.
const BOOTSTRAP_LOCK: &str = "set local lock_timeout = '60s'; select pg_advisory_xact_lock(7382915044713950308)";
const SET_LOGIN: &str =
    "select set_config('freehold.server_login', $1, true), set_config('freehold.server_verifier', $2, true)";
/// Whether the bootstrap created the login, whether it closed the database to other logins, and whether it should have
/// and could not.
const DONE: &str = "select coalesce(current_setting('freehold.server_login_made', true), '') = 'yes',
            coalesce(current_setting('freehold.closed', true), '') = 'yes',
            coalesce(current_setting('freehold.open', true), '') = 'yes'";
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

/// Creates roles, schema and the table of applied migrations where they are missing. Returns the names of the roles.
async fn bootstrap(client: &mut Client, login: Option<&ServerLogin<'_>>) -> Result<RoleNames> {
    let text = postgres_types::Type::TEXT;
    let transaction = client.transaction().await.or_error()?;
    transaction.batch_execute(BOOTSTRAP_LOCK).await.or_error()?;
    let name = login.map_or("", |login| login.name);
    // Only a hash of the password is sent to Postgres, because Postgres may log the statement.
    let password = login.and_then(|login| login.password).filter(|password| !password.expose().is_empty());
    let verifier = password.map(|password| scram_sha_256(password.expose().as_bytes())).unwrap_or_default();
    transaction.query_typed(SET_LOGIN, &[(&name, text.clone()), (&verifier, text)]).await.or_error()?;
    let names = RoleNames::decide(&transaction).await?;
    let sql = names.rewrite(include_str!("../migrations/bootstrap.sql")).into_owned();
    transaction.batch_execute(&sql).await.or_error()?;
    let done = transaction.query_typed(DONE, &[]).await.or_error()?;
    transaction.commit().await.or_error()?;
    if let Some(row) = done.first() {
        let said = |column: usize| row.try_get::<_, bool>(column).unwrap_or(false);
        let trusted = login.is_none_or(|login| login.trusted);
        say(name, !verifier.is_empty(), [said(0) && !trusted, said(1), said(2)]);
    }
    Ok(names)
}

/// Logs what was changed in the server itself, which an operator should read once.
fn say(login: &str, password: bool, [made, closed, open]: [bool; 3]) {
    match (made, password) {
        (true, true) => tracing::info!("created the login {login:?} with the password of DATABASE_URL"),
        (true, false) => tracing::warn!(
            "created the login {login:?} without a password, because DATABASE_URL has none; where Postgres asks for one, \
             set it with `alter role`"
        ),
        (false, _) => {}
    }
    if closed {
        tracing::info!(
            "another Freehold is in this Postgres server: only the logins of DATABASE_URL and DATABASE_MIGRATION_URL may \
             connect to this database from now on; grant connect to others that should"
        );
    }
    if open {
        tracing::warn!(
            "another Freehold is in this Postgres server, and every login may connect to this database: let its owner or a \
             superuser `revoke connect on database … from public`"
        );
    }
}

/// Whether the error says that an object which was missing a moment ago now exists.
fn is_duplicate(error: &Error) -> bool {
    database_error(error).is_some_and(|cause| matches!(cause.code().code(), "42710" | "23505"))
}

/// Replaces Postgres' short refusal by what the login lacks and what to do.
fn explain_rights(error: Error) -> Error {
    let refused = database_error(&error).filter(|said| *said.code() == SqlState::INSUFFICIENT_PRIVILEGE);
    let Some(said) = refused.map(ToString::to_string) else { return error };
    error.caused_by(format!(
        "the login may not create roles or schemas ({said}). Migrate with one that may, for example the database's owner \
         with CREATEROLE: name it in DATABASE_MIGRATION_URL"
    ))
}

/// Creates the database with this name if there is none. `settings` names another database of the same server.
pub async fn database_ensure(settings: &Settings, name: &str) -> Result<()> {
    let client = settings.connect(CONNECTED_WITHIN).await?;
    let found = client
        .query_typed("select from pg_catalog.pg_database where datname = $1", &[(&name, postgres_types::Type::TEXT)])
        .await
        .or_error()?;
    if !found.is_empty() {
        return Ok(());
    }
    let quoted = name.replace('"', "\"\"");
    client.batch_execute(&format!("create database \"{quoted}\"")).await.or_error()
}
