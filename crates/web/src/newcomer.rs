//! Somebody new: signing in makes a person, and a person gets a place. Both faces let people in, so it is said here.

use freehold_billing::account::account_open;
use freehold_catalog::Tenancy;
use freehold_core::{Error, Result, TenantId};
use freehold_db::SystemTx;
use freehold_identity::{
    codes,
    sign_in::mail_sign_in,
    sign_up::{SignUp, SignedUp, sign_up},
    user::{User, user_find_by_email},
};
use freehold_metering::plan::plan_of_new_tenant;
use freehold_tenancy::tenant::{NewTenant, tenant_create};
use serde_json::Value;

use crate::Backbone;

/// Gives somebody who has just been made an organization to own, in the same transaction. In a product of organizations
/// it is called what the sign-up named as `organization` in its data.
pub async fn newcomer_settle(backbone: &Backbone, tx: &mut SystemTx, user: &User) -> Result<()> {
    let personal = backbone.product.tenancy == Tenancy::Personal;
    let before_at = user.email.split('@').next().filter(|name| !name.is_empty()).unwrap_or("me");
    let wished = user.user_metadata.get("organization").and_then(Value::as_str).map(str::trim);
    let usable =
        |name: &&str| !personal && (1..=200).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let name = match wished.filter(usable) {
        Some(wished) => wished.to_owned(),
        None if personal => before_at.to_owned(),
        None => format!("{before_at}'s organization"),
    };
    let plan = plan_of_new_tenant(&backbone.product);
    let new = NewTenant { id: backbone.ids.next(), name, personal, plan, owner: user.id };
    let tenant = tenant_create(tx, new, backbone.clock.now()).await?.tenant_id;
    account_begin(backbone, tx, tenant).await
}

/// Opens the account of an organization that was made in this transaction, with its trial, where the product has one.
pub async fn account_begin(backbone: &Backbone, tx: &mut SystemTx, tenant: TenantId) -> Result<()> {
    match &backbone.billing {
        Some(billing) => account_open(tx, billing, tenant, backbone.clock.now()).await,
        None => Ok(()),
    }
}

/// Sends a sign-in mail to an address, making the person first where there is none and `create` says so.
pub async fn person_mail(
    backbone: &Backbone,
    email: String,
    create: bool,
    data: Value,
    redirect_to: String,
) -> Result<()> {
    let identity = &backbone.identity;
    let mut tx = backbone.db.system("sign in by mail").begin().await?;
    match user_find_by_email(&mut tx, &email).await? {
        Some(user) => mail_sign_in(identity, &mut tx, &user, &redirect_to).await?,
        None if !create => return Err(Error::new(codes::OTP_DISABLED, "Signups not allowed for otp")),
        None => {
            let new =
                SignUp { email, password_hash: None, same_password: true, data, redirect_to: redirect_to.clone() };
            if let SignedUp::New(user) = sign_up(identity, &mut tx, new).await? {
                newcomer_settle(backbone, &mut tx, &user).await?;
                if user.confirmed() {
                    // Nothing to confirm here, so nothing was sent yet.
                    mail_sign_in(identity, &mut tx, &user, &redirect_to).await?;
                }
            }
        }
    }
    tx.commit().await
}
