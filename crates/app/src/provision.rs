//! Creates organizations: at a user's first sign-in, and when a user asks for one.

use freehold_billing::unpaid::organization_allowed;
use freehold_catalog::Tenancy;
use freehold_core::{Result, UserId, name_check};
use freehold_db::SystemTx;
use freehold_identity::{realm_is_founders, realm_tenant, user::User};
use freehold_metering::plan::plan_of_new_tenant;
use freehold_tenancy::{
    invitation::invitation_awaits,
    tenant::{NewTenant, Tenant, tenant_create},
};
use serde_json::Value;

use crate::{App, hooks::tenant_created};

/// Creates an organization for a user who signs in for the first time, in the same transaction. Where users sign up
/// with an organization, its name is `organization` in the sign-up's data.
///
/// A user with an open invitation gets none, since they came to join that organization.
pub async fn newcomer_settle(app: &App, tx: &mut SystemTx, user: &User) -> Result<()> {
    let personal = app.product.tenancy == Tenancy::Personal;
    if !personal && user.confirmed() && invitation_awaits(tx, &user.email, realm_tenant(user.realm)).await? {
        return Ok(());
    }
    // Where each tenant has its own users, the first user creates the tenant; later ones were admitted by a member.
    let id = match realm_tenant(user.realm) {
        Some(tenant) if realm_is_founders(user.realm, user.id) => tenant,
        Some(_) => return Ok(()),
        None => app.ids.next(),
    };
    let before_at = user.email.split('@').next().filter(|name| name_check("", name, 64).is_ok()).unwrap_or("me");
    let wished = user.user_metadata.get("organization").and_then(Value::as_str).filter(|_| !personal);
    // An unusable name must not prevent a sign-up.
    let name = match wished.and_then(|name| name_check("", name, 200).ok()) {
        Some(wished) => wished,
        None if personal => before_at.to_owned(),
        None => format!("{before_at}'s organization"),
    };
    let plan = plan_of_new_tenant(&app.product);
    create(app, tx, NewTenant { id, name, personal, plan, owner: user.id }).await.map(drop)
}

/// Creates an organization that this user asked for and owns.
///
/// # Errors
/// `unpaid_organizations` when the user owns as many without a payment as this server allows; `validation` for a name
/// that cannot be used.
pub async fn organization_create(app: &App, owner: UserId, name: String) -> Result<Tenant> {
    let mut tx = app.db.system("create an organization").begin().await?;
    if let Some(billing) = &app.billing {
        organization_allowed(&mut tx, billing, owner).await?;
    }
    let plan = plan_of_new_tenant(&app.product);
    let new = NewTenant { id: app.ids.next(), name, personal: false, plan, owner };
    let tenant = create(app, &mut tx, new).await?;
    tx.commit().await?;
    Ok(tenant)
}

async fn create(app: &App, tx: &mut SystemTx, new: NewTenant) -> Result<Tenant> {
    let tenant = tenant_create(tx, new).await?;
    tenant_created(app, tx, tenant.tenant_id).await?;
    Ok(tenant)
}
