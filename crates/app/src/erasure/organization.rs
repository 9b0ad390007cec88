//! The deletion of organizations.

use freehold_billing::erasure::subscription_renews;
use freehold_core::{Context, Error, Result, TenantId, UserId, codes};
use freehold_db::{
    SystemTx,
    audit::{EntryActor, NewEntry, audit_append_system},
};
use freehold_delivery::mail::{NewMail, mail_enqueue};
use freehold_privacy::erasure::{
    ARCHIVED_DAYS, ClosingTenant, DeletionReason, NewTenantDeletion, ORGANIZATION_DELETED_MAIL,
    ORGANIZATION_DELETION_MAIL, TenantDeletion, due_at,
    purge::{
        CALM, tenant_erasure_begin, tenant_erasure_end, tenant_erasures_open, tenant_remove, tenant_tables,
        tenant_tables_purge,
    },
    tenant_deletion_cancel, tenant_deletion_find, tenant_deletion_postpone, tenant_deletion_request, tenant_lock,
    tenants_archived, tenants_revived,
};
use freehold_tenancy::member::{Membership, membership_find, owner_emails};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::run_soon;
use crate::App;

/// Why an organization with a subscription is not deleted.
const RENEWS: &str = "The organization has a subscription that renews. Cancel it (POST /api/v1/billing/cancel), then \
                      delete the organization.";

/// The requested deletion of an organization of the user; none: it was not requested.
///
/// # Errors
/// `not_found` when the user is not a member.
pub async fn organization_deletion_get(app: &App, user: UserId, tenant: TenantId) -> Result<Option<TenantDeletion>> {
    let mut tx = app.db.system("show the deletion of an organization").begin().await?;
    member(&mut tx, user, tenant).await?;
    tenant_deletion_find(&mut tx, tenant).await
}

