//! The database of a Supabase project, from which users are imported. It is read as the login itself, and nothing in it
//! is changed.

use std::time::Duration;

use freehold_core::Result;
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::{Query, Row, Settings, error::DriverResult, statements};

/// How long connecting may take: the database may have been paused.
const CONNECTED_WITHIN: Duration = Duration::from_secs(30);

statements! {
    /// Lists users, after this id.
    fn users(after: Uuid, rows: i64) -> (Value,) =
        "select to_jsonb(t) from auth.users as t where t.id > $1 order by t.id limit $2";

    /// Lists identities, which are sign-in methods, after this id.
    fn identities(after: Uuid, rows: i64) -> (Value,) =
        "select to_jsonb(t) from auth.identities as t where t.id > $1 order by t.id limit $2";

    /// Lists second factors, after this id.
    fn factors(after: Uuid, rows: i64) -> (Value,) =
        "select to_jsonb(t) from auth.mfa_factors as t where t.id > $1 order by t.id limit $2";
}

/// A table of Supabase Auth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthTable {
    /// `auth.users`.
    Users,
    /// `auth.identities`.
    Identities,
    /// `auth.mfa_factors`.
    Factors,
}

/// A connection to a project's database.
pub struct Foreign(Client);

impl Foreign {
    /// Connects.
    ///
    /// # Errors
    /// `unavailable` when the server does not answer, `internal` when it refuses the login.
    pub async fn connect(settings: &Settings) -> Result<Self> {
        let client = settings.connect(CONNECTED_WITHIN).await?;
        // Read-only, so that nothing is changed by mistake; the other settings make a row look the same for every
        // login.
        let safe = "set default_transaction_read_only = on; set timezone = 'UTC'; set row_security = off";
        client.batch_execute(safe).await.or_error()?;
        Ok(Self(client))
    }

    /// Returns rows of a table as JSON objects, in the order of their ids, after this id.
    pub async fn page(&self, table: AuthTable, after: Uuid, rows: i64) -> Result<Vec<Value>> {
        let query: Query<(Value,)> = match table {
            AuthTable::Users => users(after, rows),
            AuthTable::Identities => identities(after, rows),
            AuthTable::Factors => factors(after, rows),
        };
        let found =
            self.0.query_typed(query.statement.sql, &query.typed_params(&Timestamp::UNIX_EPOCH)).await.or_error()?;
        found.iter().map(|row| <(Value,)>::from_row(row).map(|(value,)| value)).collect()
    }
}
