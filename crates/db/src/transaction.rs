//! Transactions of several statements: read, decide, write, commit.

use std::{
    ops::{Deref, DerefMut},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use freehold_core::{Caller, Error, Id, Ids, Result};
use futures_util::future::{join, join3};
use jiff::Timestamp;
use tokio_postgres::error::SqlState;

use crate::{
    Query, Row, Scope,
    connection::Connection,
    error::{WritesAllowed, explain_refusal},
    pulse::Pulse,
    send::{Answered, Answers, Sent, StatementCache, TOGETHER, fly, send, send_all},
};

/// How long an abandoned transaction may take to end before its connection is closed.
const SETTLED_WITHIN: Duration = Duration::from_secs(2);

/// A transaction, which [`commit`](TenantTx::commit) ends and which is rolled back when it is dropped before.
///
/// A request may be dropped at any moment, even in the middle of a statement, because its client closed the connection.
/// The role and the tenant are still set on the database connection then. So the connection is returned to the pool
/// only after a `rollback`, sent behind everything else, has been answered; if that takes too long it is closed.
pub struct Transaction {
    client: Option<Connection>,
    /// `begin` and the settings; they are sent together with the first statement.
    opening: Option<Arc<str>>,
    pulse: Arc<Pulse>,
    ids: Ids,
    /// When it began.
    now: Timestamp,
    cache: StatementCache,
    /// Whether a statement failed or its answer was not awaited: Postgres may roll back then, whatever `commit`
    /// answers.
    failed: bool,
    writes: WritesAllowed,
}

impl Transaction {
    pub(crate) fn new(
        client: Connection,
        opening: Arc<str>,
        pulse: Arc<Pulse>,
        ids: Ids,
        cache: StatementCache,
    ) -> Self {
        let (client, opening, now) = (Some(client), Some(opening), ids.clock().now());
        Self { client, opening, pulse, ids, now, cache, failed: false, writes: WritesAllowed::Yes }
    }

    /// The time at which the transaction began, which does not change. Statements declared with `; now` get it.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A new id.
    pub fn id<K>(&self) -> Id<K> {
        self.ids.next()
    }

    /// The source of new ids, for rules that need several.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// Returns all rows of the result.
    pub async fn fetch_all<R: Row>(&mut self, query: Query<R>) -> Result<Vec<R>> {
        let (rows, _) = self.run(&query).await?;
        rows.iter().map(R::from_row).collect()
    }

    /// Returns the row of the result, if there is one.
    pub async fn fetch_optional<R: Row>(&mut self, query: Query<R>) -> Result<Option<R>> {
        let (rows, _) = self.run(&query).await?;
        rows.first().map(R::from_row).transpose()
    }

    /// Returns the one row of the result; no row is an internal error.
    pub async fn fetch_one<R: Row>(&mut self, query: Query<R>) -> Result<R> {
        let name = query.statement.name;
        self.fetch_optional(query).await?.ok_or_else(|| Error::internal(format!("{name} answered no row")))
    }

    /// Runs the statement and returns how many rows it changed.
    pub async fn execute(&mut self, query: Query<()>) -> Result<u64> {
        Ok(self.run(&query).await?.1)
    }

    /// Returns all rows of two results, in one round trip.
    pub async fn fetch_both<R: Row, S: Row>(&mut self, one: Query<R>, other: Query<S>) -> Result<(Vec<R>, Vec<S>)> {
        let Some(client) = &self.client else { return Err(Error::internal("the transaction has ended")) };
        // Failed until both are answered.
        let failed = std::mem::replace(&mut self.failed, true);
        let opening = self.opening.take();
        let opened = open(client, opening.as_deref());
        let (first, second) = (send(client, &one, self.now, self.cache), send(client, &other, self.now, self.cache));
        let both = join3(opened, first, second);
        let (opened, one, other) = self.pulse.answer(pin!(both)).await?;
        let answers = match (opened, one, other) {
            (Ok(()), Ok(one), Ok(other)) => Ok((one, other)),
            (Err(error), _, _) | (_, Err(error), Ok(_)) | (_, Ok(_), Err(error)) => Err(error),
            (_, Err(one), Err(other)) => Err(if untried(&one) { other } else { one }),
        };
        let ((one, _), (other, _)) = answers.map_err(|error| explain_refusal(self.pulse.failed(error), self.writes))?;
        self.failed = failed;
        Ok((one.iter().map(R::from_row).collect::<Result<_>>()?, other.iter().map(S::from_row).collect::<Result<_>>()?))
    }

    /// Runs a few statements whose results are not needed. They are sent together, one after the other, in one round
    /// trip.
    pub async fn execute_all(&mut self, queries: &[Query<()>]) -> Result<()> {
        self.run_all(queries, false).await
    }

    async fn run_all(&mut self, queries: &[Query<()>], last: bool) -> Result<()> {
        let Some(client) = &self.client else { return Err(Error::internal("the transaction has ended")) };
        if queries.len() > TOGETHER {
            return Err(Error::internal(format!("{} statements are too many to leave together", queries.len())));
        }
        // Failed until all are answered.
        let failed = std::mem::replace(&mut self.failed, true);
        if last && failed {
            let message = "commit after a statement of the transaction had failed or was abandoned";
            return Err(Error::internal(message));
        }
        let opening = self.opening.take();
        let sent = async {
            open(client, opening.as_deref()).await?;
            send_all(client, queries, self.now, self.cache, last).await
        };
        let (answers, committed) = self.pulse.answer(pin!(sent)).await?.map_err(|error| self.pulse.failed(error))?;
        let error = answers.into_iter().filter_map(Result::err).min_by_key(untried);
        if let Some(error) = error.or(committed.err()) {
            return Err(explain_refusal(self.pulse.failed(error), self.writes));
        }
        self.failed = failed;
        if last {
            // The transaction has ended in order, so the connection can be returned as it is.
            self.opening = Some(Arc::from(""));
        }
        Ok(())
    }

    async fn run<R>(&mut self, query: &Query<R>) -> Result<(Vec<tokio_postgres::Row>, u64)> {
        let Some(client) = &self.client else { return Err(Error::internal("the transaction has ended")) };
        // Failed until it is answered.
        let failed = std::mem::replace(&mut self.failed, true);
        let opening = self.opening.take();
        // Polled in this order, so that `begin` is sent before the statement, or before it is prepared.
        let both = join(open(client, opening.as_deref()), send(client, query, self.now, self.cache));
        let (opened, answer) = self.pulse.answer(pin!(both)).await?;
        let answer = opened.and(answer).map_err(|error| explain_refusal(self.pulse.failed(error), self.writes))?;
        self.failed = failed;
        Ok(answer)
    }

    async fn commit(&mut self) -> Result<()> {
        if self.opening.is_some() && !self.failed {
            // No statement was sent, so there is nothing to commit.
            return Ok(());
        }
        self.run_all(&[], true).await
    }
}

/// Begins the transaction if it has not begun yet.
async fn open(client: &Connection, opening: Option<&str>) -> Answered<()> {
    match opening {
        Some(opening) => client.batch_execute(opening).await,
        None => Ok(()),
    }
}

/// Whether Postgres skipped the statement because an earlier one had failed.
fn untried(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION)
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        // `opening` is set before the first statement and after commit, so no transaction is open then.
        if self.opening.is_none() {
            settle(client, "rollback");
        }
    }
}

