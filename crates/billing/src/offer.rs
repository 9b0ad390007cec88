//! What can be bought: a plan with an interval, from the catalog and at Stripe.

use freehold_catalog::{Plan, Price};
use freehold_core::{Error, Money, Result, TenantId};

use crate::{Billing, Interval, catalog_sync::lookup_key, seats::seats_needed};

/// A plan with a price, in one interval.
pub(crate) struct Offer<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) interval: Interval,
    /// Amount for one member or one organization.
    pub(crate) amount: Money,
}

/// The offer as Stripe sells it to a tenant.
pub(crate) struct Priced {
    /// Id of the price at Stripe: `price_…`.
    pub(crate) price: String,
    /// Quantity: 1, or the number of members.
    pub(crate) quantity: i64,
}

impl<'a> Offer<'a> {
    /// The offer for this plan id. `validation_failed`, with the reason, when the plan cannot be bought online.
    pub(crate) fn of(billing: &'a Billing, plan: &str, interval: Interval) -> Result<Self> {
        let product = &billing.product;
        let Some(found) = product.plan(plan) else {
            let sold = product.plans().iter().filter(|plan| matches!(plan.price, Price::Paid { .. }));
            let sold: Vec<&str> = sold.map(|plan| plan.id.as_str()).collect();
            return Err(Error::invalid("/plan", format!("there is no plan {plan:?}; expected {}", sold.join(", "))));
        };
        let name = &found.name;
        let amount = match found.price {
            Price::Free => {
                return Err(Error::invalid(
                    "/plan",
                    format!("{name} costs nothing: cancel the subscription, and the organization is on it afterwards"),
                ));
            }
            Price::ContactSales => {
                let whom = product.brand.support.as_deref().map(|to| format!(": write to {to}")).unwrap_or_default();
                return Err(Error::invalid("/plan", format!("{name} is agreed with our sales team{whom}")));
            }
            Price::Paid { month, .. } if interval == Interval::Month => month,
            Price::Paid { year, .. } => {
                year.ok_or_else(|| Error::invalid("/interval", format!("{name} is paid by the month only")))?
            }
        };
        Ok(Self { plan: found, interval, amount })
    }

    /// The offer's price at Stripe and its quantity, for this tenant.
    pub(crate) async fn priced(&self, billing: &Billing, tenant: TenantId) -> Result<Priced> {
        let key = lookup_key(&billing.product.id, &self.plan.id, self.plan.version, self.interval);
        let found = billing.stripe.price_find(&key).await?;
        let found = found.ok_or_else(|| {
            Error::internal(format!("the price {key} is not sold at Stripe: `freehold billing sync` brings it there"))
        })?;
        let quantity = if self.plan.per_member() { seats_needed(billing, tenant).await? } else { 1 };
        Ok(Priced { price: found.id, quantity })
    }
}
