//! What a tenant pays for at this moment, asked of Stripe: what we wrote down may be older than the click that asks.

use freehold_core::{Error, Result, TenantId, codes};

use crate::{
    Billing,
    account::account_find,
    stripe::object,
    subscription::{Subscription, counting},
};

/// A subscription that goes on.
pub(crate) struct Running {
    /// As Stripe has it.
    pub(crate) found: object::Subscription,
    /// As we read it.
    pub(crate) read: Subscription,
}

/// The subscription that goes on; none: the tenant pays nothing.
pub(crate) async fn running_find(billing: &Billing, tenant: TenantId) -> Result<Option<Running>> {
    let customer = account_find(billing, tenant).await?.and_then(|account| account.customer_id);
    let Some(customer) = customer else { return Ok(None) };
    let all = billing.stripe.subscription_list_of(&customer).await?;
    let read: Vec<Subscription> = all.iter().filter_map(|found| Subscription::of(billing, found)).collect();
    let Some(read) = counting(&read).filter(|each| each.is_running()).cloned() else { return Ok(None) };
    let found = all.into_iter().find(|found| found.id == read.subscription_id);
    Ok(found.map(|found| Running { found, read }))
}

/// The same, or `conflict` saying that there is none.
pub(crate) async fn running(billing: &Billing, tenant: TenantId) -> Result<Running> {
    let none = || Error::new(codes::CONFLICT, "There is no subscription. Begin one with a checkout.");
    running_find(billing, tenant).await?.ok_or_else(none)
}

/// Brings what we know in step with what was just done at Stripe. Where that fails the change is done all the same, and
/// Stripe's own event tells it later: the caller must not hear that nothing happened.
pub(crate) async fn caught_up(billing: &Billing, tenant: TenantId) {
    if let Err(error) = billing.refresh(tenant).await {
        tracing::error!(?error, %tenant, "a change at Stripe is not written down yet; its event will see to it");
    }
}
