//! Processing the accounts that are due, because no webhook announces that a day is over.

use std::time::Duration;

use freehold_core::{Result, TenantId};
use freehold_jobs::{Done, Handler, JobKind, Schedule};
use jiff::Timestamp;
use uuid::Uuid;

use super::{settle, store};
use crate::{
    Billing,
    account::account_lock,
    subscription::{counting, subscription_list_of},
};

/// Job: processes the accounts that are due.
pub const SWEEP: JobKind =
    JobKind { at_once: Some(1), time_limit: Duration::from_mins(5), ..JobKind::named("billing.lifecycle") };

/// Runs every 30 seconds.
pub const SCHEDULE: Schedule = Schedule { name: SWEEP.name, every: Duration::from_secs(30), kind: &SWEEP };

/// Number of accounts read at once.
const PORTION: i64 = 100;

/// The result of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Number of accounts processed.
    pub settled: usize,
    /// Number of those whose plan or standing changed.
    pub changed: usize,
    /// Number of accounts that failed; they stay due.
    pub failed: usize,
}

/// The handler of [`SWEEP`].
pub fn handler(billing: Billing) -> Handler {
    Handler::with(&SWEEP, billing, |billing, _| async move { sweep(&billing).await.map(|_| Done::Done) })
}

/// Processes every due account, each in a transaction of its own. A failure does not stop the others, and an account
/// that another transaction has locked is skipped.
pub async fn sweep(billing: &Billing) -> Result<Swept> {
    let mut swept = Swept::default();
    let mut after = (Timestamp::UNIX_EPOCH, TenantId::new(Uuid::nil()));
    loop {
        let due = store::accounts_due(after.0, after.1, PORTION);
        let due = billing.db.system("find accounts that are due").fetch_all(due).await?;
        let Some((last, at)) = due.last() else { break };
        after = (*at, *last);
        for (tenant, _) in due {
            match settle_due(billing, tenant).await {
                Ok(None) => {}
                Ok(Some(changed)) => {
                    swept.settled += 1;
                    swept.changed += usize::from(changed);
                }
                Err(error) => {
                    swept.failed += 1;
                    tracing::error!(%tenant, "an account whose time has come was not looked at: {error:?}");
                }
            }
        }
    }
    if swept.changed > 0 {
        (billing.changed)();
    }
    if swept.settled > 0 {
        billing.nudge.nudge();
    }
    Ok(swept)
}

/// Processes one account; returns whether requests see something new. None: it is locked, or no longer due.
async fn settle_due(billing: &Billing, tenant: TenantId) -> Result<Option<bool>> {
    let mut tx = billing.db.system("advance a due account").begin().await?;
    if tx.fetch_optional(store::account_take(tenant)).await?.is_none() {
        return Ok(None);
    }
    let account = account_lock(&mut tx, billing, tenant).await?;
    let subscriptions = subscription_list_of(&mut tx, tenant).await?;
    let settled = settle(&mut tx, billing, &account, counting(&subscriptions)).await?;
    tx.commit().await?;
    Ok(Some(settled.changed))
}
