//! The tenant's customer at Stripe: created once, when the tenant first wants to pay.

use freehold_core::{Result, TenantId};

use crate::{
    Billing,
    account::{account_find, account_put_customer},
    stripe::request::NewCustomer,
};

/// Name and address for invoices when the customer is created. Later changes at Stripe stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payer {
    /// Name of the organization.
    pub name: Option<String>,
    /// E-mail address of the user who pays.
    pub email: Option<String>,
}

/// The tenant's customer: the present one, or a new one if the tenant has none or it was deleted at Stripe.
///
/// # Errors
/// `unavailable` when Stripe does not answer; `not_found` when there is no such tenant.
pub async fn customer_ensure(billing: &Billing, tenant: TenantId, payer: &Payer) -> Result<String> {
    let known = account_find(billing, tenant).await?.and_then(|account| account.customer_id);
    if let Some(id) = &known
        && let Some(found) = billing.stripe.customer_get(id).await?
        && !found.deleted
    {
        return Ok(found.id);
    }
    // All requests use the same key, so that a tenant does not get two customers. Stripe requires the same parameters
    // with the same key, so name and address are set afterwards.
    let key = match &known {
        Some(deleted) => format!("fh_customer_{tenant}_after_{deleted}"),
        None => format!("fh_customer_{tenant}"),
    };
    let made = billing.stripe.customer_create(&NewCustomer { name: None, email: None, tenant }, &key).await?;
    if payer.name.is_some() || payer.email.is_some() {
        billing.stripe.customer_update(&made.id, payer.name.as_deref(), payer.email.as_deref()).await?;
    }
    account_put_customer(billing, tenant, &made.id).await?;
    Ok(made.id)
}
