//! Requests of each key by day. A write for each request would cost more than most requests do, so each process counts
//! in memory and adds its counts to the table now and then. A process that is killed loses what it has not added.

mod store;

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use freehold_core::{ApiKeyId, Caller, Result, TenantId};
use freehold_db::{Db, Query, row};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub use store::STATEMENTS;

use super::key_get;

/// Number of days that are kept and shown, with today.
pub const DAYS: i64 = 90;
/// Seconds of a day, UTC.
const DAY: i64 = 86_400;

row! {
    /// The requests of a key on a day.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct KeyDay {
        /// Beginning of the day, UTC.
        pub day: Timestamp,
        /// Number of requests.
        pub requests: i64,
    }
}

/// Requests of the keys of a tenant, by key and day.
type Counts = BTreeMap<(Uuid, Timestamp), i64>;

/// What this process counted and has not added to the table.
#[derive(Debug, Default)]
pub struct KeyUses(Mutex<BTreeMap<TenantId, Counts>>);

impl KeyUses {
    /// Counts a request of a key.
    pub fn count(&self, tenant: TenantId, key: ApiKeyId, at: Timestamp) {
        self.add(tenant, [((key.uuid(), day_of(at)), 1)]);
    }

    fn add(&self, tenant: TenantId, counts: impl IntoIterator<Item = ((Uuid, Timestamp), i64)>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(tenant).or_default();
        for (place, requests) in counts {
            *known.entry(place).or_default() += requests;
        }
    }

    fn take(&self) -> BTreeMap<TenantId, Counts> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Adds what was counted to the table: one statement for each tenant. What cannot be added is counted on.
///
/// # Errors
/// `unavailable`; the first error, after all tenants were tried.
pub async fn key_days_add(db: &Db, uses: &KeyUses) -> Result<()> {
    let mut outcome = Ok(());
    for (tenant, counts) in uses.take() {
        let keys = counts.keys().map(|(key, _)| *key).collect();
        let days = counts.keys().map(|(_, day)| *day).collect();
        let add = store::key_days_add(tenant, keys, days, counts.values().copied().collect());
        if let Err(error) = db.system("add up requests of API keys").execute(add).await {
            uses.add(tenant, counts);
            outcome = outcome.and(Err(error));
        }
    }
    outcome
}

/// The requests of a key on each of the last 90 days, the oldest first; today is the last. The counts of the last
/// seconds are missing.
///
/// # Errors
/// `permission_denied`; `not_found`.
pub async fn key_days(db: &Db, caller: &Caller, id: ApiKeyId) -> Result<Vec<KeyDay>> {
    key_get(db, caller, id).await?;
    let today = day_of(db.clock().now());
    let day = |ago: i64| today.saturating_sub(SignedDuration::from_secs(ago * DAY)).unwrap_or(today);
    let found = db.tenant(caller).fetch_all(store::key_days(id, day(DAYS - 1))).await?;
    let found: BTreeMap<Timestamp, i64> = found.into_iter().map(|each| (each.day, each.requests)).collect();
    let requests = |day| KeyDay { day, requests: found.get(&day).copied().unwrap_or_default() };
    Ok((0..DAYS).rev().map(|ago| requests(day(ago))).collect())
}

/// Deletes a batch of days before `before`.
pub(crate) fn key_days_sweep(before: Timestamp) -> Query<()> {
    store::key_days_sweep(before)
}

/// The beginning of the day, UTC.
fn day_of(at: Timestamp) -> Timestamp {
    let begun = at.as_second() - at.as_second().rem_euclid(DAY);
    Timestamp::from_second(begun).unwrap_or(at)
}
