//! The database as the rest of the house sees it.

use std::{fmt::Write, pin::pin, sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, QueueMode, RecyclingMethod, Status};
use freehold_core::{Actor, Caller, Error, Result, Standing, codes};

use crate::{
    PoolSettings, Query, Row, Settings, StatementCache,
    error::{database_error, from_driver, from_pool, unreached},
    pulse::Pulse,
    send::is_outdated,
    tls,
    transaction::{Flight, SystemTx, TenantTx, Transaction},
};

/// How long a transaction may wait for its next statement, in milliseconds. Who takes longer is cut off from Postgres by
/// the network or dead, and Postgres, which hears of neither for hours, would keep his locks for him.
const ABANDONED_AFTER: u32 = 5_000;

/// The database. Cheap to clone. There are two ways in, and both set a role that cannot see more than it should:
/// [`tenant`](Self::tenant) for everything that belongs to a tenant, [`system`](Self::system) for what does not yet
/// (who is this, which tenant, whose turn).
#[derive(Clone)]
pub struct Db {
    pool: Pool,
    pulse: Arc<Pulse>,
    wait: Duration,
    timeout: Duration,
    cache: StatementCache,
}

impl Db {
    /// Prepares the pool. Connects when first asked.
    pub fn new(settings: &Settings) -> Result<Self> {
        // `Fast` resets nothing when a connection comes back. Nothing needs resetting: whatever we set is LOCAL to a
        // transaction, and a transaction that did not end properly ends before its connection returns (see
        // `transaction.rs`), or the connection is thrown away.
        let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(settings.config.clone(), tls::connector(&settings.tls)?, config);
        // The connection that came back last goes out next: its backend's caches are warm, and of many it is few that grow.
        let pool = Pool::builder(manager).max_size(settings.pool.connections).queue_mode(QueueMode::Lifo).build();
        let pool = pool.map_err(Error::internal)?;
        let pulse = Arc::new(Pulse::new(settings.clone(), pool.clone()));
        let PoolSettings { wait, statement_timeout: timeout, statement_cache: cache, .. } = settings.pool;
        Ok(Self { pool, pulse, wait, timeout, cache })
    }

