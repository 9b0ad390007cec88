//! Changing a subscription: another plan or interval, with a preview of the cost; cancelling and resuming it.
//!
//! A change that costs more is paid and takes effect at once: when the card is declined nothing changes. A change that
//! costs less takes effect at once, too, and the amount paid in excess is settled with the next invoice. Another
//! interval begins a new period, and is settled at once.

mod preview;

use freehold_core::{Caller, Error, Result, TenantId, codes as core_codes};
use freehold_db::audit::{NewEntry, audit_append_system};
use jiff::{SignedDuration, Timestamp};
pub use preview::{Preview, PreviewLine, change_preview};
use serde_json::{Value, json};

use crate::{
    Billing, Interval, codes,
    erasure::closing_check,
    offer::{Offer, Priced},
    running::{Running, caught_up, none_runs, running, running_all},
    stripe::{
        self, Kind,
        request::{Cancellation, ItemChange, Proration, SubscriptionUpdate},
    },
};

/// How old a preview may be for a change to cost what the preview said.
const PREVIEW_AGE: SignedDuration = SignedDuration::from_hours(1);

/// A requested change.
#[derive(Clone, Debug)]
pub struct Change {
    /// Id of the plan.
    pub plan: String,
    /// Billing interval.
    pub interval: Interval,
    /// The time of a [`Preview`], at most an hour ago, so that the change costs what it said; none: now.
    pub at: Option<Timestamp>,
}

/// When a subscription ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// At the end of the paid period.
    #[default]
    PeriodEnd,
    /// At once. Amounts paid in advance are not refunded.
    Now,
}

impl End {
    /// The name in audit entries.
    fn name(self) -> &'static str {
        match self {
            Self::PeriodEnd => "period_end",
            Self::Now => "now",
        }
    }
}

/// A change, ready to send to Stripe.
struct Planned<'a> {
    offer: Offer<'a>,
    priced: Priced,
    running: Running,
    /// Whether it costs more, so that it is settled at once and takes effect only when it is paid.
    costs_more: bool,
    /// Whether it begins a new period.
    new_interval: bool,
    /// The time for which it is prorated; none: the time at which Stripe executes it.
    at: Option<Timestamp>,
}

impl<'a> Planned<'a> {
    async fn of(billing: &'a Billing, tenant: TenantId, change: &Change) -> Result<Self> {
        let offer = Offer::of(billing, &change.plan, change.interval)?;
        let age = change.at.map(|at| billing.clock.now().duration_since(at)).unwrap_or_default();
        // Another time would let the caller choose the price.
        if age > PREVIEW_AGE || age < -SignedDuration::from_mins(1) {
            return Err(Error::invalid("/at", "expected the moment of a preview that is not older than an hour"));
        }
        let running = running(billing, tenant).await?;
        changeable(&running)?;
        let priced = offer.priced(billing, tenant).await?;
        let (paid, read) = (running.found.items.iter().find(|item| item.id == running.read.item_id), &running.read);
        let amount = paid.and_then(|item| item.price.unit_amount).unwrap_or_default().saturating_mul(read.seats);
        let costs_more = offer.amount.minor.saturating_mul(priced.quantity) > amount;
        let new_interval = read.interval != offer.interval.name();
        Ok(Self { offer, priced, running, costs_more, new_interval, at: change.at })
    }

    /// Whether the subscription is already as requested.
    fn is_nothing(&self) -> bool {
        let read = &self.running.read;
        read.price_id == self.priced.price && read.seats == self.priced.quantity
    }

    /// Whether an invoice is created now. During Stripe's own trial none is.
    fn is_settled_at_once(&self) -> bool {
        !self.is_nothing() && (self.costs_more || self.new_interval) && self.running.read.status != "trialing"
    }

    fn update(&self) -> SubscriptionUpdate<'_> {
        let at_once = self.costs_more || self.new_interval;
        let item = ItemChange {
            id: &self.running.read.item_id,
            price: Some(&self.priced.price),
            quantity: Some(self.priced.quantity),
        };
        // Choosing a plan also takes back a cancellation.
        let (ends, at_a_time) = (self.running.found.cancel_at_period_end, self.running.found.cancel_at.is_some());
        // Stripe prorates within the current period.
        let started = self.running.read.period_start.map_or(i64::MIN, Timestamp::as_second);
        SubscriptionUpdate {
            items: vec![item],
            cancel_at_period_end: ends.then_some(false),
            cancel_at_cleared: !ends && at_a_time,
            proration: Some(if at_once { Proration::AtOnce } else { Proration::NextInvoice }),
            proration_date: self.at.map(|at| at.as_second().max(started)),
            only_if_paid: at_once,
            ..SubscriptionUpdate::default()
        }
    }
}

/// `conflict` when the caller must do something else first.
fn changeable(running: &Running) -> Result<()> {
    let first = match running.read.status.as_str() {
        "past_due" | "unpaid" => "An invoice is open. Pay it first",
        "paused" => "The subscription is paused. Resume it first",
        _ => return Ok(()),
    };
    Err(Error::new(core_codes::CONFLICT, format!("{first}, then change the plan.")))
}

