//! Deletes expired records in small batches, so that no table of sign-in grows forever and no request waits for the
//! sweep.

mod store;

use freehold_core::Result;
use freehold_db::{Db, Query};
use jiff::{SignedDuration, Timestamp};

pub use store::STATEMENTS;

use crate::{
    Base,
    key::days::{DAYS, key_days_sweep},
    limit::limit_sweep,
};

/// How long ended records are kept, so that a late client is told that it is too late, and not that the record never
/// existed.
const GRACE: SignedDuration = SignedDuration::from_hours(24);
/// How long the requests of an API key on a day are kept.
const KEY_DAYS: SignedDuration = SignedDuration::from_hours(24 * DAYS);
/// Most batches of one table, of a thousand rows each. The next sweep continues.
const ROUNDS: usize = 100;

/// Numbers of deleted rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Sign-ins in progress.
    pub flows: u64,
    /// Links and codes of mails.
    pub tokens: u64,
    /// Sessions that have ended.
    pub sessions: u64,
    /// Challenges of second factors and passkeys.
    pub challenges: u64,
    /// Entries of the users' audit log.
    pub audit_entries: u64,
    /// Users who never signed in.
    pub people: u64,
    /// Counts of attempts, and known network addresses.
    pub limits: u64,
    /// Days of API keys.
    pub key_days: u64,
}

/// Deletes expired records, and those that the operator's settings allow to delete.
pub async fn sweep(base: &Base) -> Result<Swept> {
    let auth = &base.settings.auth;
    let limits = limit_sweep(&base.db).await?;
    let key_days = table(&base.db, KEY_DAYS, key_days_sweep).await?;
    if base.settings.supabase.project.is_some() {
        // Users sign in at a project, which keeps its own tables.
        return Ok(Swept { limits, key_days, ..Swept::default() });
    }
    let ended = SignedDuration::from_mins(auth.code_minutes).saturating_add(GRACE);
    let mut swept = Swept {
        flows: table(&base.db, ended, store::flow_sweep).await?,
        tokens: table(&base.db, ended, store::token_sweep).await?,
        sessions: rounds(&base.db, store::session_sweep).await?,
        challenges: table(&base.db, GRACE, store::challenge_sweep).await?
            + table(&base.db, GRACE, store::passkey_challenge_sweep).await?,
        limits,
        key_days,
        ..Swept::default()
    };
    if let Some(idle) = hours(auth.sessions.idle_hours) {
        swept.sessions += table(&base.db, idle.saturating_add(GRACE), store::session_sweep_idle).await?;
    }
    if let Some(life) = hours(auth.sessions.lifetime_hours) {
        swept.sessions += table(&base.db, life.saturating_add(GRACE), store::session_sweep_old).await?;
    }
    if let Some(kept) = hours(i64::from(auth.sweep.audit_days) * 24) {
        swept.audit_entries = table(&base.db, kept, store::audit_sweep).await?;
    }
    if let Some(kept) = hours(i64::from(auth.sweep.unconfirmed_days) * 24) {
        swept.people = table(&base.db, kept, store::unconfirmed_sweep).await?;
    }
    Ok(swept)
}

/// This many hours; none for 0: forever.
fn hours(number: i64) -> Option<SignedDuration> {
    (number > 0).then(|| SignedDuration::from_secs(number.saturating_mul(3600)))
}

/// Sweeps rows older than `age` from one table.
async fn table(db: &Db, age: SignedDuration, query: fn(Timestamp) -> Query<()>) -> Result<u64> {
    let before = db.clock().now().saturating_sub(age).unwrap_or(Timestamp::MIN);
    rounds(db, || query(before)).await
}

async fn rounds(db: &Db, query: impl Fn() -> Query<()>) -> Result<u64> {
    let mut swept = 0;
    for _ in 0..ROUNDS {
        match db.system("delete expired rows of sign-in").execute(query()).await? {
            0 => break,
            some => swept += some,
        }
    }
    Ok(swept)
}