    /// The rows of the caller's tenant. This is the only way to them.
    pub fn tenant(&self, caller: &Caller) -> Tenant<'_> {
        Tenant { db: self, opening: self.tenant_opening(caller), standing: caller.standing() }
    }

    /// What belongs to no tenant, or to all: sign-in, looking up who a key belongs to, sweeps. `reason` says in a few
    /// words why; the list of all reasons is a snapshot in the tests.
    pub fn system(&self, reason: &'static str) -> System<'_> {
        System { db: self, opening: self.system_opening(reason) }
    }

    /// Nothing, when the database answers.
    pub async fn ping(&self) -> Result<()> {
        let flight = Flight::new(self.client().await?);
        let answer = self.pulse.answer(pin!(flight.ping())).await?;
        flight.landed();
        answer.map_err(from_driver)
    }

    /// How many connections exist, and how many of them wait for work.
    pub fn connections(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size, status.available)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that takes a connection; callers get a role with it")]
    pub(crate) async fn client(&self) -> Result<Object> {
        // The pool's own limits would be one for a place in it, and another for a new connection.
        let client = tokio::time::timeout(self.wait, self.pool.get()).await;
        client.map_err(|_| self.exhausted())?.map_err(from_pool)
    }

    fn exhausted(&self) -> Error {
        let Status { max_size, size, available, waiting } = self.pool.status();
        unreached(format!(
            "no connection to the database within {} s; of {max_size} there are {size}, {available} of them idle, and \
             {waiting} requests wait",
            self.wait.as_secs()
        ))
    }

    /// Every value here is a UUID, a number or a word of ours: nothing a caller wrote is put into the text.
    fn tenant_opening(&self, caller: &Caller) -> String {
        let role = match caller.standing() {
            Standing::Good => "freehold_app",
            Standing::Suspended | Standing::Archived => "freehold_readonly",
        };
        let tenant = caller.tenant();
        let mut claims =
            format!(r#"{{"role":"authenticated","tenant_id":"{tenant}","tenant_role":"{}""#, caller.role().name());
        // Writing to a String cannot fail.
        let _ = match caller.actor() {
            Actor::User { user, session } => write!(claims, r#","sub":"{user}","session_id":"{session}"}}"#),
            Actor::Key { key, .. } => write!(claims, r#","key_id":"{key}"}}"#),
            Actor::System { .. } => write!(claims, "}}"),
        };
        let timeout = self.timeout.as_millis();
        format!(
            "begin; set local role {role}; set local freehold.tenant_id = '{tenant}'; \
             set local request.jwt.claims = '{claims}'; set local statement_timeout = {timeout}"
        )
    }

    fn system_opening(&self, reason: &'static str) -> String {
        let timeout = self.timeout.as_millis();
        let reason: String = reason.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == ' ').collect();
        format!(
            "begin; set local role freehold_system; set local freehold.reason = '{reason}'; \
             set local statement_timeout = {timeout}"
        )
    }

    /// One flight: `begin`, the settings, the statement and `commit` leave together, so a round trip to the server
    /// costs one round trip, and a request that is dropped on the way has already committed or will roll back by
    /// itself: no setting outlives it.
    async fn one_flight<R>(&self, opening: &str, query: &Query<R>) -> Result<(Vec<tokio_postgres::Row>, u64)> {
        let mut cache = self.cache;
        loop {
            let flight = Flight::new(self.client().await?);
            let (opened, answer, committed) = self.pulse.answer(pin!(flight.fly(opening, query, cache))).await??;
            flight.landed();
            opened.map_err(from_driver)?;
            if cache == StatementCache::On && answer.as_ref().is_err_and(is_outdated) {
                cache = StatementCache::Off;
                continue;
            }
            let answer = answer.map_err(from_driver)?;
            committed.map_err(from_driver)?;
            return Ok(answer);
        }
    }

    async fn begin(&self, opening: &str) -> Result<Transaction> {
        // Only here can a transaction stay open while nothing is under way.
        let opening = format!("{opening}; set local idle_in_transaction_session_timeout = {ABANDONED_AFTER}").into();
        Ok(Transaction::new(self.client().await?, opening, self.pulse.clone(), self.cache))
    }
}

/// The tenant's rows, one statement at a time, each in a transaction of its own (one flight); or several in one
/// with [`begin`](Self::begin).
pub struct Tenant<'a> {
    db: &'a Db,
    opening: String,
    standing: Standing,
}

impl Tenant<'_> {
    /// All rows of the answer.
    pub async fn fetch_all<R: Row>(&self, query: Query<R>) -> Result<Vec<R>> {
        let (rows, _) = self.one_flight(&query).await?;
        rows.iter().map(R::from_row).collect()
    }

    /// The row of the answer, if there is one.
    pub async fn fetch_optional<R: Row>(&self, query: Query<R>) -> Result<Option<R>> {
        let (rows, _) = self.one_flight(&query).await?;
        rows.first().map(R::from_row).transpose()
    }

    /// Runs the statement; how many rows it changed.
    pub async fn execute(&self, query: Query<()>) -> Result<u64> {
        Ok(self.one_flight(&query).await?.1)
    }

    /// Looks, decides, writes, commits: several statements in one transaction.
    pub async fn begin(&self) -> Result<TenantTx> {
        Ok(TenantTx::new(self.db.begin(&self.opening).await?, self.standing))
    }

    async fn one_flight<R>(&self, query: &Query<R>) -> Result<(Vec<tokio_postgres::Row>, u64)> {
        self.db.one_flight(&self.opening, query).await.map_err(|error| explain_suspension(error, self.standing))
    }
}

/// A suspended tenant's writes fail in the database itself; its members are told why.
pub(crate) fn explain_suspension(error: Error, standing: Standing) -> Error {
    let (code, message) = match standing {
        Standing::Good => return error,
        Standing::Suspended => (
            codes::SUBSCRIPTION_SUSPENDED,
            "The organization is suspended: reading and exporting work, changing does not.",
        ),
        Standing::Archived => (codes::ORGANIZATION_ARCHIVED, Standing::ARCHIVED_MESSAGE),
    };
    let denied = database_error(&error).is_some_and(|cause| cause.code().code() == "42501");
    if denied { Error::new(code, message).caused_by(error) } else { error }
}

/// What belongs to no tenant, or to all.
pub struct System<'a> {
    db: &'a Db,
    opening: String,
}

impl System<'_> {
    /// All rows of the answer.
    pub async fn fetch_all<R: Row>(&self, query: Query<R>) -> Result<Vec<R>> {
        let (rows, _) = self.db.one_flight(&self.opening, &query).await?;
        rows.iter().map(R::from_row).collect()
    }

    /// The row of the answer, if there is one.
    pub async fn fetch_optional<R: Row>(&self, query: Query<R>) -> Result<Option<R>> {
        let (rows, _) = self.db.one_flight(&self.opening, &query).await?;
        rows.first().map(R::from_row).transpose()
    }

    /// Runs the statement; how many rows it changed.
    pub async fn execute(&self, query: Query<()>) -> Result<u64> {
        Ok(self.db.one_flight(&self.opening, &query).await?.1)
    }

    /// Several statements in one transaction.
    pub async fn begin(&self) -> Result<SystemTx> {
        Ok(SystemTx::new(self.db.begin(&self.opening).await?))
    }
}
