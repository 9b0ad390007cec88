//! The page on which a tenant begins to pay.

use freehold_core::{Error, Result, TenantId, codes};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Billing, Interval,
    account::account_find,
    customer::{Payer, customer_ensure},
    offer::Offer,
    return_url::return_url,
    running::running_find,
    stripe::{Kind, request::NewCheckout},
    subscription::Subscription,
};

/// How much of a trial must be left for Stripe to take it over; a minute more than it asks for, as clocks differ.
const TRIAL_LEFT: SignedDuration = SignedDuration::from_mins(48 * 60 + 1);

/// What is to be paid for.
#[derive(Clone, Debug)]
pub struct CheckoutWanted {
    /// A plan's id.
    pub plan: String,
    /// How often.
    pub interval: Interval,
    /// Where the page leads when it is done; otherwise to `/billing` of this site.
    pub success_url: Option<String>,
    /// Where it leads whoever turns back; otherwise to `/billing` of this site.
    pub cancel_url: Option<String>,
}

/// A page on which somebody can pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// `cs_…`
    pub id: String,
    /// Where it is.
    pub url: String,
    /// When it closes.
    pub expires_at: Option<Timestamp>,
    /// Until when nothing is to be paid, because so much of the trial is left.
    pub trial_ends_at: Option<Timestamp>,
}

/// Makes a page on which the plan is paid for. Pages that were made before for the tenant close, so that nobody pays twice.
///
/// # Errors
/// `validation_failed` for a plan that cannot be bought so, or an address that is not ours. `conflict` while a subscription
/// goes on: that one is changed. `unavailable` when Stripe is away.
pub async fn checkout_create(
    billing: &Billing,
    tenant: TenantId,
    payer: &Payer,
    wanted: &CheckoutWanted,
) -> Result<Checkout> {
    let offer = Offer::of(billing, &wanted.plan, wanted.interval)?;
    let success =
        return_url(billing, "/success_url", wanted.success_url.as_deref(), "/billing?checkout={CHECKOUT_SESSION_ID}")?;
    let cancel = return_url(billing, "/cancel_url", wanted.cancel_url.as_deref(), "/billing")?;
    let customer = customer_ensure(billing, tenant, payer).await?;
    close_others(billing, &customer).await?;
    if let Some(running) = running_find(billing, tenant).await? {
        return Err(running_already(billing, &running.read));
    }
    let priced = offer.priced(billing, tenant).await?;
    let trial_ends_at = trial_left(billing, tenant).await?;
    let session = NewCheckout {
        customer: &customer,
        price: &priced.price,
        quantity: priced.quantity,
        success_url: &success,
        cancel_url: &cancel,
        tenant,
        trial_end: trial_ends_at.map(Timestamp::as_second),
        expires_at: None,
    };
    let made = billing.stripe.checkout_create(&session, None).await?;
    let url = made.url.ok_or_else(|| Error::internal("Stripe made a checkout without an address"))?;
    let expires_at = made.expires_at.and_then(|seconds| Timestamp::from_second(seconds).ok());
    Ok(Checkout { id: made.id, url, expires_at, trial_ends_at })
}

/// Closes pages on which nobody paid yet. Of one that cannot be closed any more, what was paid on it shows.
async fn close_others(billing: &Billing, customer: &str) -> Result<()> {
    for open in billing.stripe.checkout_list_open(customer).await? {
        match billing.stripe.checkout_expire(&open.id).await {
            Err(error) if !matches!(error.kind(), Kind::Invalid | Kind::NotFound) => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// When the tenant's own trial ends, where enough of it is left to be taken along.
async fn trial_left(billing: &Billing, tenant: TenantId) -> Result<Option<Timestamp>> {
    let ends = account_find(billing, tenant).await?.and_then(|account| account.trial_ends_at);
    let now = billing.clock.now();
    Ok(ends.filter(|ends| ends.duration_since(now) > TRIAL_LEFT))
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