/// Requests the deletion of an organization that the user owns; `slug` confirms which. It is read-only from now on, and
/// is deleted when the grace period is over. A repeated request changes nothing.
///
/// # Errors
/// `not_found` when the user is not a member; `permission_denied` when they are no owner; `validation_failed` for
/// another slug; `conflict` while a subscription renews.
pub async fn organization_deletion_request(
    app: &App,
    user: UserId,
    tenant: TenantId,
    slug: &str,
) -> Result<TenantDeletion> {
    let mut tx = app.db.system("request the deletion of an organization").begin().await?;
    owner(&mut tx, user, tenant).await?;
    let found = tenant_lock(&mut tx, tenant).await?;
    if slug.trim() != found.slug {
        let message = format!("expected the slug of the organization, {:?}, to confirm the deletion", found.slug);
        return Err(Error::invalid("/slug", message));
    }
    let earlier = tenant_deletion_find(&mut tx, tenant).await?;
    if let Some(earlier) = earlier.filter(|earlier| earlier.reason != DeletionReason::Retention.name()) {
        return Ok(earlier);
    }
    renewal_check(&mut tx, tenant).await?;
    let due_at = due_at(&app.settings, tx.now());
    let new = NewTenantDeletion { tenant, reason: DeletionReason::Owner, by: Some(user), due_at };
    let requested = tenant_deletion_request(&mut tx, new).await?;
    let entry = NewEntry::new(tx.id(), "organization.deletion_requested", tenant).detail(json!({ "due_at": due_at }));
    audit_append_system(&mut tx, tenant, EntryActor::user(user), entry).await?;
    owners_mail(app, &mut tx, &found, &requested).await?;
    if due_at <= tx.now() {
        run_soon(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(requested)
}

/// Cancels the deletion of an organization that the user owns. Does nothing when none was requested.
///
/// # Errors
/// `not_found`; `permission_denied` when the user is no owner; `conflict` when erasing has begun.
pub async fn organization_deletion_cancel(app: &App, user: UserId, tenant: TenantId) -> Result<()> {
    let mut tx = app.db.system("cancel the deletion of an organization").begin().await?;
    owner(&mut tx, user, tenant).await?;
    tenant_lock(&mut tx, tenant).await?;
    if tenant_deletion_cancel(&mut tx, tenant).await? {
        let entry = NewEntry::new(tx.id(), "organization.deletion_cancelled", tenant);
        audit_append_system(&mut tx, tenant, EntryActor::user(user), entry).await?;
    }
    tx.commit().await
}

async fn member(tx: &mut SystemTx, user: UserId, tenant: TenantId) -> Result<Membership> {
    membership_find(tx, user, tenant).await?.ok_or_else(|| Error::not_found("organization"))
}

async fn owner(tx: &mut SystemTx, user: UserId, tenant: TenantId) -> Result<()> {
    if member(tx, user, tenant).await?.role == "owner" {
        return Ok(());
    }
    Err(Error::new(codes::PERMISSION_DENIED, "Only an owner of the organization may delete it or cancel that."))
}

/// Refuses to delete an organization that pays on.
pub(super) async fn renewal_check(tx: &mut SystemTx, tenant: TenantId) -> Result<()> {
    if subscription_renews(tx, tenant).await? { Err(Error::new(codes::CONFLICT, RENEWS)) } else { Ok(()) }
}

/// Tells the owners that the deletion was requested.
async fn owners_mail(app: &App, tx: &mut SystemTx, tenant: &ClosingTenant, requested: &TenantDeletion) -> Result<()> {
    let (id, at) = (requested.tenant_id, requested.requested_at.as_microsecond());
    for (index, email) in owner_emails(tx, id).await?.iter().enumerate() {
        let cause = format!("deletion/{id}/{at}/{index}");
        let data = mail_data(app, &tenant.name, requested.due_at, &requested.reason);
        let template = ORGANIZATION_DELETION_MAIL;
        mail_enqueue(tx, &app.infra, NewMail { template, cause: &cause, to: email, data, tenant: Some(id) }).await?;
    }
    Ok(())
}

/// The data of a mail about a deletion.
pub(super) fn mail_data(app: &App, organization: &str, day: Timestamp, reason: &str) -> Map<String, Value> {
    let fields = [
        ("product_name", json!(app.product.name)),
        ("organization", json!(organization)),
        ("day", json!(day)),
        ("reason", json!(reason)),
        ("site_url", json!(app.site_url)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Requests the deletion of organizations that have been archived for as long as the operator set, and cancels it for
/// those that pay again.
pub(super) async fn archived_request(app: &App) -> Result<()> {
    tenants_revived(&app.db).await?;
    let days = app.settings.get(&ARCHIVED_DAYS);
    if days == 0 {
        return Ok(());
    }
    let kept = SignedDuration::from_hours(24 * days);
    let before = app.clock.now().saturating_sub(kept).context("subtracting days")?;
    for tenant in tenants_archived(&app.db, before).await? {
        let mut tx = app.db.system("request the deletion of an archived organization").begin().await?;
        let found = tenant_lock(&mut tx, tenant).await?;
        if found.standing != "archived" {
            continue;
        }
        let due_at = due_at(&app.settings, tx.now());
        let new = NewTenantDeletion { tenant, reason: DeletionReason::Retention, by: None, due_at };
        let requested = tenant_deletion_request(&mut tx, new).await?;
        owners_mail(app, &mut tx, &found, &requested).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Deletes an organization whose deletion is due, or continues to. Returns whether it is deleted.
pub(super) async fn organization_erase(app: &App, tenant: TenantId) -> Result<bool> {
    if !organization_begin(app, tenant).await? {
        return Ok(false);
    }
    app.system_callers.forget();
    organization_empty(app, tenant).await?;
    let mut tx = app.db.system("delete an organization").begin().await?;
    let Ok(found) = tenant_lock(&mut tx, tenant).await else { return Ok(false) };
    let now = tx.now();
    for email in owner_emails(&mut tx, tenant).await? {
        // The mail is kept for a month, so it names no organization by its id.
        let cause = format!("deleted/{}", tx.id::<()>());
        let data = mail_data(app, &found.name, now, "");
        let template = ORGANIZATION_DELETED_MAIL;
        mail_enqueue(&mut tx, &app.infra, NewMail { template, cause: &cause, to: &email, data, tenant: None }).await?;
    }
    tenant_remove(&mut tx, tenant).await?;
    tx.commit().await?;
    Ok(true)
}

/// Begins the erasure, unless something speaks against it.
async fn organization_begin(app: &App, tenant: TenantId) -> Result<bool> {
    let mut tx = app.db.system("begin to delete an organization").begin().await?;
    // It may have been deleted meanwhile.
    let Ok(found) = tenant_lock(&mut tx, tenant).await else { return Ok(false) };
    let Some(requested) = tenant_deletion_find(&mut tx, tenant).await? else { return Ok(false) };
    if requested.begun_at.is_none() {
        if requested.reason == DeletionReason::Retention.name() && found.standing != "archived" {
            return Ok(false);
        }
        if let Err(error) = renewal_check(&mut tx, tenant).await {
            tenant_deletion_postpone(&mut tx, tenant, error.message()).await?;
            tx.commit().await?;
            return Ok(false);
        }
    }
    let begun = tenant_erasure_begin(&mut tx, tenant).await?;
    tx.commit().await?;
    Ok(begun)
}

/// Deletes everything of an organization but the rows of the control plane. Returns the number of rows.
async fn organization_empty(app: &App, tenant: TenantId) -> Result<u64> {
    for hook in app.modules.iter().filter_map(|module| module.hooks.erase) {
        hook(app, tenant).await?;
    }
    tenant_tables_purge(&app.db, tenant, &tenant_tables(&app.modules)).await
}

/// Looks once more for rows and objects of organizations that were deleted some time ago. Returns the number of those
/// of which nothing was found.
///
/// # Errors
/// When the database or another service does not answer.
pub async fn erasures_complete(app: &App) -> Result<u64> {
    let before = app.clock.now().saturating_sub(CALM).context("subtracting minutes")?;
    let mut completed = 0;
    for erasure in tenant_erasures_open(&app.db, before).await? {
        if organization_empty(app, erasure.id).await? == 0 {
            tenant_erasure_end(&app.db, erasure.id).await?;
            completed += 1;
        }
    }
    Ok(completed)
}
