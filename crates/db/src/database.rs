//! The database, as the other crates use it.

use std::{
    borrow::Cow,
    fmt::Write,
    pin::pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use deadpool_postgres::{Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod, Status};
use freehold_core::{Actor, Caller, Clock, Context, Error, Ids, Result, UserId};

use crate::{
    Origin, PoolSettings, Query, Row, Scope, Settings, StatementCache,
    connection::Connection,
    error::{WritesAllowed, crowded, explain_refusal, from_pool, unreached},
    health::Health,
    pulse::Pulse,
    refusal::Refusal,
    roles::RoleNames,
    send::is_outdated,
    shares::{Full, Party, Shares},
    transaction::{Flight, SystemTx, TenantTx, Transaction},
};

/// How long a transaction may wait for its next statement, in milliseconds. A client that takes longer is dead or cut
/// off by the network. Postgres would notice that only after hours, and would keep the client's locks until then.
const ABANDONED_AFTER: u32 = 5_000;

/// The database. Cheap to clone. There are two ways to use it, and both set a role that sees no more than it should:
/// [`tenant`](Self::tenant) for everything that belongs to a tenant, [`system`](Self::system) for work that is done
/// before the tenant is known (such as sign-in) or across tenants.
#[derive(Clone)]
pub struct Db {
    pool: Pool,
    shares: Arc<Shares>,
    pulse: Arc<Pulse>,
    ids: Ids,
    wait: Duration,
    timeout: Duration,
    cache: StatementCache,
    /// The role names, read from the first connection to a migrated database.
    names: Arc<OnceLock<RoleNames>>,
}

impl Db {
    /// Creates the pool. It connects at the first query. Transactions take their time and new ids from `ids`.
    pub fn new(settings: &Settings, ids: Ids) -> Result<Self> {
        // `Fast` resets nothing when a connection is returned. Nothing needs a reset: every setting is LOCAL to a
        // transaction, and a transaction that did not end properly is ended before its connection is returned (see
        // `transaction.rs`), or the connection is closed.
        let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(settings.config.clone(), settings.connector()?, config);
        // The connection that was returned last is used next: its backend's caches are warm, and only few of the
        // backends grow large.
        let pool = Pool::builder(manager).max_size(settings.pool.connections).queue_mode(QueueMode::Lifo).build();
        let pool = pool.context("making the pool")?;
        let pulse = Arc::new(Pulse::new(settings.clone(), pool.clone()));
        let shares = Shares::new(settings.pool.connections);
        let PoolSettings { wait, statement_timeout: timeout, statement_cache: cache, .. } = settings.pool;
        Ok(Self { pool, shares, pulse, ids, wait, timeout, cache, names: Arc::default() })
    }

    /// The clock of its transactions.
    pub fn clock(&self) -> &Clock {
        self.ids.clock()
    }

    /// The source of ids of its transactions.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// The rows of the caller's tenant. There is no other way to reach them.
    pub fn tenant<'a>(&'a self, caller: &'a Caller) -> Tenant<'a> {
        Tenant { db: self, party: Party::of(caller), opening: self.tenant_opening(caller), caller }
    }

    /// Rows that belong to no tenant or to all of them: sign-in, finding the tenant of a key, maintenance jobs.
    /// `reason` says in a few words why; the list of all reasons is a snapshot in the tests.
    pub fn system(&self, reason: &'static str) -> System<'_> {
        System { db: self, party: Party::System(reason, 0), opening: self.system_opening(reason) }
    }

    /// Succeeds when the database answers.
    pub async fn ping(&self) -> Result<()> {
        let flight = Flight::new(self.client(Party::System("ping", 0)).await?);
        let answer = self.pulse.answer(pin!(flight.ping())).await?;
        flight.landed();
        answer.map_err(|error| self.pulse.failed(error))
    }

    /// Runs a query as the login itself, before any role is set. It reads no row of a tenant.
    pub(crate) async fn inspect<R: Row>(&self, query: Query<R>) -> Result<Vec<R>> {
        let flight = Flight::new(self.client(Party::System("inspect the server", 0)).await?);
        let answer = self.pulse.answer(pin!(flight.alone(&query, self.clock().now()))).await??;
        flight.landed();
        let (rows, _) = answer.map_err(|error| self.pulse.failed(error))?;
        rows.iter().map(R::from_row).collect()
    }

    /// The recorded health of the database.
    pub(crate) fn health(&self) -> &Health {
        &self.pulse.health
    }

    /// How many connections exist, and how many of them are idle.
    pub fn connections(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size, status.available)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that takes a connection; callers get a role with it")]
    async fn client(&self, party: Party) -> Result<Connection> {
        let connection = async {
            let permit = self.shares.acquire(party).await.map_err(|Full| self.exhausted(party))?;
            let object = self.pool.get().await.map_err(|error| from_pool(self.pulse.settings(), error))?;
            Ok(Connection::new(object, permit))
        };
        // The pool has one time limit for a free slot and another for a new connection; this is one limit for both.
        tokio::time::timeout(self.wait, connection).await.map_err(|_| self.exhausted(party))?
    }

    fn exhausted(&self, party: Party) -> Error {
        let Status { max_size, size, available, .. } = self.pool.status();
        let load = self.shares.load(party);
        let why = format!(
            "no connection to the database within {} s for {party:?}, which holds {} and waits {} times; of {max_size} \
             connections there are {size}, {} are held and {available} idle",
            self.wait.as_secs(),
            load.held,
            load.waiting,
            load.all_held
        );
        match party {
            // There is no connection at all, so the cause is the database and not its load.
            _ if size == 0 => unreached(Refusal::unanswered(self.pulse.settings(), self.wait)),
            // The tenant waits for its own requests or jobs.
            Party::Requests(_) | Party::Work(_) if load.held > 0 => crowded(why),
            _ => unreached(why),
        }
    }

    /// Every value here is a UUID, a number or a constant of ours: no text of a caller becomes part of the SQL.
    fn tenant_opening(&self, caller: &Caller) -> String {
        let role = if caller.is_read_only() { "freehold_readonly" } else { "freehold_app" };
        let tenant = caller.tenant();
        let mut claims =
            format!(r#"{{"role":"authenticated","tenant_id":"{tenant}","tenant_role":"{}""#, caller.role().name());
        // Writing to a String cannot fail.
        let _ = match caller.actor() {
            Actor::User { user, session } => write!(claims, r#","sub":"{user}","session_id":"{session}"}}"#),
            Actor::Key { key, .. } => write!(claims, r#","key_id":"{key}"}}"#),
            Actor::Service { key } => write!(claims, r#","service_key_id":"{key}"}}"#),
            Actor::Operator(impersonator) => write!(claims, r#","operator_id":"{}"}}"#, impersonator.operator),
            Actor::System { .. } => write!(claims, "}}"),
        };
        let timeout = self.timeout.as_millis();
        let patience = self.patience();
        format!(
            "begin; set local role {role}; set local freehold.tenant_id = '{tenant}'; \
             set local request.jwt.claims = '{claims}'; set local statement_timeout = {timeout}; \
             set local lock_timeout = {patience}"
        )
    }

    /// How long a transaction waits for a locked row, in milliseconds. Meanwhile it holds a connection of its share, so
    /// this is shorter than the time that others wait for a connection.
    fn patience(&self) -> u128 {
        (self.wait * 3 / 4).as_millis().max(1)
    }

    fn system_opening(&self, reason: &'static str) -> String {
        let (timeout, patience) = (self.timeout.as_millis(), self.patience());
        let reason: String = reason.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == ' ').collect();
        format!(
            "begin; set local role freehold_system; set local freehold.reason = '{reason}'; \
             set local statement_timeout = {timeout}; set local lock_timeout = {patience}"
        )
    }

    /// Sends `begin`, the settings, the statement and `commit` together, in one round trip. A request that is dropped
    /// meanwhile has either committed or is rolled back by the server, so no setting outlives it.
    async fn one_flight<R>(
        &self,
        party: Party,
        opening: &str,
        query: &Query<R>,
    ) -> Result<(Vec<tokio_postgres::Row>, u64)> {
        let (mut cache, now) = (self.cache, self.clock().now());
        loop {
            let client = self.client(party).await?;
            let opening = self.name_roles(&client, opening).await?;
            let flight = Flight::new(client);
            let (opened, answer, committed) =
                self.pulse.answer(pin!(flight.fly(&opening, query, now, cache))).await??;
            flight.landed();
            opened.map_err(|error| self.pulse.failed(error))?;
            if cache == StatementCache::On && answer.as_ref().is_err_and(is_outdated) {
                cache = StatementCache::Off;
                continue;
            }
            let answer = answer.map_err(|error| self.pulse.failed(error))?;
            committed.map_err(|error| self.pulse.failed(error))?;
            return Ok(answer);
        }
    }

    async fn begin(&self, party: Party, opening: &str, behind: Option<UserId>) -> Result<Transaction> {
        // Only in this form can a transaction stay open while no statement runs. Changes with an audit entry have it,
        // too, so only it says where the work comes from.
        let origin = Origin::setting(behind);
        let opening = format!("{opening}; set local idle_in_transaction_session_timeout = {ABANDONED_AFTER}{origin}");
        let client = self.client(party).await?;
        let opening = Arc::from(self.name_roles(&client, &opening).await?.as_ref());
        Ok(Transaction::new(client, opening, self.pulse.clone(), self.ids.clone(), self.cache))
    }

    /// The opening statements with the role names of this installation.
    async fn name_roles<'a>(&self, client: &Connection, opening: &'a str) -> Result<Cow<'a, str>> {
        if let Some(names) = self.names.get() {
            return Ok(names.rewrite(opening));
        }
        // Before the first migration there is no name to remember, because the migration decides the names.
        let found = self.pulse.answer(pin!(RoleNames::of_schema(client))).await??;
        Ok(found.map_or(Cow::Borrowed(opening), |names| self.names.get_or_init(|| names).rewrite(opening)))
    }
}

/// The rows of one tenant: one statement at a time, each in a transaction and round trip of its own, or several
/// statements in one transaction with [`begin`](Self::begin).
pub struct Tenant<'a> {
    db: &'a Db,
    party: Party,
    opening: String,
    caller: &'a Caller,
}

impl Tenant<'_> {
    /// Returns all rows of the result.
    pub async fn fetch_all<R: Row, S: Scope>(&self, query: Query<R, S>) -> Result<Vec<R>> {
        let (rows, _) = self.one_flight(query).await?;
        rows.iter().map(R::from_row).collect()
    }

    /// Returns the row of the result, if there is one.
    pub async fn fetch_optional<R: Row, S: Scope>(&self, query: Query<R, S>) -> Result<Option<R>> {
        let (rows, _) = self.one_flight(query).await?;
        rows.first().map(R::from_row).transpose()
    }

    /// Runs the statement and returns how many rows it changed.
    pub async fn execute<S: Scope>(&self, query: Query<(), S>) -> Result<u64> {
        Ok(self.one_flight(query).await?.1)
    }

    /// Begins a transaction for several statements, to read, decide, write and commit.
    pub async fn begin(&self) -> Result<TenantTx> {
        Ok(TenantTx::new(self.db.begin(self.party, &self.opening, self.caller.behind()).await?, self.caller.clone()))
    }

    async fn one_flight<R, S: Scope>(&self, query: Query<R, S>) -> Result<(Vec<tokio_postgres::Row>, u64)> {
        self.db
            .one_flight(self.party, &self.opening, &query.of(self.caller.tenant()))
            .await
            .map_err(|error| explain_refusal(error, WritesAllowed::of(self.caller)))
    }
}

/// Rows that belong to no tenant, or to all of them.
pub struct System<'a> {
    db: &'a Db,
    party: Party,
    opening: String,
}

impl System<'_> {
    /// The same work for this origin. Origins take turns, so that many requests from one network do not delay the
    /// others.
    #[must_use]
    pub fn of(self, origin: u64) -> Self {
        let party = match self.party {
            Party::System(reason, _) => Party::System(reason, origin),
            tenant => tenant,
        };
        Self { party, ..self }
    }

    /// Returns all rows of the result.
    pub async fn fetch_all<R: Row>(&self, query: Query<R>) -> Result<Vec<R>> {
        let (rows, _) = self.db.one_flight(self.party, &self.opening, &query).await?;
        rows.iter().map(R::from_row).collect()
    }

    /// Returns the row of the result, if there is one.
    pub async fn fetch_optional<R: Row>(&self, query: Query<R>) -> Result<Option<R>> {
        let (rows, _) = self.db.one_flight(self.party, &self.opening, &query).await?;
        rows.first().map(R::from_row).transpose()
    }

    /// Runs the statement and returns how many rows it changed.
    pub async fn execute(&self, query: Query<()>) -> Result<u64> {
        Ok(self.db.one_flight(self.party, &self.opening, &query).await?.1)
    }

    /// Begins a transaction for several statements.
    pub async fn begin(&self) -> Result<SystemTx> {
        Ok(SystemTx::new(self.db.begin(self.party, &self.opening, None).await?))
    }
}
