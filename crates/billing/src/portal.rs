//! The customer portal: Stripe's page where a tenant manages its card and its invoices.

use freehold_core::{Result, TenantId};

use crate::{
    Billing,
    catalog_sync::PRODUCT,
    customer::{Payer, customer_ensure},
    return_url::return_url,
    stripe::{Kind, object::PortalConfiguration, request::NewPortal},
};

/// Returns the URL of the portal, valid for one visit soon. It leads back to `back`, or to `/billing` of this site.
///
/// # Errors
/// `validation_failed` for a URL that is not allowed; `unavailable` when Stripe does not answer.
pub async fn portal_create(billing: &Billing, tenant: TenantId, payer: &Payer, back: Option<&str>) -> Result<String> {
    let return_url = return_url(billing, "/return_url", back, "/billing")?;
    let customer = customer_ensure(billing, tenant, payer).await?;
    let mut portal = NewPortal { customer: &customer, return_url: &return_url, configuration: None };
    let made = match billing.stripe.portal_create(&portal).await {
        // A Stripe account whose portal settings were never saved has no portal.
        Err(error) if error.kind() == Kind::Invalid => {
            let configuration = configuration_ensure(billing).await?;
            portal.configuration = Some(&configuration);
            billing.stripe.portal_create(&portal).await?
        }
        made => made?,
    };
    Ok(made.url)
}

/// Freehold's own portal configuration: plans are changed in Freehold, which shows a preview.
async fn configuration_ensure(billing: &Billing) -> Result<String> {
    let ours = |found: &PortalConfiguration| found.metadata.get(PRODUCT) == Some(&billing.product.id);
    if let Some(found) = billing.stripe.portal_configuration_list().await?.into_iter().find(ours) {
        return Ok(found.id);
    }
    let metadata = [(PRODUCT.to_owned(), billing.product.id.clone())].into();
    Ok(billing.stripe.portal_configuration_create(metadata).await?.id)
}
