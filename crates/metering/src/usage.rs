//! Usage of levels and counters. There are two ways to use something, both exact under concurrency:
//!
//! - [`usage_record`] for an action within this transaction: it counts when the transaction commits;
//! - [`usage_reserve`], then [`usage_commit`] or [`usage_release`], for an action that ends later: it counts when the
//!   action succeeds, and a reservation whose action never ends expires.

mod store;

use freehold_catalog::{Limit, MeterKind, Plan, Product};
use freehold_core::{Caller, Error, Result, TenantId, codes};
use freehold_db::{Db, TenantTx, row};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::plan::Entitlements;

/// Most totals per batch of the sweep.
const SWEPT: i32 = 100;

/// What a caller may use of a meter now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Id of the meter.
    pub meter: String,
    /// Start of the current period, UTC; 1970 for levels.
    pub period_start: Timestamp,
    /// End of the current period, UTC; none for levels.
    pub period_end: Option<Timestamp>,
    /// The limit for the period, in the meter's unit; none for unlimited.
    pub at_most: Option<i64>,
    plan: String,
    plan_name: String,
    describes: String,
    granted_by: GrantedBy,
}

/// What sets a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GrantedBy {
    /// The organization's plan; another plan may include more.
    Plan,
    /// The settings of the server, for every organization.
    Server,
}

/// The seats that a plan includes. Each member and each open invitation takes one.
#[derive(Clone, Debug)]
pub struct Seats(Option<Allowance>);

impl Seats {
    /// Succeeds when `taken` seats are within the limit; otherwise `quota_exceeded`.
    pub fn admit(&self, taken: i64) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |allowance| allowance.admit(taken))
    }
}

row! {
    struct Outcome {
        outcome: String,
        used: i64,
    }
}

/// What a meter counts. Rate limits have no usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = MeterKind)]
pub enum UsageKind {
    /// What exists now.
    Level,
    /// What happens in a period.
    Counter,
}

/// The usage of a meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Id of the meter.
    pub meter: String,
    /// Display name of the meter.
    pub name: String,
    /// Whether the meter counts what exists now, or what happens in a period.
    pub kind: UsageKind,
    /// Usage in the current period, in the meter's unit.
    pub used: i64,
    /// Usage reserved for running actions, in the meter's unit.
    pub reserved: i64,
    /// The limit, in the meter's unit; none for unlimited.
    pub limit: Option<i64>,
    /// The limit as a text, such as `500 calls a month`.
    pub allowance: String,
    /// End of the current period, UTC; none for levels.
    pub period_end: Option<Timestamp>,
}

impl Entitlements {
    /// What the caller may use of a level or counter now.
    pub async fn allowance(&self, db: &Db, caller: &Caller, meter: &str) -> Result<Allowance> {
        let now = db.clock().now();
        let plan = self.plan(db, caller.plan()).await?;
        let limit = self.limit_in(&plan, meter)?;
        let limit = match self.is_unlimited() {
            true => limit,
            false => self.overrides().of(db, caller).await?.limit(self.product(), meter, limit),
        };
        Ok(allowance(self.product(), &plan, meter, limit, now))
    }

    /// The same for the meter that counts members; none: the product does not limit them.
    pub async fn seats(&self, db: &Db, caller: &Caller) -> Result<Seats> {
        let Some(meter) = self.product().members_meter() else { return Ok(Seats(None)) };
        Ok(Seats(Some(self.allowance(db, caller, &meter.id).await?)))
    }
}

fn allowance(product: &Product, plan: &Plan, meter: &str, limit: Limit, now: Timestamp) -> Allowance {
    let found = product.meter(meter);
    let period = found.and_then(|meter| limit.period(meter));
    Allowance {
        meter: meter.to_owned(),
        period_start: period.map_or(Timestamp::UNIX_EPOCH, |period| period.start_of(now)),
        period_end: period.map(|period| period.end_of(now)),
        at_most: limit.amount(),
        plan: plan.id.clone(),
        plan_name: plan.name.clone(),
        describes: found.map_or_else(|| meter.to_owned(), |meter| limit.describe(meter)),
        granted_by: GrantedBy::Plan,
    }
}

