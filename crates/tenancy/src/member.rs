//! The members of a tenant and their roles.

mod store;
mod transfer;
mod transfer_mail;

use std::collections::BTreeMap;

use freehold_core::{
    Area, Bounds, Caller, Error, OptionExt, PlacePage, PlaceRequest, Result, Role, TenantId, UserId, codes,
};
use freehold_db::{
    Db, OnConstraint, SystemTx, TenantTx,
    audit::{NewEntry, audit_append},
    row,
};
use freehold_jobs::outbox::event_publish;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

pub use store::STATEMENTS;
pub use transfer::{OwnershipLetter, ownership_transfer};
pub use transfer_mail::OWNERSHIP_MAIL;

pub use crate::authority::WRITE;
use crate::{
    authority::{caller_check, members_lock},
    event::{MemberChanged, MemberRemoved},
    role::{RoleChoice, RoleId, detail, rights_find},
};

row! {
    /// A member of a tenant.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Member {
        /// Id of the user.
        pub user_id: UserId,
        /// Role of the member: `viewer`, `member`, `admin` or `owner`; with a custom role its base.
        pub role: String,
        /// Id of the member's custom role; none for a built-in role.
        pub role_id: Option<RoleId>,
        /// Name of the custom role; none for a built-in role.
        pub role_name: Option<String>,
        /// The permissions of the custom role; empty for a built-in role.
        pub permissions: Vec<String>,
        /// When the user became a member, UTC.
        pub joined_at: Timestamp,
    }
}

row! {
    /// A user's membership of an organization.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Membership {
        /// Id of the organization.
        pub tenant_id: TenantId,
        /// Name of the organization.
        pub name: String,
        /// Name of the organization for URLs.
        pub slug: String,
        /// Whether the organization was created for the user at sign-up.
        pub personal: bool,
        /// The user's role in the organization: `viewer`, `member`, `admin` or `owner`; with a custom role its base.
        pub role: String,
        /// Id of the user's custom role; none for a built-in role.
        pub role_id: Option<RoleId>,
        /// Name of the custom role; none for a built-in role.
        pub role_name: Option<String>,
        /// The permissions of the custom role; empty for a built-in role.
        pub permissions: Vec<String>,
        /// Id of the organization's plan.
        pub plan: String,
        /// State of the organization: `good`, `suspended`, `archived` or `closing`.
        pub standing: String,
        /// Id of the file with the organization's logo; none: it has no logo.
        pub logo_file: Option<Uuid>,
        /// When the user last selected the organization, UTC.
        pub selected_at: Timestamp,
    }
}

impl Member {
    /// What the member may do.
    ///
    /// # Errors
    /// `internal` for an unknown role.
    pub fn bounds(&self) -> Result<Bounds> {
        Ok(Bounds::of_member(self.role.parse()?, &self.permissions))
    }
}

/// A page of the members of the caller's organization, in the order in which they joined.
///
/// # Errors
/// `permission_denied`.
pub async fn member_list(db: &Db, caller: &Caller, request: PlaceRequest) -> Result<PlacePage<Member>> {
    caller.allow_looking_at(Area::Members)?;
    let rows = store::member_list(request.after_time(), request.after_id(), request.rows());
    let rows = db.tenant(caller).fetch_all(rows).await?;
    Ok(request.page(rows, |member| (member.joined_at, member.user_id)))
}

/// The e-mail addresses of these users, of those who are members of the caller's organization and have one.
///
/// # Errors
/// `permission_denied`.
pub async fn member_emails(db: &Db, caller: &Caller, users: &[UserId]) -> Result<BTreeMap<UserId, String>> {
    caller.allow_looking_at(Area::Members)?;
    let users = users.iter().map(|user| user.uuid()).collect();
    let system = db.system("name the members of an organization");
    let found = system.fetch_all(store::member_emails(caller.tenant(), users)).await?;
    Ok(found.into_iter().collect())
}

/// The e-mail addresses of an organization's owners, of those who have one.
pub async fn owner_emails(tx: &mut SystemTx, tenant: TenantId) -> Result<Vec<String>> {
    let found = tx.fetch_all(store::owner_emails(tenant)).await?;
    Ok(found.into_iter().map(|(email,)| email).collect())
}

/// A page of a user's organizations, the last selected first.
pub async fn membership_list(tx: &mut SystemTx, user: UserId, request: PlaceRequest) -> Result<PlacePage<Membership>> {
    let rows = store::membership_list(user, request.after_time(), request.after_id(), request.rows());
    let rows = tx.fetch_all(rows).await?;
    Ok(request.page(rows, |membership| (membership.selected_at, membership.tenant_id)))
}

/// The user's membership of one organization.
pub async fn membership_find(tx: &mut SystemTx, user: UserId, tenant: TenantId) -> Result<Option<Membership>> {
    tx.fetch_optional(store::membership_find(user, tenant)).await
}

/// Makes a user a member.
pub async fn member_add(tx: &mut SystemTx, tenant: TenantId, user: UserId, role: Role) -> Result<()> {
    tx.execute(store::member_insert(tenant, user, role.name()))
        .await
        .on_constraint("members_pkey", || Error::new(codes::CONFLICT, "The user is a member already."))?;
    Ok(())
}

