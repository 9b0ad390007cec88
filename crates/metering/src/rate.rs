//! Rate limits: a number of requests in a window, counted in the database for all servers together.

mod store;

use std::time::Duration;

use freehold_catalog::{Limit, Per};
use freehold_core::{Actor, Caller, Error, Result, codes};
use freehold_db::Db;
use jiff::Timestamp;
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::plan::Entitlements;

/// The remaining requests of a window, for the `RateLimit` headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Id of the meter.
    pub meter: String,
    /// Number of requests allowed in a window.
    pub limit: i64,
    /// Length of the window, in seconds.
    pub window_seconds: u32,
    /// Number of requests left in this window.
    pub remaining: i64,
    /// Seconds until the next window begins.
    pub reset_seconds: u32,
}

/// Counts this request against every rate limit of the caller's plan. Returns the tightest window for the headers, with
/// an error when a limit is exceeded. A plan without rate limits costs no query.
pub async fn rate_take(
    db: &Db,
    entitlements: &Entitlements,
    caller: &Caller,
    now: Timestamp,
) -> Result<(Option<Rate>, Result<()>)> {
    let product = entitlements.product();
    let mut tightest: Option<Rate> = None;
    for meter in &product.meters {
        if !matches!(meter.kind, freehold_catalog::MeterKind::Rate { .. }) {
            continue;
        }
        let limit = entitlements.limit(db, caller, &meter.id).await?;
        let Limit::Rate { amount, window, per } = limit else { continue };
        let Some(subject) = subject(caller, per) else { continue };
        let seconds = i64::from(window.seconds());
        let begun = now.as_second() - now.as_second().rem_euclid(seconds);
        let start = Timestamp::from_second(begun).unwrap_or(now);
        let length = i32::try_from(seconds).unwrap_or(i32::MAX);
        let query = store::rate_take(&meter.id, subject, start, amount, length);
        let taken = db.tenant(caller).fetch_optional(query).await?;
        let used = taken.map_or(1, |(used,)| used);
        let rate = Rate {
            meter: meter.id.clone(),
            limit: amount,
            window_seconds: window.seconds(),
            remaining: (amount - used).max(0),
            reset_seconds: u32::try_from(begun + seconds - now.as_second()).unwrap_or(1).max(1),
        };
        if used > amount {
            let wait = Duration::from_secs(rate.reset_seconds.into());
            let message = format!(
                "The plan {} allows {}. Retry after {} seconds.",
                caller.plan().id,
                limit.describe(meter),
                wait.as_secs()
            );
            return Ok((Some(rate), Err(Error::new(codes::RATE_LIMITED, message).with_retry_after(wait))));
        }
        if tightest.as_ref().is_none_or(|other| rate.remaining < other.remaining) {
            tightest = Some(rate);
        }
    }
    Ok((tightest, Ok(())))
}

/// The subject whose requests are added up; none when the rate does not apply to this caller.
fn subject(caller: &Caller, per: Per) -> Option<Uuid> {
    match (per, caller.actor()) {
        (Per::Key, Actor::Key { key, .. }) => Some(key.uuid()),
        (Per::User, Actor::User { user, .. }) => Some(user.uuid()),
        (Per::Tenant, _) => Some(caller.tenant().uuid()),
        _ => None,
    }
}
