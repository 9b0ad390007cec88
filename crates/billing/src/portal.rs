//! Stripe's page on which a tenant looks after its card, its plan and its invoices.

use freehold_core::{Result, TenantId};

use crate::{
    Billing,
    catalog_sync::PRODUCT,
    customer::{Payer, customer_ensure},
    return_url::return_url,
    stripe::{Kind, object::PortalConfiguration, request::NewPortal},
};

/// The address of the page, good for one visit soon. It leads back to `back`, otherwise to `/billing` of this site.
///
/// # Errors
/// `validation_failed` for an address that is not ours; `unavailable` when Stripe is away.
pub async fn portal_create(billing: &Billing, tenant: TenantId, payer: &Payer, back: Option<&str>) -> Result<String> {
    let return_url = return_url(billing, "/return_url", back, "/billing")?;
    let customer = customer_ensure(billing, tenant, payer).await?;
    let mut portal = NewPortal { customer: &customer, return_url: &return_url, configuration: None };
    let made = match billing.stripe.portal_create(&portal).await {
        // An account whose settings nobody ever saved has no portal to offer.
        Err(error) if error.kind() == Kind::Invalid => {
            let configuration = configuration_ensure(billing).await?;
            portal.configuration = Some(&configuration);
            billing.stripe.portal_create(&portal).await?
        }
        made => made?,
    };
    Ok(made.url)
}

/// Our own idea of what the page offers: plans are changed here, where the change is previewed.
async fn configuration_ensure(billing: &Billing) -> Result<String> {
    let ours = |found: &PortalConfiguration| found.metadata.get(PRODUCT) == Some(&billing.product.id);
    if let Some(found) = billing.stripe.portal_configuration_list().await?.into_iter().find(ours) {
        return Ok(found.id);
    }
    let metadata = [(PRODUCT.to_owned(), billing.product.id.clone())].into();
    Ok(billing.stripe.portal_configuration_create(metadata).await?.id)
}
