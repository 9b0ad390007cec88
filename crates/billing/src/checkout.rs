//! Checkout: the page where a tenant buys a subscription.

use freehold_core::{Error, Result, TenantId, codes};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Billing, Interval,
    account::{account_find, checkout_begin, checkout_end},
    customer::{Payer, customer_ensure},
    erasure::closing_check,
    offer::Offer,
    return_url::return_url,
    running::running_all,
    stripe::{
        Kind,
        request::{CHECKOUT, NewCheckout},
    },
    subscription::Subscription,
    trial,
};

/// The rest of a trial that Stripe needs to continue it; a minute more than Stripe requires, because clocks differ.
const TRIAL_LEFT: SignedDuration = SignedDuration::from_mins(48 * 60 + 1);

/// A requested checkout.
#[derive(Clone, Debug)]
pub struct CheckoutWanted {
    /// Id of the plan.
    pub plan: String,
    /// Billing interval.
    pub interval: Interval,
    /// URL after the payment; none: `/billing` of this site.
    pub success_url: Option<String>,
    /// URL when the user cancels; none: `/billing` of this site.
    pub cancel_url: Option<String>,
}

/// A checkout page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// Id at Stripe: `cs_…`.
    pub id: String,
    /// URL of the page.
    pub url: String,
    /// When the page expires.
    pub expires_at: Option<Timestamp>,
    /// End of the trial, until which nothing is due; none: the first payment is due at once.
    pub trial_ends_at: Option<Timestamp>,
}

/// Creates a checkout page for a plan. Closes the tenant's earlier pages, so that the tenant cannot pay twice.
///
/// Concurrent requests leave one page open. Each takes a number at the account before it calls Stripe: requests for the
/// same page share the number, and with it the `Idempotency-Key` and so the page. Of requests for different pages the
/// highest number wins and closes the others' pages, and the others get `conflict`. No transaction is open during calls
/// to Stripe. If a process dies in between and an extra page is paid, [`extra`](crate::extra) finds and refunds the
/// payment.
///
/// # Errors
/// `validation_failed` for a plan that cannot be bought this way, or a URL that is not allowed. `conflict` while a
/// subscription runs, because it can be changed; and when another checkout was started meanwhile.
/// `organization_closing` while the organization is being deleted. `unavailable` when Stripe does not answer.
pub async fn checkout_create(
    billing: &Billing,
    tenant: TenantId,
    payer: &Payer,
    wanted: &CheckoutWanted,
) -> Result<Checkout> {
    let offer = Offer::of(billing, &wanted.plan, wanted.interval)?;
    closing_check(billing, tenant).await?;
    let success =
        return_url(billing, "/success_url", wanted.success_url.as_deref(), "/billing?checkout={CHECKOUT_SESSION_ID}")?;
    let cancel = return_url(billing, "/cancel_url", wanted.cancel_url.as_deref(), "/billing")?;
    let customer = customer_ensure(billing, tenant, payer).await?;
    refuse_running(billing, tenant).await?;
    let priced = offer.priced(billing, tenant).await?;
    let trial_ends_at = trial_left(billing, tenant, &customer).await?;
    let mut session = NewCheckout {
        customer: &customer,
        price: &priced.price,
        quantity: priced.quantity,
        success_url: &success,
        cancel_url: &cancel,
        tenant,
        trial_end: trial_ends_at.map(Timestamp::as_second),
        promotion_codes: billing.checkout.promotion_codes,
        tax_rates: &billing.checkout.tax_rates,
        expires_at: None,
        number: 0,
    };
    session.number = checkout_begin(billing, tenant, &session.wanted()).await?;
    let made = billing.stripe.checkout_create(&session, Some(&key(tenant, session.number))).await;
    // Without an answer the page may or may not exist; a retry soon gets the same page.
    if made.as_ref().is_err_and(|error| error.kind() != Kind::Unavailable) {
        checkout_end(billing, tenant, session.number).await?;
    }
    let made = made?;
    close_before(billing, &customer, &made.id, session.number).await?;
    let newest = checkout_end(billing, tenant, session.number).await?;
    let refused = if newest == session.number {
        // An older page may have been paid before it was closed.
        refuse_running(billing, tenant).await.err()
    } else {
        Some(overtaken())
    };
    if let Some(refused) = refused {
        close(billing, &made.id).await?;
        return Err(refused);
    }
    let url = made.url.ok_or_else(|| Error::internal("Stripe made a checkout without an address"))?;
    let expires_at = made.expires_at.and_then(|seconds| Timestamp::from_second(seconds).ok());
    Ok(Checkout { id: made.id, url, expires_at, trial_ends_at })
}

/// The `Idempotency-Key` of a page.
fn key(tenant: TenantId, number: i64) -> String {
    format!("fh_checkout_{tenant}_{number}")
}

fn overtaken() -> Error {
    let message =
        "Another checkout of the organization began at the same moment. Pay on its page, or begin a new checkout.";
    Error::new(codes::CONFLICT, message)
}

/// Closes pages that were created before the one with this number.
async fn close_before(billing: &Billing, customer: &str, made: &str, number: i64) -> Result<()> {
    for open in billing.stripe.checkout_list_open(customer).await? {
        // Pages that other programs created have no number.
        let its: i64 = open.metadata.get(CHECKOUT).and_then(|number| number.parse().ok()).unwrap_or_default();
        if open.id != made && its <= number {
            close(billing, &open.id).await?;
        }
    }
    Ok(())
}

/// Closes an unpaid page. A page that can no longer be closed is left; its payment shows up as a subscription.
async fn close(billing: &Billing, id: &str) -> Result<()> {
    match billing.stripe.checkout_expire(id).await {
        Err(error) if !matches!(error.kind(), Kind::Invalid | Kind::NotFound) => Err(error.into()),
        _ => Ok(()),
    }
}

/// When the tenant's own trial ends, if enough of it is left to continue, and no card of its customer had a trial
/// elsewhere.
async fn trial_left(billing: &Billing, tenant: TenantId, customer: &str) -> Result<Option<Timestamp>> {
    let ends = account_find(billing, tenant).await?.and_then(|account| account.trial_ends_at);
    let now = billing.clock.now();
    let left = ends.filter(|ends| ends.duration_since(now) > TRIAL_LEFT);
    if left.is_some() && trial::customer_tried_elsewhere(billing, tenant, customer).await? {
        return Ok(None);
    }
    Ok(left)
}

/// `conflict` while any subscription of the tenant runs, whatever its price stands for.
async fn refuse_running(billing: &Billing, tenant: TenantId) -> Result<()> {
    let running = running_all(billing, tenant).await?;
    if let Some(kept) = running.ours.first() {
        return Err(running_already(billing, &kept.read));
    }
    if running.unmapped.is_empty() {
        return Ok(());
    }
    let whom = billing.product.brand.support.as_deref().map(|to| format!(": write to {to}")).unwrap_or_default();
    let message = format!(
        "A subscription is running already whose price is none of our plans, so it cannot be changed here. Ask the \
         operator of this server{whom}."
    );
    Err(Error::new(codes::CONFLICT, message))
}

fn running_already(billing: &Billing, paid: &Subscription) -> Error {
    let name = billing.product.plan(&paid.plan.id).map_or(paid.plan.id.as_str(), |plan| plan.name.as_str());
    let way = if paid.pay_url.is_some() && matches!(paid.status.as_str(), "past_due" | "unpaid") {
        "Pay what is open on it, on the page of its invoice"
    } else {
        "Change the plan of that one with POST /billing/change"
    };
    Error::new(codes::CONFLICT, format!("A subscription to {name} is running already. {way}."))
}
