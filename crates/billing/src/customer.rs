//! The customer that a tenant is at Stripe: made when somebody first wants to pay, once.

use freehold_core::{Result, TenantId};

use crate::{
    Billing,
    account::{account_find, account_put_customer},
    stripe::request::NewCustomer,
};

/// How a tenant is called on its invoices, and where they go, when it becomes a customer. What it says at Stripe later
/// holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payer {
    /// The organization's name.
    pub name: Option<String>,
    /// The address of whoever pays.
    pub email: Option<String>,
}

/// The tenant's customer: the one it has, or a new one where it has none or that was deleted at Stripe.
///
/// # Errors
/// `unavailable` when Stripe is away; `not_found` when there is no such tenant.
pub async fn customer_ensure(billing: &Billing, tenant: TenantId, payer: &Payer) -> Result<String> {
    let known = account_find(billing, tenant).await?.and_then(|account| account.customer_id);
    if let Some(id) = &known
        && let Some(found) = billing.stripe.customer_get(id).await?
        && !found.deleted
    {
        return Ok(found.id);
    }
    // The same key, whoever asks and however often, so that a tenant does not become two customers. It may only be used
    // with the same words; that is why name and address follow.
    let key = match &known {
        Some(deleted) => format!("fh_customer_{tenant}_after_{deleted}"),
        None => format!("fh_customer_{tenant}"),
    };
    let made = billing.stripe.customer_create(&NewCustomer { name: None, email: None, tenant }, &key).await?;
    if payer.name.is_some() || payer.email.is_some() {
        billing.stripe.customer_update(&made.id, payer.name.as_deref(), payer.email.as_deref()).await?;
    }
    account_put_customer(billing, tenant, &made.id, billing.clock.now()).await?;
    Ok(made.id)
}
