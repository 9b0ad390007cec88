//! The interactive form of a transaction: look, decide, write, commit.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use deadpool_postgres::Object;
use freehold_core::{Error, Result};
use futures_util::{TryStreamExt, future::join};

use crate::{Query, Row, database::explain_suspension, error::from_driver};

/// How long an abandoned transaction may take to roll back before its connection is thrown away.
const ROLLBACK_WITHIN: Duration = Duration::from_secs(2);

/// A transaction that ends when [`commit`](TenantTx::commit) says so, and is rolled back when dropped before.
///
/// A request may be dropped at any moment (its client hung up), in the middle of a statement too. The role and the
/// tenant are still set on the connection then, so the connection does not return to the pool before a `rollback`
/// behind everything that was sent has been answered; if that takes too long it is thrown away.
pub struct Transaction {
    client: Option<Object>,
    /// `begin` and the settings; sent together with the first statement.
    opening: Option<Arc<str>>,
    /// A statement failed: Postgres will roll back whatever `commit` says.
    failed: bool,
    suspended: bool,
}

impl Transaction {
    pub(crate) fn new(client: Object, opening: Arc<str>) -> Self {
        Self { client: Some(client), opening: Some(opening), failed: false, suspended: false }
    }

    /// All rows of the answer.
    pub async fn fetch_all<R: Row>(&mut self, query: Query<R>) -> Result<Vec<R>> {
        let (rows, _) = self.run(&query).await?;
        rows.iter().map(R::from_row).collect()
    }

    /// The row of the answer, if there is one.
    pub async fn fetch_optional<R: Row>(&mut self, query: Query<R>) -> Result<Option<R>> {
        let (rows, _) = self.run(&query).await?;
        rows.first().map(R::from_row).transpose()
    }

    /// The one row of the answer; none is a fault of ours.
    pub async fn fetch_one<R: Row>(&mut self, query: Query<R>) -> Result<R> {
        let name = query.statement.name;
        self.fetch_optional(query).await?.ok_or_else(|| Error::internal(format!("{name} answered no row")))
    }

    /// Runs the statement; how many rows it changed.
    pub async fn execute(&mut self, query: Query<()>) -> Result<u64> {
        Ok(self.run(&query).await?.1)
    }

    async fn run<R>(&mut self, query: &Query<R>) -> Result<(Vec<tokio_postgres::Row>, u64)> {
        let Some(client) = &self.client else { return Err(Error::internal("the transaction has ended")) };
        let answer = match self.opening.take() {
            Some(opening) => {
                // Polled in this order: `begin` is on the wire before the statement.
                let (opened, answer) = join(client.batch_execute(&opening), client.send(query)).await;
                opened.and(answer)
            }
            None => client.send(query).await,
        };
        answer.map_err(|error| {
            self.failed = true;
            explain_suspension(from_driver(error), self.suspended)
        })
    }

    async fn commit(&mut self) -> Result<()> {
        if self.failed {
            return Err(Error::internal("commit after a statement of the transaction had failed"));
        }
        if self.opening.is_some() {
            // Nothing was sent, so there is nothing to commit.
            return Ok(());
        }
        let Some(client) = &self.client else { return Err(Error::internal("the transaction has ended")) };
        client.batch_execute("commit").await.map_err(from_driver)?;
        // Ended in order: the connection may return as it is.
        self.opening = Some(Arc::from(""));
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        // `opening` is there before the first statement and after commit: no transaction is open.
        if self.opening.is_some() || client.is_closed() {
            return;
        }
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(roll_back(client));
            }
            Err(_) => drop(Object::take(client)),
        }
    }
}

/// Gives the connection back once the rollback is answered, throws it away otherwise.
async fn roll_back(client: Object) {
    let done = tokio::time::timeout(ROLLBACK_WITHIN, client.batch_execute("rollback")).await;
    if !matches!(done, Ok(Ok(()))) {
        drop(Object::take(client));
    }
}

/// The tenant's transaction: row-level security decides what exists in it.
pub struct TenantTx(Transaction);

impl TenantTx {
    pub(crate) fn new(mut inner: Transaction, suspended: bool) -> Self {
        inner.suspended = suspended;
        Self(inner)
    }

    /// Makes everything that was written lasting, all of it at once.
    pub async fn commit(mut self) -> Result<()> {
        self.0.commit().await
    }
}

/// A transaction of the system's: sign-in, lookups, sweeps.
pub struct SystemTx(Transaction);

impl SystemTx {
    pub(crate) fn new(inner: Transaction) -> Self {
        Self(inner)
    }

    /// Makes everything that was written lasting, all of it at once.
    pub async fn commit(mut self) -> Result<()> {
        self.0.commit().await
    }
}

impl Deref for TenantTx {
    type Target = Transaction;
    fn deref(&self) -> &Transaction {
        &self.0
    }
}
impl DerefMut for TenantTx {
    fn deref_mut(&mut self) -> &mut Transaction {
        &mut self.0
    }
}
impl Deref for SystemTx {
    type Target = Transaction;
    fn deref(&self) -> &Transaction {
        &self.0
    }
}
impl DerefMut for SystemTx {
    fn deref_mut(&mut self) -> &mut Transaction {
        &mut self.0
    }
}

/// Sends a query as an unnamed statement with its types: no prepare, so nothing that a pooler in transaction mode
/// could mix up, and no cache miss that would run after `commit`.
pub(crate) trait Send {
    async fn send<R>(&self, query: &Query<R>) -> Result<(Vec<tokio_postgres::Row>, u64), tokio_postgres::Error>;
}

impl Send for Object {
    async fn send<R>(&self, query: &Query<R>) -> Result<(Vec<tokio_postgres::Row>, u64), tokio_postgres::Error> {
        let stream = self.query_typed_raw(query.statement.sql, query.typed_params()).await?;
        let mut stream = std::pin::pin!(stream);
        let mut rows = Vec::new();
        while let Some(row) = stream.try_next().await? {
            rows.push(row);
        }
        Ok((rows, stream.rows_affected().unwrap_or_default()))
    }
}