/// Records usage of `quantity` in this transaction, if the limit allows it; returns the new usage. The same `event`
/// counts once. A negative quantity reduces a level. After an error the transaction must not be committed.
pub async fn usage_record(tx: &mut TenantTx, allowance: &Allowance, event: Uuid, quantity: i64) -> Result<i64> {
    let Allowance { meter, period_start, at_most, .. } = allowance;
    let answer = tx.fetch_one(store::usage_record(event, meter, *period_start, quantity, *at_most)).await?;
    allowance.check(&answer)
}

/// Records usage of one for each of these events, like [`usage_record`] in one round trip. After [`usage_room`] in the
/// same transaction the caller knows that they fit.
pub async fn usage_record_each(tx: &mut TenantTx, allowance: &Allowance, events: Vec<Uuid>) -> Result<()> {
    let Allowance { meter, period_start, at_most, .. } = allowance;
    let answers = tx.fetch_all(store::usage_record_each(events, meter, *period_start, *at_most)).await?;
    answers.iter().try_for_each(|answer| allowance.check(answer).map(drop))
}

/// Reserves `quantity` for an action that begins now and ends before `until`.
pub async fn usage_reserve(
    tx: &mut TenantTx,
    allowance: &Allowance,
    reservation: Uuid,
    quantity: i64,
    until: Timestamp,
) -> Result<i64> {
    let Allowance { meter, period_start, at_most, .. } = allowance;
    let query = store::usage_reserve(reservation, meter, *period_start, quantity, *at_most, until);
    let answer = tx.fetch_one(query).await?;
    allowance.check(&answer)
}

/// Turns a reservation into usage of `quantity`, after its action succeeded. `period_start` is that of the reservation,
/// so that a call which begins on the last of the month counts in that month.
pub async fn usage_commit(
    tx: &mut TenantTx,
    meter: &str,
    period_start: Timestamp,
    reservation: Uuid,
    quantity: i64,
) -> Result<i64> {
    Ok(tx.fetch_one(store::usage_commit(reservation, meter, period_start, quantity)).await?.used)
}

/// Releases a reservation, after its action failed. Returns whether there was one.
pub async fn usage_release(tx: &mut TenantTx, meter: &str, period_start: Timestamp, reservation: Uuid) -> Result<bool> {
    Ok(tx.fetch_one(store::usage_release(reservation, meter, period_start)).await?.0)
}

/// How much can still be used in the period; none for unlimited. The total stays locked until the transaction ends, so
/// a caller that uses several can see beforehand how many fit.
pub async fn usage_room(tx: &mut TenantTx, allowance: &Allowance) -> Result<Option<i64>> {
    let Allowance { meter, period_start, at_most, .. } = allowance;
    let (mut used,) = tx.fetch_one(store::usage_lock(meter, *period_start)).await?;
    let Some(at_most) = *at_most else { return Ok(None) };
    if used >= at_most {
        tx.fetch_all(store::usage_expire(meter, *period_start)).await?;
        (used,) = tx.fetch_one(store::usage_lock(meter, *period_start)).await?;
    }
    Ok(Some((at_most - used).max(0)))
}

/// Lets a reservation expire now, because the program of its action has ended, in a system transaction. Until it is
/// released it counts, unless it stands in the way of another action.
pub async fn usage_reservation_end(db: &Db, tenant: TenantId, reservation: Uuid) -> Result<()> {
    let end = store::reservation_end(tenant, reservation);
    db.system("end a reservation whose action was abandoned").execute(end).await.map(drop)
}

/// Releases the expired reservations of every tenant, in all periods.
pub async fn usage_sweep(db: &Db) -> Result<()> {
    loop {
        let swept = db.system("release expired reservations").fetch_optional(store::usage_sweep(SWEPT)).await?;
        if swept.is_none_or(|(totals,)| totals == 0) {
            return Ok(());
        }
    }
}