/// A connection with one transaction in one round trip on its way. When this is dropped the transaction ends by itself,
/// but the connection is busy until then, and the next user of the connection must not have to wait for that.
pub(crate) struct Flight(Option<Connection>);

impl Flight {
    pub(crate) fn new(client: Connection) -> Self {
        Self(Some(client))
    }

    /// Returns the answers to `begin` and the settings, to the statement, and to `commit`.
    pub(crate) async fn fly<R>(
        &self,
        opening: &str,
        query: &Query<R>,
        now: Timestamp,
        cache: StatementCache,
    ) -> Result<Answers> {
        let Some(client) = &self.0 else { return Err(Error::internal("the flight has landed")) };
        Ok(fly(client, opening, query, now, cache).await)
    }

    /// Returns the answer to a statement outside of any transaction.
    pub(crate) async fn alone<R>(&self, query: &Query<R>, now: Timestamp) -> Result<Sent> {
        let Some(client) = &self.0 else { return Err(Error::internal("the flight has landed")) };
        Ok(send(client, query, now, StatementCache::Off).await)
    }

    /// Returns the answer to an empty statement.
    pub(crate) async fn ping(&self) -> Answered<()> {
        match &self.0 {
            Some(client) => client.batch_execute("").await,
            None => Ok(()),
        }
    }

