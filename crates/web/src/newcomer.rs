//! The provisioning hook: a user who signs in for the first time gets an organization.

use std::sync::Arc;

use freehold_billing::{Billing, account::account_open};
use freehold_catalog::{Product, Tenancy};
use freehold_core::{Clock, Ids, Result, TenantId, name_check};
use freehold_db::SystemTx;
use freehold_identity::{
    Realm, realm_is_founders, realm_tenant,
    session::Client,
    sign_in::{LinkRequest, operator_link_request},
    user::User,
};
use freehold_metering::plan::plan_of_new_tenant;
use freehold_tenancy::{
    invitation::invitation_awaits,
    tenant::{NewTenant, tenant_create},
};
use jiff::Timestamp;
use serde_json::Value;

use crate::Backbone;

/// The parts that provisioning needs.
#[derive(Clone)]
pub struct Places {
    /// The product definition.
    pub product: Arc<Product>,
    /// Billing; none where it is disabled.
    pub billing: Option<Billing>,
    /// The clock.
    pub clock: Clock,
    /// The source of ids.
    pub ids: Ids,
}

/// Creates an organization for a user who signs in for the first time, in the same transaction. Where users sign up
/// with an organization, its name is `organization` in the sign-up's data.
///
/// A user with an open invitation gets none, since they came to join that organization.
pub async fn newcomer_settle(places: &Places, tx: &mut SystemTx, user: &User) -> Result<()> {
    let personal = places.product.tenancy == Tenancy::Personal;
    if !personal
        && user.confirmed()
        && invitation_awaits(tx, &user.email, realm_tenant(user.realm), places.clock.now()).await?
    {
        return Ok(());
    }
    // Where each tenant has its own users, the first user creates the tenant; later ones were admitted by a member.
    let id = match realm_tenant(user.realm) {
        Some(tenant) if realm_is_founders(user.realm, user.id) => tenant,
        Some(_) => return Ok(()),
        None => places.ids.next(),
    };
    let before_at = user.email.split('@').next().filter(|name| name_check("", name, 64).is_ok()).unwrap_or("me");
    let wished = user.user_metadata.get("organization").and_then(Value::as_str).filter(|_| !personal);
    // An unusable name must not prevent a sign-up.
    let name = match wished.and_then(|name| name_check("", name, 200).ok()) {
        Some(wished) => wished,
        None if personal => before_at.to_owned(),
        None => format!("{before_at}'s organization"),
    };
    let plan = plan_of_new_tenant(&places.product);
    let new = NewTenant { id, name, personal, plan, owner: user.id };
    let now = places.clock.now();
    let tenant = tenant_create(tx, new, now).await?.tenant_id;
    open(tx, places.billing.as_ref(), tenant, now).await
}

/// Opens the billing account of an organization that was created in this transaction, with its trial if the product has
/// one.
pub async fn account_begin(backbone: &Backbone, tx: &mut SystemTx, tenant: TenantId) -> Result<()> {
    open(tx, backbone.billing.as_ref(), tenant, backbone.clock.now()).await
}

async fn open(tx: &mut SystemTx, billing: Option<&Billing>, tenant: TenantId, now: Timestamp) -> Result<()> {
    match billing {
        Some(billing) => account_open(tx, billing, tenant, now).await,
        None => Ok(()),
    }
}

/// Sends a sign-in mail in the operator's name, whatever sign-in methods users have, creating the user first if `create` is set and the address is unknown.
pub async fn person_mail(
    backbone: &Backbone,
    realm: Realm,
    email: String,
    create: bool,
    data: Value,
    redirect_to: String,
    client: &Client,
) -> Result<()> {
    let new = LinkRequest { realm, email, create, data, redirect_to, challenge: None };
    operator_link_request(&backbone.identity, new, client).await
}
