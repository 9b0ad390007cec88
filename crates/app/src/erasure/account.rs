//! The deletion of users by themselves.

use freehold_core::{Error, Result, UserId, codes};
use freehold_db::SystemTx;
use freehold_delivery::mail::{NewMail, mail_enqueue};
use freehold_identity::{
    access_token::Holder,
    admin::user_delete,
    erasure::{deletion_check, deletion_confirm},
    project::elsewhere,
    session::sessions_revoke,
};
use freehold_module::ErasedUser;
use freehold_privacy::{
    erasure::{
        ACCOUNT_DELETION_MAIL, DeletionReason, NewTenantDeletion, UserDeletion, UserOrganization, due_at,
        tenant_deletion_request, user_addresses, user_deletion_cancel, user_deletion_find, user_deletion_lock,
        user_deletion_postpone, user_deletion_request, user_erasure_note, user_organizations,
    },
    export::tenant_of_user,
};
use freehold_tenancy::departure::person_depart;

use super::{
    organization::{mail_data, organization_empty, renewal_check},
    run_soon,
};
use crate::App;

/// The requested deletion of a user; none: it was not requested.
pub async fn account_deletion_get(app: &App, user: UserId) -> Result<Option<UserDeletion>> {
    let mut tx = app.db.system("show the deletion of an account").begin().await?;
    user_deletion_find(&mut tx, user).await
}

/// Requests the deletion of the user of this session. `email` confirms it, and `nonce` is the code of a
/// reauthentication where the session is older than a day. A repeated request changes nothing.
///
/// # Errors
/// Those of [`deletion_check`] and [`deletion_confirm`]; `conflict` when the user is the only owner of an organization
/// with other members, or the only member of one whose subscription renews.
pub async fn account_deletion_request(
    app: &App,
    holder: Holder,
    email: Option<&str>,
    nonce: Option<&str>,
) -> Result<UserDeletion> {
    // Their project deletes users who sign in there.
    if let Some(project) = &app.identity.tokens.project {
        return Err(elsewhere(project));
    }
    let user = deletion_check(&app.identity.limits, holder, nonce).await?;
    deletion_confirm(&user, email)?;
    let mut tx = app.db.system("request the deletion of an account").begin().await?;
    if let Some(earlier) = user_deletion_find(&mut tx, user.id).await? {
        return Ok(earlier);
    }
    organizations_check(&mut tx, user.id).await?;
    let due_at = due_at(&app.settings, tx.now());
    let requested = user_deletion_request(&mut tx, user.id, due_at).await?;
    if !user.email.is_empty() {
        let cause = format!("account_deletion/{}/{}", user.id, requested.requested_at.as_microsecond());
        let data = mail_data(app, "", due_at, "");
        let template = ACCOUNT_DELETION_MAIL;
        let mail = NewMail { template, cause: &cause, to: &user.email, data, tenant: None };
        mail_enqueue(&mut tx, &app.infra, mail).await?;
    }
    if due_at <= tx.now() {
        run_soon(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(requested)
}

/// Cancels the deletion of a user. Does nothing when none was requested.
pub async fn account_deletion_cancel(app: &App, user: UserId) -> Result<()> {
    let mut tx = app.db.system("cancel the deletion of an account").begin().await?;
    user_deletion_cancel(&mut tx, user).await?;
    tx.commit().await
}

/// The organizations that go with the user, because they have no other member.
///
/// # Errors
/// `conflict` when one has other members and no other owner, or one that goes has a subscription that renews.
async fn organizations_check(tx: &mut SystemTx, user: UserId) -> Result<Vec<UserOrganization>> {
    let all = user_organizations(tx, user).await?;
    if let Some(left) = all.iter().find(|each| each.only_owner && each.others > 0) {
        let message = format!(
            "You are the only owner of {}, which has other members. Make one of them an owner, or delete the \
             organization, first.",
            left.slug
        );
        return Err(Error::new(codes::CONFLICT, message));
    }
    let alone: Vec<UserOrganization> = all.into_iter().filter(|each| each.others == 0).collect();
    for each in &alone {
        renewal_check(tx, each.tenant_id).await?;
    }
    Ok(alone)
}

/// Deletes a user whose deletion is due. Returns whether they are deleted; if something speaks against it, it is
/// recorded and tried again later.
pub(super) async fn account_erase(app: &App, user: UserId) -> Result<bool> {
    match account_erase_now(app, user).await {
        Err(error) if error.is(codes::CONFLICT) => {
            let mut tx = app.db.system("postpone the deletion of an account").begin().await?;
            user_deletion_postpone(&mut tx, user, error.message()).await?;
            tx.commit().await?;
            Ok(false)
        }
        done => done,
    }
}

async fn account_erase_now(app: &App, user: UserId) -> Result<bool> {
    let mut tx = app.db.system("delete an account").begin().await?;
    if user_deletion_lock(&mut tx, user).await?.is_none() {
        return Ok(false);
    }
    for alone in organizations_check(&mut tx, user).await? {
        let due_at = tx.now();
        let new = NewTenantDeletion { tenant: alone.tenant_id, reason: DeletionReason::Account, by: None, due_at };
        tenant_deletion_request(&mut tx, new).await?;
    }
    let erased = ErasedUser { id: user, addresses: user_addresses(&mut tx, user).await? };
    person_depart(&mut tx, &app.vault, user).await?;
    for hook in app.modules.iter().filter_map(|module| module.hooks.erase_user) {
        hook(app, &mut tx, &erased).await?;
    }
    let (_, sessions) = user_delete(&mut tx, user).await?;
    user_deletion_cancel(&mut tx, user).await?;
    // Exports of the user's own data are stored under a tenant of their own.
    let own = tenant_of_user(user);
    user_erasure_note(&mut tx, user, own).await?;
    tx.commit().await?;
    sessions_revoke(&app.identity.tokens.verifier, &sessions);
    organization_empty(app, own).await?;
    Ok(true)
}
