//! The present subscriptions of a tenant's customer at Stripe: the stored ones may be older than the user's click.

use std::collections::BTreeMap;

use freehold_core::{Error, Result, TenantId, codes};

use crate::{
    Billing,
    account::account_find,
    catalog_sync::{Sold, sold, sold_of_product},
    stripe::object,
    subscription::{Subscription, counting},
};

/// All subscriptions of a customer, parsed.
#[derive(Default)]
pub(crate) struct Read {
    /// Subscriptions to a plan.
    pub(crate) ours: Vec<Running>,
    /// Subscriptions whose prices stand for no plan of this product.
    pub(crate) unmapped: Vec<object::Subscription>,
}

/// A subscription.
#[derive(Clone)]
pub(crate) struct Running {
    /// The subscription at Stripe.
    pub(crate) found: object::Subscription,
    /// The subscription as Freehold stores it.
    pub(crate) read: Subscription,
}

impl Read {
    /// Parses Stripe's answer. A price that names no plan is looked up by its product.
    pub(crate) async fn of(billing: &Billing, all: Vec<object::Subscription>) -> Result<Self> {
        let mut read = Self::default();
        let mut products = BTreeMap::new();
        for found in all {
            let bought = match bought(billing, &found) {
                Some(bought) => Some(bought),
                None => bought_by_product(billing, &found, &mut products).await?,
            };
            match bought.and_then(|(item, sold)| Subscription::of(&found, item, sold)) {
                Some(ours) => read.ours.push(Running { found, read: ours }),
                None => read.unmapped.push(found),
            }
        }
        Ok(read)
    }

    /// The running subscriptions to plans, the kept one first.
    fn into_running(self) -> Vec<Running> {
        let mut running: Vec<Running> = self.ours.into_iter().filter(|each| each.read.is_running()).collect();
        let read: Vec<Subscription> = running.iter().map(|each| each.read.clone()).collect();
        let kept = counting(&read).map(|kept| kept.subscription_id.clone());
        running.sort_by_key(|each| Some(&each.read.subscription_id) != kept.as_ref());
        running
    }
}

/// Index of the item for a plan, and the plan.
fn bought(billing: &Billing, found: &object::Subscription) -> Option<(usize, Sold)> {
    let sold = |price| sold(price, &billing.product, &billing.custom_prices);
    found.items.iter().enumerate().find_map(|(index, item)| Some((index, sold(&item.price)?)))
}

async fn bought_by_product(
    billing: &Billing,
    found: &object::Subscription,
    products: &mut BTreeMap<String, Option<object::Product>>,
) -> Result<Option<(usize, Sold)>> {
    for (index, item) in found.items.iter().enumerate() {
        let Some(id) = &item.price.product else { continue };
        if !products.contains_key(id) {
            products.insert(id.clone(), billing.stripe.product_get(id).await?);
        }
        let product = products.get(id).and_then(Option::as_ref);
        if let Some(sold) = product.and_then(|product| sold_of_product(&item.price, product, &billing.product)) {
            return Ok(Some((index, sold)));
        }
    }
    Ok(None)
}

/// The running subscriptions of a tenant.
pub(crate) struct AllRunning {
    /// Subscriptions to plans of this product, the kept one first.
    pub(crate) ours: Vec<Running>,
    /// Subscriptions to nothing of this product.
    pub(crate) unmapped: Vec<object::Subscription>,
}

/// All running subscriptions of the tenant at Stripe.
pub(crate) async fn running_all(billing: &Billing, tenant: TenantId) -> Result<AllRunning> {
    let customer = account_find(billing, tenant).await?.and_then(|account| account.customer_id);
    let Some(customer) = customer else { return Ok(AllRunning { ours: Vec::new(), unmapped: Vec::new() }) };
    let all = billing.stripe.subscription_list_of(&customer).await?;
    let mut read = Read::of(billing, all).await?;
    let mut unmapped = std::mem::take(&mut read.unmapped);
    unmapped.retain(object::Subscription::is_running);
    Ok(AllRunning { ours: read.into_running(), unmapped })
}

/// The subscription that is kept; `conflict` when there is none.
pub(crate) async fn running(billing: &Billing, tenant: TenantId) -> Result<Running> {
    running_all(billing, tenant).await?.ours.into_iter().next().ok_or_else(none_runs)
}

pub(crate) fn none_runs() -> Error {
    Error::new(codes::CONFLICT, "There is no subscription. Begin one with a checkout.")
}

/// Updates the stored state after a change at Stripe. A failure is only logged, because the change is done and Stripe's
/// event announces it later: the caller must not get the impression that nothing happened.
pub(crate) async fn caught_up(billing: &Billing, tenant: TenantId) {
    if let Err(error) = billing.refresh(tenant).await {
        tracing::error!(?error, %tenant, "a change at Stripe is not written down yet; its event will see to it");
    }
}
