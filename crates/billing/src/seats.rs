//! What is paid follows who is there. Prices for each member: the number at Stripe follows the number of members, up and down,
//! whoever changed either of them. And where nobody is left, because people were deleted, nothing is paid any longer than it is
//! paid already.

mod store;

use freehold_core::{Result, TenantId};
use freehold_db::SystemTx;
use freehold_jobs::{Backoff, Done, Job, JobKind, NewJob, job_enqueue_system};
use jiff::Timestamp;
use serde_json::json;

pub use store::STATEMENTS;

use crate::{
    Billing,
    stripe::request::SubscriptionUpdate,
    subscription::{Subscription, counting, subscription_list_of},
};

/// Brings the number at Stripe in step. Also enqueued by a trigger on `freehold.members`, under this name.
pub const SEATS: JobKind =
    JobKind { attempts: 15, at_once: Some(1), backoff: Backoff::USUAL, ..JobKind::named("billing.seats") };

/// What Stripe is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// So many are paid for.
    Pay(i64),
    /// It ends with the period that is paid.
    End,
}

/// What is to be done about what is `paid`, with so many `members`; none: nothing.
fn step(paid: &Subscription, members: i64) -> Option<Step> {
    if members == 0 {
        return (!paid.ends_unrenewed()).then_some(Step::End);
    }
    (paid.per_member && paid.seats != members).then_some(Step::Pay(members))
}

/// Enqueues [`SEATS`] where what is paid is not what the members make it.
pub(crate) async fn see_to(
    tx: &mut SystemTx,
    billing: &Billing,
    tenant: TenantId,
    counts: Option<&Subscription>,
    now: Timestamp,
) -> Result<()> {
    let Some(paid) = counts.filter(|each| each.is_running()) else { return Ok(()) };
    let (members,) = tx.fetch_one(store::member_count(tenant)).await?;
    if step(paid, members).is_none() {
        return Ok(());
    }
    let job = NewJob::now(billing.ids.next(), &SEATS, json!({}), now);
    job_enqueue_system(tx, Some(tenant), job, now).await.map(drop)
}

/// How many members a tenant has; at least one is paid for.
pub(crate) async fn seats_needed(billing: &Billing, tenant: TenantId) -> Result<i64> {
    let query = store::member_count(tenant);
    let found = billing.db.system("count members who are paid for").fetch_optional(query).await?;
    Ok(found.map_or(1, |(members,)| members.max(1)))
}

/// Does [`SEATS`].
pub(crate) async fn seats_follow(billing: &Billing, job: &Job) -> Result<Done> {
    let Some(tenant) = job.tenant else { return Ok(Done::Done) };
    let mut tx = billing.db.system("count members who are paid for").begin().await?;
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
