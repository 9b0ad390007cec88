//! What a tenant's customer has at Stripe at this moment: what is written down here may be older than the click that asks.

use std::collections::BTreeMap;

use freehold_core::{Error, Result, TenantId, codes};

use crate::{
    Billing,
    account::account_find,
    catalog_sync::{Sold, sold, sold_of_product},
    stripe::object,
    subscription::{Subscription, counting},
};

/// All subscriptions of a customer, read.
#[derive(Default)]
pub(crate) struct Read {
    /// Those that stand for a plan.
    pub(crate) ours: Vec<Running>,
    /// Those whose prices stand for no plan of this product.
    pub(crate) unmapped: Vec<object::Subscription>,
}

/// A subscription.
#[derive(Clone)]
pub(crate) struct Running {
    /// As Stripe has it.
    pub(crate) found: object::Subscription,
    /// As it is read here.
    pub(crate) read: Subscription,
}

impl Read {
    /// Reads what Stripe answered. A price that says nothing of itself is looked up by its product.
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

    /// Those of our plans that run, the one that is kept first.
    fn into_running(self) -> Vec<Running> {
        let mut running: Vec<Running> = self.ours.into_iter().filter(|each| each.read.is_running()).collect();
        let read: Vec<Subscription> = running.iter().map(|each| each.read.clone()).collect();
        let kept = counting(&read).map(|kept| kept.subscription_id.clone());
        running.sort_by_key(|each| Some(&each.read.subscription_id) != kept.as_ref());
        running
    }
}

/// Which item of it is for a plan, and which plan.
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

/// What runs for a tenant.
pub(crate) struct AllRunning {
    /// For plans of this product, the one that is kept first.
    pub(crate) ours: Vec<Running>,
    /// For nothing of this product.
    pub(crate) unmapped: Vec<object::Subscription>,
}

/// Everything that runs at Stripe for the tenant.
pub(crate) async fn running_all(billing: &Billing, tenant: TenantId) -> Result<AllRunning> {
    let customer = account_find(billing, tenant).await?.and_then(|account| account.customer_id);
    let Some(customer) = customer else { return Ok(AllRunning { ours: Vec::new(), unmapped: Vec::new() }) };
    let all = billing.stripe.subscription_list_of(&customer).await?;
    let mut read = Read::of(billing, all).await?;
    let mut unmapped = std::mem::take(&mut read.unmapped);
    unmapped.retain(object::Subscription::is_running);
    Ok(AllRunning { ours: read.into_running(), unmapped })
}

/// The subscription that is kept, or `conflict` saying that there is none.
pub(crate) async fn running(billing: &Billing, tenant: TenantId) -> Result<Running> {
    running_all(billing, tenant).await?.ours.into_iter().next().ok_or_else(none_runs)
}

pub(crate) fn none_runs() -> Error {
    Error::new(codes::CONFLICT, "There is no subscription. Begin one with a checkout.")
}

/// Brings what is known here in step with what was just done at Stripe. Where that fails the change is done all the same, and
/// Stripe's own event announces it later: the caller must not hear that nothing happened.
pub(crate) async fn caught_up(billing: &Billing, tenant: TenantId) {
    if let Err(error) = billing.refresh(tenant).await {
        tracing::error!(?error, %tenant, "a change at Stripe is not written down yet; its event will see to it");
    }
}
