//! Connects to the database outside of the pool: for questions about its login, and to test whether it answers.

use std::time::Duration;

use freehold_core::{Error, Result, codes};
use postgres_types::{ToSql, Type};
use tokio_postgres::Client;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    Settings,
    error::{DriverResult, from_connect, unreached},
    refusal::Refusal,
    tls,
};

/// How long the server may take to accept a login, outside of the pool.
const CONNECTED_WITHIN: Duration = Duration::from_secs(10);

impl Settings {
    /// The login's role as the server names it. Behind a pooler the login's name may hold more than the role.
    pub async fn role(&self) -> Result<String> {
        let rows = self.ask("select session_user::text", &[]).await?;
        let role = rows.first().map(|row| row.try_get(0)).transpose().or_error()?;
        role.ok_or_else(|| Error::internal("the server does not name the login that it let in"))
    }

    /// Whether the server has a role of this name.
    pub async fn has_role(&self, name: &str) -> Result<bool> {
        let named = "select from pg_catalog.pg_roles where rolname = $1";
        Ok(!self.ask(named, &[(&name, Type::TEXT)]).await?.is_empty())
    }

    /// Runs a query over a connection of its own, within the time limit for connecting.
    async fn ask(&self, sql: &str, params: &[(&(dyn ToSql + Sync), Type)]) -> Result<Vec<tokio_postgres::Row>> {
        let asked = async { self.connect(CONNECTED_WITHIN).await?.query_typed(sql, params).await.or_error() };
        let answer = tokio::time::timeout(CONNECTED_WITHIN, asked).await;
        answer.map_err(|_| unreached(Refusal::unanswered(self, CONNECTED_WITHIN)))?
    }

    /// The TLS connector, or why there is none.
    pub(crate) fn connector(&self) -> Result<MakeRustlsConnect> {
        tls::connector(&self.tls).map_err(|error| {
            let advice = self.setting.map_or_else(String::new, |setting| format!(" Correct sslrootcert in {setting}."));
            let hosts = self.hosts();
            let what = format!("the certificates for Postgres at {hosts} cannot be read: {}.{advice}", error.message());
            Error::new(codes::VALIDATION_FAILED, what)
        })
    }

    /// Makes a connection of its own within this time. Its background task ends with the client.
    pub(crate) async fn connect(&self, within: Duration) -> Result<Client> {
        // The driver's own limit covers only the network, not the time that the server takes.
        let connected = tokio::time::timeout(within, self.config.connect(self.connector()?)).await;
        let connected = connected.map_err(|_| unreached(Refusal::unanswered(self, within)))?;
        let (client, connection) = connected.map_err(|error| from_connect(self, error))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection of its own ended");
            }
        });
        Ok(client)
    }
}
