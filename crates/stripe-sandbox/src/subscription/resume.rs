//! Resuming a subscription whose trial ended without a card.

use serde_json::Value;

use crate::{
    account::Account,
    error::{Result, StripeError},
    form::Params,
    invoice::{make, pay},
    subscription::{Status, Subscription, item, live, update::anchor_now},
};

/// `POST /v1/subscriptions/{id}/resume`
pub(crate) fn resume(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let subscription = live(account, id)?;
    let now_anchor = anchor_now(&mut params)?.unwrap_or(true);
    let behaviors = ["always_invoice", "create_prorations", "none"];
    params.only("proration_behavior", &["create_prorations", "none"], &behaviors)?;
    params.done()?;
    if subscription.status != Status::Paused {
        return Err(StripeError::invalid("The subscription is not paused."));
    }
    let now = account.now;
    let mut resumed = subscription.clone();
    if now_anchor || subscription.period.1 <= now {
        resumed.anchor = now;
        resumed.period = (now, resumed.period_end(now));
    }
    resumed.period_discounts.clone_from(&resumed.discounts);
    let lines = item::lines(account, &resumed, resumed.span(), None);
    let invoice = account.id("in");
    resumed.latest_invoice = Some(invoice.clone());
    account.change(id, |subscription: &mut Subscription| *subscription = resumed.clone());
    make::draft(account, &invoice, &resumed.customer, Some(&resumed), "subscription_update", lines);
    make::finalize(account, &invoice);
    // The payment of the invoice resumes it.
    pay::collect(account, &invoice, None, false);
    Ok(account.shown::<Subscription>(id))
}