/// Selects `tenant` as the organization of the user's requests. `not_found` when the user is not a member.
pub async fn membership_select(tx: &mut SystemTx, tenant: TenantId, user: UserId) -> Result<()> {
    match tx.execute(store::membership_select(tenant, user)).await? {
        0 => Err(Error::not_found("organization")),
        _ => Ok(()),
    }
}

/// Changes a member's role. Callers cannot grant more than their own authority, nor change members above them; they
/// need no permission to lower their own role. Lowering a role works in every state of the organization. `areas` are
/// all areas that roles cover.
///
/// # Errors
/// `not_found`, also for an unknown custom role; `permission_denied`; `conflict` for the last owner; for a role that
/// includes more also the errors of [`Caller::allow_change`].
pub async fn member_change_role(
    db: &Db,
    caller: &Caller,
    areas: &[Area],
    user: UserId,
    choice: RoleChoice,
) -> Result<Member> {
    let writer = caller.allow_taking_away_from(user, WRITE)?;
    let mut tx = db.tenant(&writer).begin().await?;
    let current = rank_check(&mut tx, areas, user).await?;
    let rights = rights_find(&mut tx, choice).await?;
    if !current.include(&rights.bounds(), areas) {
        caller.allow(WRITE)?;
        caller.allow_change()?;
        caller.bounds().check_member(&rights.bounds(), areas)?;
        caller_check(&mut tx).await?;
    }
    let change = store::member_change_role(user, rights.role.name(), rights.role_id, &rights.permissions);
    let changed = tx.fetch_optional(change).await?.or_not_found("member")?;
    record_change(&mut tx, &current, &changed).await?;
    commit(tx).await?;
    Ok(changed)
}

/// Publishes and records that a member got another role.
async fn record_change(tx: &mut TenantTx, before: &Bounds, changed: &Member) -> Result<()> {
    let Member { user_id, role, role_id, .. } = changed;
    let told = MemberChanged { user_id: *user_id, role: role.clone(), role_id: *role_id };
    let event = event_publish(tx, &told).await?;
    let entry = NewEntry::of_event(event, "member.role_changed", user_id)
        .detail(detail(role, changed.role_name.as_deref()))
        .changed(facts(before), facts(&changed.bounds()?));
    audit_append(tx, entry).await
}

/// A member's role for the audit; a custom one with its permissions.
fn facts(bounds: &Bounds) -> Value {
    let role = bounds.role.name();
    if bounds.scopes.are_everything() {
        json!({ "role": role })
    } else {
        json!({ "role": role, "permissions": bounds.scopes.names() })
    }
}

/// Ends a membership, in every state of the organization. Members need no permission to leave. `areas` are all areas
/// that roles cover.
///
/// # Errors
/// `not_found`; `permission_denied` for a member above the caller; `conflict` for the last owner.
pub async fn member_remove(db: &Db, caller: &Caller, areas: &[Area], user: UserId) -> Result<()> {
    let writer = caller.allow_taking_away_from(user, WRITE)?;
    let mut tx = db.tenant(&writer).begin().await?;
    let current = rank_check(&mut tx, areas, user).await?;
    if tx.execute(store::member_delete(user)).await? == 0 {
        return Err(Error::not_found("member"));
    }
    let event = event_publish(&mut tx, &MemberRemoved { user_id: user }).await?;
    let entry = NewEntry::of_event(event, "member.removed", user).changed(facts(&current), json!({ "role": null }));
    audit_append(&mut tx, entry).await?;
    commit(tx).await
}

/// Commits a change of members, unless the organization would lose its last owner.
async fn commit(tx: TenantTx) -> Result<()> {
    tx.commit().await.on_constraint("members_keep_owner", || {
        Error::new(codes::CONFLICT, "An organization needs an owner. Make another member an owner first.")
    })
}

/// Succeeds when the caller's authority reaches up to a member with these bounds. Callers with scopes, which are keys and
/// members with custom roles, reach administrators and owners only with all of their permissions, since removing a
/// member also suspends their keys. `areas` are all areas that roles cover.
///
/// # Errors
/// `permission_denied`.
pub fn reach_check(caller: &Caller, areas: &[Area], user: UserId, current: &Bounds) -> Result<()> {
    caller.role().reach(current.role)?;
    let limited = caller.api_key().is_some() || !caller.scopes().are_everything();
    if limited && current.role >= Role::Admin && caller.user() != Some(user) {
        caller.bounds().check_member(current, areas)?;
    }
    Ok(())
}

/// Locks the member's role, if the caller's authority reaches up to it.
async fn rank_check(tx: &mut TenantTx, areas: &[Area], user: UserId) -> Result<Bounds> {
    let caller = tx.caller().clone();
    members_lock(tx).await?;
    // Two owners who leave at the same time would each see the other stay, so the second one waits for the first.
    tx.fetch_all(store::owners_lock()).await?;
    let (role, permissions) = tx.fetch_optional(store::role_lock(user)).await?.or_not_found("member")?;
    let current = Bounds::of_member(role.parse()?, &permissions);
    reach_check(&caller, areas, user, &current)?;
    Ok(current)
}