/// The caller's usage of every level and counter of the product.
pub async fn usage_list(db: &Db, entitlements: &Entitlements, caller: &Caller) -> Result<Vec<Usage>> {
    let now = db.clock().now();
    let plan = entitlements.plan(db, caller.plan()).await?;
    let totals = db.tenant(caller).fetch_all(store::total_list()).await?;
    let product = entitlements.product();
    let own = match entitlements.is_unlimited() {
        true => None,
        false => Some(entitlements.overrides().of(db, caller).await?),
    };
    let meters = product.meters.iter().filter_map(|meter| {
        let limit = entitlements.limit_in(&plan, &meter.id).ok()?;
        let limit = own.as_ref().map_or(limit, |own| own.limit(product, &meter.id, limit));
        let kind = match meter.kind {
            MeterKind::Level => UsageKind::Level,
            MeterKind::Counter { .. } => UsageKind::Counter,
            MeterKind::Rate { .. } => return None,
        };
        let allowance = allowance(product, &plan, &meter.id, limit, now);
        let total = totals.iter().find(|total| total.meter == meter.id && total.period_start == allowance.period_start);
        Some(Usage {
            meter: meter.id.clone(),
            name: meter.name.clone(),
            kind,
            used: total.map_or(0, |total| total.used),
            reserved: total.map_or(0, |total| total.reserved),
            limit: allowance.at_most,
            allowance: allowance.describes,
            period_end: allowance.period_end,
        })
    });
    Ok(meters.collect())
}

row! {
    struct TotalRow {
        meter: String,
        period_start: Timestamp,
        used: i64,
        reserved: i64,
    }
}

/// Sentences about totals that differ from their ledger. There should be none; `freehold doctor` checks it.
pub async fn usage_drift(db: &Db) -> Result<Vec<String>> {
    let rows = db.system("check usage totals").fetch_all(store::drift_list()).await?;
    Ok(rows
        .into_iter()
        .map(|(tenant, meter, used, ledger)| format!("tenant {tenant}: {meter} says {used}, its ledger {ledger}"))
        .collect())
}

impl Allowance {
    /// What the server lets every organization use of a level that no plan limits. `what` is the limit as a text, such
    /// as `1 GB of files`. No meter of the product may have the id `meter`.
    pub fn of_server(meter: &str, at_most: Option<i64>, what: String, caller: &Caller) -> Self {
        let plan = caller.plan().id.clone();
        Self {
            meter: meter.to_owned(),
            period_start: Timestamp::UNIX_EPOCH,
            period_end: None,
            at_most,
            plan_name: plan.clone(),
            plan,
            describes: what,
            granted_by: GrantedBy::Server,
        }
    }

    /// The error for a caller for whom [`usage_room`] found nothing left.
    #[must_use]
    pub fn exhausted(&self) -> Error {
        self.exceeded(self.at_most.unwrap_or(i64::MAX))
    }

    /// Succeeds when `exist` things that Freehold counts by itself are within the limit; otherwise `quota_exceeded`,
    /// which reports the usage without the one to create.
    pub fn admit(&self, exist: i64) -> Result<()> {
        match self.at_most {
            Some(at_most) if exist > at_most => Err(self.exceeded(exist - 1)),
            _ => Ok(()),
        }
    }

    /// What can still be used after this usage, in the meter's unit; none for unlimited.
    pub fn remaining(&self, used: i64) -> Option<i64> {
        self.at_most.map(|limit| limit.saturating_sub(used).max(0))
    }

    fn check(&self, answer: &Outcome) -> Result<i64> {
        match answer.outcome.as_str() {
            "exceeded" => Err(self.exceeded(answer.used)),
            _ => Ok(answer.used),
        }
    }

    fn exceeded(&self, used: i64) -> Error {
        let limit = self.at_most.unwrap_or(i64::MAX);
        let message = match self.granted_by {
            GrantedBy::Plan => format!(
                "The plan {} includes {}, and {used} of {limit} are used. Upgrade to go on{}.",
                self.plan_name,
                self.describes,
                if self.period_start == Timestamp::UNIX_EPOCH { ", or delete what you no longer need" } else { "" },
            ),
            GrantedBy::Server => format!(
                "This server allows each organization {}, and {used} of {limit} are used. Delete what you no longer need.",
                self.describes
            ),
        };
        Error::new(codes::QUOTA_EXCEEDED, message).with_limit(freehold_core::Limit {
            meter: self.meter.clone(),
            limit,
            used,
            plan: self.plan.clone(),
        })
    }
}
