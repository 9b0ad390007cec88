//! Somebody new: who signs in for the first time gets a place.

use std::sync::Arc;

use freehold_billing::{Billing, account::account_open};
use freehold_catalog::{Product, Tenancy};
use freehold_core::{Clock, Ids, Result, TenantId, name_check};
use freehold_db::SystemTx;
use freehold_identity::{
    Realm, realm_is_founders, realm_tenant,
    session::Client,
    sign_in::{LinkRequest, link_request},
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

/// What it takes to give newcomers a place.
#[derive(Clone)]
pub struct Places {
    /// What is sold here.
    pub product: Arc<Product>,
    /// Who pays what; none: billing is switched off.
    pub billing: Option<Billing>,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
}

/// Gives somebody who signs in for the first time an organization to own, in the same transaction. In a product of
/// organizations it is called what the sign-up named as `organization` in its data.
///
/// Who was invited to one gets none of his own: the invitation is what he came for.
pub async fn newcomer_settle(places: &Places, tx: &mut SystemTx, user: &User) -> Result<()> {
    let personal = places.product.tenancy == Tenancy::Personal;
    if !personal
        && user.confirmed()
        && invitation_awaits(tx, &user.email, realm_tenant(user.realm), places.clock.now()).await?
    {
        return Ok(());
    }
    // Where each tenant has people of its own, who founds one gets that; the others are people of somebody who let them in.
    let id = match realm_tenant(user.realm) {
        Some(tenant) if realm_is_founders(user.realm, user.id) => tenant,
        Some(_) => return Ok(()),
        None => places.ids.next(),
    };
    let before_at = user.email.split('@').next().filter(|name| name_check("", name, 64).is_ok()).unwrap_or("me");
    let wished = user.user_metadata.get("organization").and_then(Value::as_str).filter(|_| !personal);
    // A name that cannot be used must not keep somebody from signing up.
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

/// Opens the account of an organization that was made in this transaction, with its trial, where the product has one.
pub async fn account_begin(backbone: &Backbone, tx: &mut SystemTx, tenant: TenantId) -> Result<()> {
    open(tx, backbone.billing.as_ref(), tenant, backbone.clock.now()).await
}

async fn open(tx: &mut SystemTx, billing: Option<&Billing>, tenant: TenantId, now: Timestamp) -> Result<()> {
    match billing {
        Some(billing) => account_open(tx, billing, tenant, now).await,
        None => Ok(()),
    }
}

/// Sends a sign-in mail to an address, making the person first where there is none and `create` says so.
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
    link_request(&backbone.identity, new, client).await
}