/// Changes plan or interval. Takes back a cancellation, because choosing a plan means to continue. Does nothing when
/// the subscription is already as requested.
///
/// # Errors
/// `payment_failed` when the change costs more and the card is declined: nothing has changed then. `validation_failed`
/// for a plan that cannot be bought this way. `conflict` when there is no subscription, or an invoice must be paid
/// first. `unavailable` when Stripe does not answer.
pub async fn plan_change(billing: &Billing, caller: &Caller, change: &Change) -> Result<()> {
    let tenant = caller.tenant();
    closing_check(billing, tenant).await?;
    let planned = Planned::of(billing, tenant, change).await?;
    let found = &planned.running.found;
    if !planned.is_nothing() || found.cancel_at.is_some() || found.cancel_at_period_end {
        billing.stripe.subscription_update(&found.id, &planned.update(), None).await.map_err(refused)?;
        let detail = json!({ "plan": change.plan, "interval": change.interval.name() });
        request_audit(billing, caller, "billing.change_requested", detail).await?;
    }
    caught_up(billing, tenant).await;
    Ok(())
}

/// Cancels all running subscriptions of the tenant, whatever their prices stand for. A repeated call does nothing. A
/// tenant with more than one subscription is left with none; the payments for extra ones are refunded
/// ([`extra`](crate::extra)).
///
/// # Errors
/// `conflict` when there is none; `unavailable` when Stripe does not answer.
pub async fn subscription_cancel(billing: &Billing, caller: &Caller, end: End) -> Result<()> {
    let tenant = caller.tenant();
    let running = running_all(billing, tenant).await?;
    if running.ours.is_empty() && running.unmapped.is_empty() {
        return Err(none_runs());
    }
    // Records the extra ones before the kept one ends.
    if running.ours.len() > 1 {
        billing.refresh(tenant).await?;
    }
    let unrenewed = |each: &Running| each.read.ends_unrenewed();
    // The kept one is cancelled last: once it has ended, an extra one would be spared and not refunded.
    let ours = running.ours.iter().rev().map(|each| (&each.found, unrenewed(each)));
    let unmapped =
        running.unmapped.iter().map(|found| (found, found.cancel_at_period_end || found.cancel_at.is_some()));
    let mut cancelled = Vec::new();
    for (found, ends) in ours.chain(unmapped) {
        let ended = match end {
            End::Now => billing.stripe.subscription_cancel(&found.id, Cancellation::default()).await,
            End::PeriodEnd if ends => continue,
            End::PeriodEnd => {
                let update = SubscriptionUpdate { cancel_at_period_end: Some(true), ..SubscriptionUpdate::default() };
                billing.stripe.subscription_update(&found.id, &update, None).await
            }
        };
        match ended {
            // It ended meanwhile.
            Err(error) if error.kind() != Kind::NotFound => return Err(error.into()),
            Err(_) => {}
            Ok(_) => cancelled.push(found.id.as_str()),
        }
    }
    if !cancelled.is_empty() {
        let detail = json!({ "subscriptions": cancelled, "at": end.name() });
        request_audit(billing, caller, "billing.cancel_requested", detail).await?;
    }
    caught_up(billing, tenant).await;
    Ok(())
}

/// Resumes a subscription that was cancelled, whose invoices are not collected, or that is paused after a trial without
/// a card; the last begins a new period, which is paid. Does nothing to one that continues anyway.
///
/// # Errors
/// `conflict` when there is none, or it has ended. `payment_failed` when the card is declined. `unavailable` when
/// Stripe does not answer.
pub async fn subscription_resume(billing: &Billing, caller: &Caller) -> Result<()> {
    let tenant = caller.tenant();
    closing_check(billing, tenant).await?;
    let found = running(billing, tenant).await?.found;
    let update = SubscriptionUpdate {
        cancel_at_period_end: found.cancel_at_period_end.then_some(false),
        cancel_at_cleared: !found.cancel_at_period_end && found.cancel_at.is_some(),
        pause_cleared: found.pause_collection.is_some(),
        ..SubscriptionUpdate::default()
    };
    let (updated, paused) = (
        update.cancel_at_period_end.is_some() || update.cancel_at_cleared || update.pause_cleared,
        found.status == "paused",
    );
    if updated {
        billing.stripe.subscription_update(&found.id, &update, None).await?;
    }
    if paused {
        billing.stripe.subscription_resume(&found.id, None).await.map_err(refused)?;
    }
    if updated || paused {
        request_audit(billing, caller, "billing.resume_requested", json!({ "subscription": found.id })).await?;
    }
    caught_up(billing, tenant).await;
    Ok(())
}

/// Records who requested a change. Stripe's events announce the change itself, without its author. The organization may
/// be suspended, and pays all the same, so this is no transaction of the tenant.
async fn request_audit(billing: &Billing, caller: &Caller, action: &'static str, detail: Value) -> Result<()> {
    let mut tx = billing.db.system("record who changed a subscription").begin().await?;
    let entry = NewEntry::of_organization(tx.id(), action).detail(detail);
    audit_append_system(&mut tx, caller.tenant(), caller.actor().into(), entry).await?;
    tx.commit().await
}

/// Translates Stripe's refusal of a payment for the user who pays.
fn refused(error: stripe::Error) -> Error {
    let message = match (error.kind(), error.code(), error.status()) {
        (Kind::CardDeclined, Some("subscription_payment_intent_requires_action"), _) => {
            "The bank wants its owner to confirm the card first. Nothing was changed: open the payment page, give the card \
             there again, and try again."
        }
        // Stripe uses this code for a customer without a card, and also for an object that does not exist.
        (Kind::NotFound, Some("resource_missing"), Some(400)) if error.param().is_none() => {
            "There is no card to pay with. Nothing was changed: open the payment page, give one there, and try again."
        }
        (Kind::NotFound, _, Some(404)) => {
            return Error::new(core_codes::CONFLICT, "The subscription has just ended.").caused_by(error);
        }
        _ => return error.into(),
    };
    Error::new(codes::PAYMENT_FAILED, message).caused_by(error)
}
