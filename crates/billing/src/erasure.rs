//! Erasing an organization: what keeps its deletion waiting, and its customer at Stripe.

mod store;

use freehold_core::{Error, Result, Standing, TenantId, codes};
use freehold_db::SystemTx;

pub use store::STATEMENTS;

use crate::{Billing, account::account_find, stripe::Kind};

/// Events that one statement deletes.
const BATCH: i64 = 500;

/// Whether the organization has a subscription that would renew: it runs, and was not cancelled. Reads what Stripe last
/// said.
pub async fn subscription_renews(tx: &mut SystemTx, tenant: TenantId) -> Result<bool> {
    let (renews,) = tx.fetch_one(store::subscription_renews(tenant)).await?;
    Ok(renews)
}

/// Succeeds unless the organization is being deleted: it buys nothing any more.
///
/// # Errors
/// `organization_closing`.
pub(crate) async fn closing_check(billing: &Billing, tenant: TenantId) -> Result<()> {
    let found = billing.db.system("refuse to sell to an organization that is being deleted");
    match found.fetch_optional(store::tenant_closing(tenant)).await? {
        Some(_) => Err(Error::new(codes::ORGANIZATION_CLOSING, Standing::CLOSING_MESSAGE)),
        None => Ok(()),
    }
}

/// Deletes the organization's customer at Stripe, which ends its subscriptions, and the events about it. Stripe keeps
/// the invoices. Does nothing when there is no customer, or it was deleted before.
///
/// # Errors
/// `unavailable` when Stripe does not answer.
pub async fn customer_erase(billing: &Billing, tenant: TenantId) -> Result<()> {
    let account = account_find(billing, tenant).await?;
    let Some(customer) = account.and_then(|account| account.customer_id) else { return Ok(()) };
    let found = billing.stripe.customer_get(&customer).await?;
    if found.is_some_and(|found| !found.deleted) {
        match billing.stripe.customer_delete(&customer).await {
            // Another server deleted it meanwhile.
            Err(error) if error.kind() == Kind::NotFound => {}
            deleted => drop(deleted?),
        }
    }
    loop {
        let delete = store::events_delete(&customer, BATCH);
        if billing.db.system("erase events of a customer").execute(delete).await? == 0 {
            return Ok(());
        }
    }
}
