//! Extra subscriptions. A tenant should have one running subscription. It can have several: two pages were paid, or a
//! deal was made at Stripe beside a checkout. One is kept, the others are cancelled at once, and their payments are
//! refunded.
//!
//! The pure rule [`counting`] decides which one is kept, while the account is locked, and `record` stores the decision
//! before any other step. So two concurrent checks never cancel each other's choice. [`settle`] only executes what is
//! stored, so it may run twice, several times at once, or again after a crash: Stripe cancels once, each refund has an
//! idempotency key and a metadata mark, and the mail and the audit entry are written in the transaction that closes the
//! row.

mod refund;
mod store;

use freehold_core::{Money, Result, TenantId};
use freehold_db::{
    SystemTx,
    audit::{EntryActor, NewEntry, audit_append_system},
    row,
};
use freehold_jobs::{Backoff, Done, Job, JobKind, NewJob, job_enqueue_system};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

pub use store::STATEMENTS;

use crate::{
    Billing,
    account::account_lock,
    mail::BillingMail,
    stripe::{Kind, request::Cancellation},
    subscription::{Subscription, counting},
};

/// Job: cancels and refunds a tenant's extra subscriptions.
pub const EXTRA: JobKind =
    JobKind { attempts: 15, at_once: Some(1), backoff: Backoff::USUAL, ..JobKind::named("billing.extra") };

/// Template of the mail to owners and administrators.
const MAIL: &str = BillingMail::ExtraSubscription.name();
/// Action of the audit entry.
const ACTION: &str = "billing.extra_subscription_ended";
/// Action of the audit entry about a failed refund.
const REFUND_FAILED: &str = "billing.refund_failed";
/// For how long the refunds of an extra subscription are compared with Stripe.
const RECHECKED: SignedDuration = SignedDuration::from_hours(60 * 24);

row! {
    /// A subscription that ran beside the one that its tenant keeps.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ExtraSubscription {
        /// Id of the tenant.
        pub tenant_id: TenantId,
        /// Id of the subscription at Stripe: `sub_…`.
        pub subscription_id: String,
        /// Id of the subscription that is kept: `sub_…`.
        pub kept_id: String,
        /// When the kept subscription began.
        pub kept_since: Timestamp,
        /// `found`: to be cancelled; `cancelled`: to be refunded; `refunded`: done; `spared`: the subscription to keep
        /// had ended, so this one continues.
        pub state: String,
        /// Refunded amount, in the smallest unit of the currency.
        pub refunded: i64,
        /// A remark for operators to check; none: nothing to check.
        pub note: Option<String>,
        /// When the extra subscription was found.
        pub found_at: Timestamp,
        /// When it was settled; none: not yet.
        pub ended_at: Option<Timestamp>,
    }
}

/// The result of settling a tenant's extra subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// What was done, one sentence each.
    pub repaired: Vec<String>,
    /// What only an operator can do, one sentence each.
    pub strange: Vec<String>,
    /// Whether an extra subscription continues after all, so that Stripe must be asked again.
    pub(crate) spared: bool,
}

/// Records which of a tenant's subscriptions are extra, with the job that cancels them. The account must be locked.
pub(crate) async fn record(
    tx: &mut SystemTx,
    billing: &Billing,
    tenant: TenantId,
    found: &[Subscription],
) -> Result<()> {
    let now = tx.now();
    let mut running: Vec<Subscription> = found.iter().filter(|each| each.is_running()).cloned().collect();
    if running.len() < 2 {
        return Ok(());
    }
    let doomed = tx.fetch_all(store::extra_doomed(tenant)).await?;
    running.retain(|each| !doomed.iter().any(|(id,)| *id == each.subscription_id));
    let Some(kept) = counting(&running) else { return Ok(()) };
    let (kept_id, kept_since) = (kept.subscription_id.clone(), kept.created_at);
    let mut recorded = 0;
    for extra in running.iter().filter(|each| each.subscription_id != kept_id) {
        tracing::error!(%tenant, kept = kept_id, extra = extra.subscription_id, "a tenant has more than one subscription");
        recorded += tx.execute(store::extra_found(tenant, &extra.subscription_id, &kept_id, kept_since)).await?;
    }
    if recorded > 0 {
        let job = NewJob::now(billing.ids.next(), &EXTRA, json!({}), now);
        job_enqueue_system(tx, Some(tenant), job).await?;
    }
    Ok(())
}