    /// Everything was answered, so the connection can be returned as it is.
    pub(crate) fn landed(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            // The statement may still be in preparation, with `commit` not yet sent. If no transaction is open, a
            // rollback does nothing.
            settle(client, "rollback");
        }
    }
}

/// Returns the connection to the pool once `last`, sent behind everything else, is answered; closes it otherwise.
fn settle(mut client: Connection, last: &'static str) {
    if client.is_closed() {
        return;
    }
    client.leave_task();
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => {
            runtime.spawn(async move {
                let done = tokio::time::timeout(SETTLED_WITHIN, client.batch_execute(last)).await;
                if !matches!(done, Ok(Ok(()))) {
                    client.discard();
                }
            });
        }
        Err(_) => client.discard(),
    }
}

/// A tenant's transaction: row-level security decides which rows are visible in it.
pub struct TenantTx {
    inner: Transaction,
    caller: Arc<Caller>,
}

/// As those of [`Transaction`], and for statements that get their tenant from the transaction, too.
impl TenantTx {
    pub(crate) fn new(mut inner: Transaction, caller: Caller) -> Self {
        inner.writes = WritesAllowed::of(&caller);
        Self { inner, caller: Arc::new(caller) }
    }

    /// Who acts in the transaction.
    pub fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// Returns all rows of the result.
    pub async fn fetch_all<R: Row, S: Scope>(&mut self, query: Query<R, S>) -> Result<Vec<R>> {
        self.inner.fetch_all(query.of(self.caller.tenant())).await
    }

    /// Returns the row of the result, if there is one.
    pub async fn fetch_optional<R: Row, S: Scope>(&mut self, query: Query<R, S>) -> Result<Option<R>> {
        self.inner.fetch_optional(query.of(self.caller.tenant())).await
    }

    /// Returns the one row of the result; no row is an internal error.
    pub async fn fetch_one<R: Row, S: Scope>(&mut self, query: Query<R, S>) -> Result<R> {
        self.inner.fetch_one(query.of(self.caller.tenant())).await
    }

    /// Runs the statement and returns how many rows it changed.
    pub async fn execute<S: Scope>(&mut self, query: Query<(), S>) -> Result<u64> {
        self.inner.execute(query.of(self.caller.tenant())).await
    }

    /// Commits the transaction.
    pub async fn commit(mut self) -> Result<()> {
        self.inner.commit().await
    }
}

/// A system transaction: for sign-in, look-ups and maintenance jobs.
pub struct SystemTx(Transaction);

impl SystemTx {
    pub(crate) fn new(inner: Transaction) -> Self {
        Self(inner)
    }

    /// Returns all rows of the result.
    pub async fn fetch_all<R: Row>(&mut self, query: Query<R>) -> Result<Vec<R>> {
        self.0.fetch_all(query).await
    }

    /// Returns the row of the result, if there is one.
    pub async fn fetch_optional<R: Row>(&mut self, query: Query<R>) -> Result<Option<R>> {
        self.0.fetch_optional(query).await
    }

    /// Returns the one row of the result; no row is an internal error.
    pub async fn fetch_one<R: Row>(&mut self, query: Query<R>) -> Result<R> {
        self.0.fetch_one(query).await
    }

    /// Runs the statement and returns how many rows it changed.
    pub async fn execute(&mut self, query: Query<()>) -> Result<u64> {
        self.0.execute(query).await
    }

    /// Runs these statements as [`execute_all`](Transaction::execute_all) does, and commits in the same round trip.
    pub async fn commit_with(mut self, queries: &[Query<()>]) -> Result<()> {
        self.0.run_all(queries, true).await
    }

    /// Commits the transaction.
    pub async fn commit(mut self) -> Result<()> {
        self.0.commit().await
    }
}

impl Deref for TenantTx {
    type Target = Transaction;
    fn deref(&self) -> &Transaction {
        &self.inner
    }
}
impl DerefMut for TenantTx {
    fn deref_mut(&mut self) -> &mut Transaction {
        &mut self.inner
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
