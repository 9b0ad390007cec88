//! Forgets what nobody needs any more, in small steps, so that no table of sign-in grows for ever and nobody waits for the
//! one who sweeps.

mod store;

use freehold_core::Result;
use freehold_db::Query;
use jiff::{SignedDuration, Timestamp};

pub use store::STATEMENTS;

use crate::{Identity, limit::limit_sweep};

/// How long what has ended is kept: whoever comes late is told that it is too late, and not that it never was.
const GRACE: SignedDuration = SignedDuration::from_hours(24);
/// Most rounds of one table, of a thousand rows each. What is left waits for the next time.
const ROUNDS: usize = 100;

/// How many rows of each kind were forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Sign-ins that were under way.
    pub flows: u64,
    /// Links and codes.
    pub tokens: u64,
    /// Sessions.
    pub sessions: u64,
    /// Challenges of second factors and passkeys.
    pub challenges: u64,
    /// What happened to people.
    pub audit_entries: u64,
    /// People who never came in.
    pub people: u64,
    /// Counts of guesses, and places.
    pub limits: u64,
}

/// Forgets what has ended, and what the operator lets be forgotten.
pub async fn sweep(identity: &Identity) -> Result<Swept> {
    let (auth, now) = (&identity.settings.auth, identity.clock.now());
    let limits = limit_sweep(identity).await?;
    if identity.settings.supabase.project.is_some() {
        // People sign in at a project, which keeps its own tables.
        return Ok(Swept { limits, ..Swept::default() });
    }
    let ended = SignedDuration::from_mins(auth.code_minutes).saturating_add(GRACE);
    let mut swept = Swept {
        flows: table(identity, ended, store::flow_sweep).await?,
        tokens: table(identity, ended, store::token_sweep).await?,
        sessions: rounds(identity, || store::session_sweep(now)).await?,
        challenges: table(identity, GRACE, store::challenge_sweep).await?
            + table(identity, GRACE, store::passkey_challenge_sweep).await?,
        limits,
        ..Swept::default()
    };
    if let Some(idle) = hours(auth.sessions.idle_hours) {
        swept.sessions += table(identity, idle.saturating_add(GRACE), store::session_sweep_idle).await?;
    }
    if let Some(life) = hours(auth.sessions.lifetime_hours) {
        swept.sessions += table(identity, life.saturating_add(GRACE), store::session_sweep_old).await?;
    }
    if let Some(kept) = hours(i64::from(auth.sweep.audit_days) * 24) {
        swept.audit_entries = table(identity, kept, store::audit_sweep).await?;
    }
    if let Some(kept) = hours(i64::from(auth.sweep.unconfirmed_days) * 24) {
        swept.people = table(identity, kept, store::unconfirmed_sweep).await?;
    }
    Ok(swept)
}

/// So many hours; none: for ever.
fn hours(number: i64) -> Option<SignedDuration> {
    (number > 0).then(|| SignedDuration::from_secs(number.saturating_mul(3600)))
}

/// Sweeps one table of what is older than `age`.
async fn table(identity: &Identity, age: SignedDuration, query: fn(Timestamp) -> Query<()>) -> Result<u64> {
    let before = identity.clock.now().saturating_sub(age).unwrap_or(Timestamp::MIN);
    rounds(identity, || query(before)).await
}

async fn rounds(identity: &Identity, query: impl Fn() -> Query<()>) -> Result<u64> {
    let mut swept = 0;
    for _ in 0..ROUNDS {
        match identity.db.system("sweep what has ended").execute(query()).await? {
            0 => break,
            some => swept += some,
        }
    }
    Ok(swept)
}