/// Runs [`EXTRA`].
pub(crate) async fn extra_process(billing: &Billing, job: &Job) -> Result<Done> {
    if let Some(tenant) = job.tenant {
        let ended = settle(billing, tenant).await?;
        if ended != Ended::default() {
            billing.refresh(tenant).await?;
        }
    }
    Ok(Done::Done)
}

/// Cancels and refunds the recorded extra subscriptions of a tenant.
///
/// # Errors
/// `unavailable` when Stripe does not answer; a retry does not repeat completed steps.
pub async fn settle(billing: &Billing, tenant: TenantId) -> Result<Ended> {
    let mut ended = Ended::default();
    let open = store::extra_open(tenant);
    for extra in billing.db.system("end extra subscriptions").fetch_all(open).await? {
        let Some(extra) = cancelled(billing, extra).await? else {
            ended.spared = true;
            continue;
        };
        let refunded = refund::refund(billing, &extra).await?;
        if let Some(note) = &refunded.note {
            ended.strange.push(format!("tenant {tenant}: {}: {note}", extra.subscription_id));
        }
        if close(billing, &extra, &refunded).await? {
            let amount = Money { minor: refunded.amount, currency: billing.product.currency };
            ended.repaired.push(format!(
                "tenant {tenant}: {} ran beside {}; it was cancelled, and {amount} went back",
                extra.subscription_id, extra.kept_id
            ));
        }
    }
    Ok(ended)
}

/// The extra subscription once it is cancelled. None: the one that was to be kept has ended, so this one continues; or
/// another process has settled it.
///
/// While Stripe answers, another process may find that another subscription is to be kept. The decision is then made
/// again: one that was based on the former would leave a cancelled subscription recorded as spared.
async fn cancelled(billing: &Billing, mut extra: ExtraSubscription) -> Result<Option<ExtraSubscription>> {
    while extra.state == "found" {
        let state = cancel(billing, &extra).await?;
        let moved = store::extra_move(extra.tenant_id, &extra.subscription_id, &extra.kept_id, state);
        let Some(row) = billing.db.system("end extra subscriptions").fetch_optional(moved).await? else {
            return Ok(None);
        };
        extra = row;
    }
    Ok((extra.state == "cancelled").then_some(extra))
}

/// Cancels a found subscription at Stripe, unless the one to keep has ended. Returns its state.
async fn cancel(billing: &Billing, extra: &ExtraSubscription) -> Result<&'static str> {
    let id = &extra.subscription_id;
    let over = async |id: &str| {
        let found = billing.stripe.subscription_get(id).await?;
        Ok::<bool, freehold_core::Error>(found.is_none_or(|found| found.is_over()))
    };
    if over(id).await? {
        return Ok("cancelled");
    }
    if over(&extra.kept_id).await? {
        return Ok("spared");
    }
    let comment = format!("Ended by Freehold, and refunded: it ran beside {}", extra.kept_id);
    let cancellation = Cancellation { comment: Some(&comment), ..Cancellation::default() };
    match billing.stripe.subscription_cancel(id, cancellation).await {
        Err(error) if error.kind() != Kind::NotFound => Err(error.into()),
        _ => Ok("cancelled"),
    }
}

