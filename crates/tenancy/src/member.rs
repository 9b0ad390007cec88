//! The members of a tenant and their roles.

mod store;

use std::collections::BTreeMap;

use freehold_core::{
    Area, Caller, Error, OptionExt, Permission, PlacePage, PlaceRequest, Result, Role, TenantId, UserId, codes,
};
use freehold_db::{
    Db, OnConstraint, SystemTx, TenantTx,
    audit::{NewEntry, audit_append},
    row,
};
use freehold_jobs::outbox::event_publish;
use jiff::Timestamp;
use serde_json::json;

pub use store::STATEMENTS;

use crate::event::{MemberChanged, MemberRemoved};

row! {
    /// A member of a tenant.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Member {
        /// Id of the user.
        pub user_id: UserId,
        /// Role of the member: `viewer`, `member`, `admin` or `owner`.
        pub role: String,
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
        /// The user's role in the organization.
        pub role: String,
        /// Id of the organization's plan.
        pub plan: String,
        /// State of the organization: `good`, `suspended`, `archived` or `closing`.
        pub standing: String,
        /// When the user last selected the organization, UTC.
        pub selected_at: Timestamp,
    }
}

/// The permission to change members and invitations.
pub const WRITE: Permission = Permission::write(Area::Members);

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
/// `not_found`; `permission_denied`; `conflict` for the last owner; for a higher role also the errors of
/// [`Caller::allow_change`].
pub async fn member_change_role(db: &Db, caller: &Caller, areas: &[Area], user: UserId, role: Role) -> Result<Member> {
    let writer = caller.allow_taking_away_from(user, WRITE)?;
    let mut tx = db.tenant(&writer).begin().await?;
    let current = rank_check(&mut tx, areas, user).await?;
    if role > current {
        caller.allow(WRITE)?;
        caller.allow_change()?;
        caller.bounds().check_role(role, areas)?;
        caller_check(&mut tx).await?;
    }
    let changed = tx.fetch_optional(store::member_change_role(user, role.name())).await?.or_not_found("member")?;
    let told = MemberChanged { user_id: user, role: changed.role.clone() };
    let event = event_publish(&mut tx, &told).await?;
    let entry = NewEntry::of_event(event, "member.role_changed", user)
        .detail(json!({ "role": changed.role }))
        .changed(json!({ "role": current.name() }), json!({ "role": changed.role }));
    audit_append(&mut tx, entry).await?;
    commit(tx).await?;
    Ok(changed)
}

/// Ends a membership, in every state of the organization. Members need no permission to leave. `areas` are all areas
/// that roles cover.
///
/// # Errors
/// `not_found`; `permission_denied` for a member above the caller; `conflict` for the last owner.
pub async fn member_remove(db: &Db, caller: &Caller, areas: &[Area], user: UserId) -> Result<()> {
    let writer = caller.allow_taking_away_from(user, WRITE)?;
    let mut tx = db.tenant(&writer).begin().await?;
    let role = rank_check(&mut tx, areas, user).await?;
    if tx.execute(store::member_delete(user)).await? == 0 {
        return Err(Error::not_found("member"));
    }
    let event = event_publish(&mut tx, &MemberRemoved { user_id: user }).await?;
    let entry = NewEntry::of_event(event, "member.removed", user)
        .changed(json!({ "role": role.name() }), json!({ "role": null }));
    audit_append(&mut tx, entry).await?;
    commit(tx).await
}

/// Commits a change of members, unless the organization would lose its last owner.
async fn commit(tx: TenantTx) -> Result<()> {
    tx.commit().await.on_constraint("members_keep_owner", || {
        Error::new(codes::CONFLICT, "An organization needs an owner. Make another member an owner first.")
    })
}

/// Locks the member's role, if the caller's authority reaches up to it. A key with scopes never reaches administrators
/// and owners, since removing them also suspends their keys.
async fn rank_check(tx: &mut TenantTx, areas: &[Area], user: UserId) -> Result<Role> {
    let caller = tx.caller().clone();
    // Two owners who leave at the same time would each see the other stay, so the second one waits for the first.
    tx.fetch_all(store::owners_lock()).await?;
    let (current,) = tx.fetch_optional(store::role_lock(user)).await?.or_not_found("member")?;
    let current: Role = current.parse()?;
    caller.role().reach(current)?;
    if caller.api_key().is_some() && current >= Role::Admin {
        caller.bounds().check_role(current, areas)?;
    }
    Ok(current)
}

/// Refuses a caller whose user has lost the role since authentication: callers are cached for half a second, and what
/// is granted within it would last. The role is locked until the transaction ends.
///
/// # Errors
/// `permission_denied`.
pub(crate) async fn caller_check(tx: &mut TenantTx) -> Result<()> {
    let caller = tx.caller().clone();
    let Some(user) = caller.behind() else { return Ok(()) };
    let found = tx.fetch_optional(store::role_share(user)).await?;
    caller.still_has(found.map(|(role,)| role.parse()).transpose()?)
}
