//! Keeps payments in step with the members. For prices per member, the quantity at Stripe follows the number of
//! members, whichever of the two changed. A subscription whose tenant has no members left, because users were deleted,
//! ends with the paid period.

mod store;

use freehold_core::{Result, TenantId};
use freehold_db::SystemTx;
use freehold_jobs::{Backoff, Done, Job, JobKind, NewJob, job_enqueue_system};
use serde_json::json;

pub use store::STATEMENTS;

use crate::{
    Billing,
    stripe::request::SubscriptionUpdate,
    subscription::{Subscription, counting, subscription_list_of},
};

/// Job: updates the quantity at Stripe. A trigger on `freehold.members` also enqueues it, under this name.
pub const SEATS: JobKind =
    JobKind { attempts: 15, at_once: Some(1), backoff: Backoff::USUAL, ..JobKind::named("billing.seats") };

/// A change at Stripe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Sets the quantity.
    Pay(i64),
    /// Ends the subscription with the paid period.
    End,
}

/// The change for the subscription `paid` of a tenant with this many `members`; none: nothing to do.
fn step(paid: &Subscription, members: i64) -> Option<Step> {
    if members == 0 {
        return (!paid.ends_unrenewed()).then_some(Step::End);
    }
    (paid.per_member && paid.seats != members).then_some(Step::Pay(members))
}

/// Enqueues [`SEATS`] if the quantity does not match the members.
pub(crate) async fn see_to(
    tx: &mut SystemTx,
    billing: &Billing,
    tenant: TenantId,
    counts: Option<&Subscription>,
) -> Result<()> {
    let now = tx.now();
    let Some(paid) = counts.filter(|each| each.is_running()) else { return Ok(()) };
    let (members,) = tx.fetch_one(store::member_count(tenant)).await?;
    if step(paid, members).is_none() {
        return Ok(());
    }
    let job = NewJob::now(billing.ids.next(), &SEATS, json!({}), now);
    job_enqueue_system(tx, Some(tenant), job).await.map(drop)
}

/// Number of members to pay for; at least one.
pub(crate) async fn seats_needed(billing: &Billing, tenant: TenantId) -> Result<i64> {
    let query = store::member_count(tenant);
    let found = billing.db.system("count paid seats").fetch_optional(query).await?;
    Ok(found.map_or(1, |(members,)| members.max(1)))
}

/// Runs [`SEATS`].
pub(crate) async fn seats_follow(billing: &Billing, job: &Job) -> Result<Done> {
    let Some(tenant) = job.tenant else { return Ok(Done::Done) };
    let mut tx = billing.db.system("count paid seats").begin().await?;
    let (members,) = tx.fetch_one(store::member_count(tenant)).await?;
    let subscriptions = subscription_list_of(&mut tx, tenant).await?;
    tx.commit().await?;
    let Some(paid) = counting(&subscriptions).filter(|each| each.is_running()) else { return Ok(Done::Done) };
    match step(paid, members) {
        None => return Ok(Done::Done),
        Some(Step::Pay(seats)) => {
            billing.stripe.subscription_item_quantity(&paid.subscription_id, &paid.item_id, seats).await?;
        }
        Some(Step::End) => {
            let update = SubscriptionUpdate { cancel_at_period_end: Some(true), ..SubscriptionUpdate::default() };
            billing.stripe.subscription_update(&paid.subscription_id, &update, None).await?;
        }
    }
    billing.refresh(tenant).await?;
    Ok(Done::Done)
}
