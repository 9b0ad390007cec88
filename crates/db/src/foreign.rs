//! Somebody else's database, from which people move here: a Supabase project's. It is read as the login itself, and nothing
//! in it is changed.

use std::time::Duration;

use freehold_core::Result;
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::{Query, Row, Settings, error::DriverResult, statements};

/// How long connecting may take: the database may be asleep.
const CONNECTED_WITHIN: Duration = Duration::from_secs(30);

statements! {
    /// People, from behind this id on.
    fn users(after: Uuid, rows: i64) -> (Value,) =
        "select to_jsonb(t) from auth.users as t where t.id > $1 order by t.id limit $2";

    /// Ways in.
    fn identities(after: Uuid, rows: i64) -> (Value,) =
        "select to_jsonb(t) from auth.identities as t where t.id > $1 order by t.id limit $2";

    /// Second factors.
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
    /// `unavailable` when nobody answers, `internal` when the login is refused.
    pub async fn connect(settings: &Settings) -> Result<Self> {
        let client = settings.connect(CONNECTED_WITHIN).await?;
        // Nothing is changed by mistake, and what a row looks like does not depend on the login.
        let safe = "set default_transaction_read_only = on; set timezone = 'UTC'; set row_security = off";
        client.batch_execute(safe).await.or_error()?;
        Ok(Self(client))
    }

    /// Rows of a table as JSON objects, those behind this id, by their ids.
    pub async fn page(&self, table: AuthTable, after: Uuid, rows: i64) -> Result<Vec<Value>> {
        let query: Query<(Value,)> = match table {
            AuthTable::Users => users(after, rows),
            AuthTable::Identities => identities(after, rows),
            AuthTable::Factors => factors(after, rows),
        };
        let found = self.0.query_typed(query.statement.sql, &query.typed_params()).await.or_error()?;
        found.iter().map(|row| <(Value,)>::from_row(row).map(|(value,)| value)).collect()
    }
}
