//! Limits that an operator set for one tenant, in place of those of its plan, for a time or until they are removed.

mod store;

use std::{sync::Arc, time::Duration};

use freehold_catalog::{Limit, Product};
use freehold_core::{Caller, Error, Result, TenantId, reason_check};
use freehold_db::{
    Db, SystemTx,
    audit::{EntryActor, NewEntry, audit_append_system},
    row,
};
use jiff::Timestamp;
use moka::future::Cache;
use serde_json::{Value, json};

pub use store::STATEMENTS;

use crate::meter::meter_known;

/// How long a tenant's overrides are used: within that time every server notices a change.
const BELIEVED: Duration = Duration::from_millis(500);
/// Largest limit, in the meter's unit.
pub const LARGEST: i64 = 1_000_000_000_000_000;

row! {
    /// A limit that an operator set.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LimitOverride {
        /// Id of the meter.
        pub meter: String,
        /// The limit, in the meter's unit; none for unlimited.
        pub at_most: Option<i64>,
        /// When the plan's limit applies again, UTC; none: once the override is removed.
        pub expires_at: Option<Timestamp>,
        /// Why the operator set it.
        pub reason: String,
        /// When the operator set it, UTC.
        pub set_at: Timestamp,
    }
}

/// A limit to set.
#[derive(Clone, Debug)]
pub struct NewOverride {
    /// Id of a level or counter of the product.
    pub meter: String,
    /// The limit, in the meter's unit; none for unlimited.
    pub at_most: Option<i64>,
    /// When the plan's limit applies again; none: once the override is removed.
    pub expires_at: Option<Timestamp>,
    /// Why, for the organization to read.
    pub reason: String,
}

/// The overrides of tenants, cached for half a second. Clones share the same memory.
#[derive(Clone)]
pub(crate) struct Overrides(Cache<TenantId, Arc<[LimitOverride]>>);

impl Default for Overrides {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_live(BELIEVED).build())
    }
}

impl Overrides {
    /// The overrides of the caller's tenant that apply now.
    pub(crate) async fn of(&self, db: &Db, caller: &Caller) -> Result<Applied> {
        let look_up = async { db.tenant(caller).fetch_all(store::override_list()).await.map(Arc::from) };
        let found = self.0.try_get_with(caller.tenant(), look_up).await;
        Ok(Applied { all: found.map_err(|error: Arc<Error>| error.shared())?, now: db.clock().now() })
    }

    /// Forgets all of them, after a change on this server.
    pub(crate) fn forget(&self) {
        self.0.invalidate_all();
    }
}

/// The overrides of a tenant, some of which may have expired.
pub(crate) struct Applied {
    all: Arc<[LimitOverride]>,
    now: Timestamp,
}

impl Applied {
    /// The limit of the plan, or the operator's in its place.
    pub(crate) fn limit(&self, product: &Product, meter: &str, of_plan: Limit) -> Limit {
        let runs = |each: &&LimitOverride| each.meter == meter && each.expires_at.is_none_or(|end| end > self.now);
        match (self.all.iter().find(runs), product.meter(meter)) {
            (Some(own), Some(meter)) => of_plan.with_amount(own.at_most, meter),
            _ => of_plan,
        }
    }
}

/// Sets a limit of a tenant, in place of an earlier one.
///
/// # Errors
/// `validation_failed` for an unknown meter, a limit below zero, an expiry that has passed, or no reason.
pub async fn limit_override_set(
    tx: &mut SystemTx,
    product: &Product,
    tenant: TenantId,
    new: NewOverride,
) -> Result<LimitOverride> {
    let NewOverride { meter, at_most, expires_at, reason } = new;
    let reason = reason_check(&reason)?;
    meter_known(product, &meter, "/meter")?;
    if at_most.is_some_and(|limit| !(0..=LARGEST).contains(&limit)) {
        return Err(Error::invalid("/limit", format!("expected 0 to {LARGEST}, or null for unlimited")));
    }
    if expires_at.is_some_and(|end| end <= tx.now()) {
        return Err(Error::invalid("/expires_at", "expected a time in the future, or null for no end"));
    }
    let before = tx.fetch_optional(store::override_find(tenant, &meter)).await?;
    let set = tx.fetch_one(store::override_set(tenant, &meter, at_most, expires_at, reason)).await?;
    let entry = NewEntry::new(tx.id(), "usage.limit_set", &meter)
        .detail(json!({ "meter": meter, "reason": reason }))
        .changed(values(before.as_ref()), values(Some(&set)));
    audit_append_system(tx, tenant, EntryActor::SYSTEM, entry).await?;
    Ok(set)
}

/// Removes the limit that an operator set: the plan's applies again. Returns whether there was one.
///
/// # Errors
/// `validation_failed` without a reason.
pub async fn limit_override_remove(tx: &mut SystemTx, tenant: TenantId, meter: &str, reason: &str) -> Result<bool> {
    let reason = reason_check(reason)?;
    let Some(before) = tx.fetch_optional(store::override_remove(tenant, meter)).await? else { return Ok(false) };
    let entry = NewEntry::new(tx.id(), "usage.limit_removed", meter)
        .detail(json!({ "meter": meter, "reason": reason }))
        .changed(values(Some(&before)), values(None));
    audit_append_system(tx, tenant, EntryActor::SYSTEM, entry).await?;
    Ok(true)
}

/// The limits that operators set for a tenant, the expired ones too, by their meters.
pub async fn limit_override_list(db: &Db, tenant: TenantId) -> Result<Vec<LimitOverride>> {
    db.system("list limits that operators set").fetch_all(store::override_list_of(tenant)).await
}

/// The limit in the audit; none: that of the plan.
fn values(set: Option<&LimitOverride>) -> Value {
    set.map_or_else(
        || json!({ "limit": "plan", "expires_at": null }),
        |set| json!({ "limit": set.at_most, "expires_at": set.expires_at }),
    )
}