/// Closes the row, with the mail and the audit entry, once. Returns whether this call did it.
async fn close(billing: &Billing, extra: &ExtraSubscription, refunded: &refund::Refunded) -> Result<bool> {
    let (tenant, id) = (extra.tenant_id, &extra.subscription_id);
    let mut tx = billing.db.system("end extra subscriptions").begin().await?;
    account_lock(&mut tx, billing, tenant).await?;
    let closing = store::extra_close(tenant, id, refunded.amount, refunded.note.as_deref());
    let Some((plan,)) = tx.fetch_optional(closing).await? else { return Ok(false) };
    let money = Money { minor: refunded.amount, currency: billing.product.currency };
    let detail = json!({
        "subscription": id,
        "kept": extra.kept_id,
        "refunded": refunded.amount,
        "currency": billing.product.currency,
        "note": refunded.note,
    });
    let entry = NewEntry::new(tx.id(), ACTION, id).detail(detail);
    audit_append_system(&mut tx, tenant, EntryActor::SYSTEM, entry).await?;
    let (product, site) = (&billing.product, &billing.site_url);
    let data = json!({
        "product_name": product.name,
        "site_url": site,
        "link": format!("{site}/billing"),
        "plan": product.plan(&plan).map_or(plan.as_str(), |plan| plan.name.as_str()),
        "until": null,
        "became": null,
        "amount": (refunded.amount > 0).then(|| money.to_string()),
    });
    tx.fetch_one(store::notify(tenant, &format!("{MAIL}/{id}"), MAIL, data)).await?;
    tx.commit().await?;
    tracing::error!(%tenant, extra = id, kept = extra.kept_id, refunded = %money, "an extra subscription was ended");
    billing.nudge.nudge();
    Ok(true)
}

/// Compares the refunds of the last [`RECHECKED`] with Stripe: a bank may reject one days after it was made. A failed
/// refund is recorded for operators, once, with an audit entry. Returns a sentence for each.
///
/// # Errors
/// `unavailable` when Stripe does not answer.
pub(crate) async fn refunds_recheck(billing: &Billing) -> Result<Vec<String>> {
    let mut failures = Vec::new();
    let since = billing.clock.now() - RECHECKED;
    for extra in billing.db.system("check refunds").fetch_all(store::extra_refunded(since)).await? {
        let (held, failed) = refund::recheck(billing, &extra).await?;
        if held >= extra.refunded || failed.is_empty() {
            continue;
        }
        let names: Vec<String> = failed
            .iter()
            .map(|refund| format!("{} is {}", refund.id, refund.status.as_deref().unwrap_or_default()))
            .collect();
        let missing = Money { minor: extra.refunded - held, currency: billing.product.currency };
        let note =
            format!("{missing} did not reach the customer: refund {}. Pay it back another way", names.join(", "));
        if refund_failed(billing, &extra, held, &note).await? {
            failures.push(format!("tenant {}: {}: {note}", extra.tenant_id, extra.subscription_id));
        }
    }
    Ok(failures)
}

/// Records how much of a refund is still valid, with the audit entry. Returns whether this call did it.
async fn refund_failed(billing: &Billing, extra: &ExtraSubscription, held: i64, note: &str) -> Result<bool> {
    let (tenant, id) = (extra.tenant_id, &extra.subscription_id);
    let note = extra.note.as_deref().map_or_else(|| note.to_owned(), |before| format!("{before}; {note}"));
    let mut tx = billing.db.system("check refunds").begin().await?;
    account_lock(&mut tx, billing, tenant).await?;
    if tx.execute(store::extra_refund_failed(tenant, id, extra.refunded, held, &note)).await? == 0 {
        return Ok(false);
    }
    let detail = json!({
        "subscription": id,
        "refunded": held,
        "failed": extra.refunded - held,
        "currency": billing.product.currency,
        "note": note,
    });
    let entry = NewEntry::new(tx.id(), REFUND_FAILED, id).detail(detail);
    audit_append_system(&mut tx, tenant, EntryActor::SYSTEM, entry).await?;
    tx.commit().await?;
    Ok(true)
}

/// Extra subscriptions of all tenants, the newest first, for operators.
pub async fn extra_list(billing: &Billing, limit: i64) -> Result<Vec<ExtraSubscription>> {
    billing.db.system("list extra subscriptions").fetch_all(store::extra_list(limit)).await
}
