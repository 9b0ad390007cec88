//! Who belongs to a tenant, with which role.

mod store;

use freehold_core::{
    Area, Caller, Error, Id, OptionExt, Permission, PlacePage, PlaceRequest, Result, Role, TenantId, UserId, codes,
};
use freehold_db::{OnConstraint, SystemTx, TenantTx, row};
use freehold_jobs::outbox::{EventId, event_publish};
use jiff::Timestamp;
use serde_json::{Value, json};

pub use store::STATEMENTS;

use crate::{
    audit::{NewEntry, audit_append},
    event::{MemberChanged, MemberRemoved},
};

row! {
    /// One membership.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Member {
        /// Who.
        pub user_id: UserId,
        /// `viewer`, `member`, `admin` or `owner`.
        pub role: String,
        /// Since when.
        pub joined_at: Timestamp,
    }
}

row! {
    /// One of the organizations a person belongs to.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Membership {
        /// Which organization.
        pub tenant_id: TenantId,
        /// Its name.
        pub name: String,
        /// Its slug.
        pub slug: String,
        /// The person's own.
        pub personal: bool,
        /// The person's role there.
        pub role: String,
        /// The plan's id.
        pub plan: String,
        /// `good`, `suspended` or `archived`.
        pub standing: String,
        /// When the user last switched to it.
        pub selected_at: Timestamp,
    }
}

/// A page of the members of the caller's organization, the first to join first.
pub async fn member_list(tx: &mut TenantTx, request: PlaceRequest) -> Result<PlacePage<Member>> {
    let rows = tx.fetch_all(store::member_list(request.after_time(), request.after_id(), request.rows())).await?;
    Ok(request.page(rows, |member| (member.joined_at, member.user_id)))
}

/// A page of the organizations a user belongs to, the one last switched to first.
pub async fn membership_list(tx: &mut SystemTx, user: UserId, request: PlaceRequest) -> Result<PlacePage<Membership>> {
    let rows = store::membership_list(user, request.after_time(), request.after_id(), request.rows());
    let rows = tx.fetch_all(rows).await?;
    Ok(request.page(rows, |membership| (membership.selected_at, membership.tenant_id)))
}

/// The user's membership of one organization.
pub async fn membership_find(tx: &mut SystemTx, user: UserId, tenant: TenantId) -> Result<Option<Membership>> {
    tx.fetch_optional(store::membership_find(user, tenant)).await
}

/// Makes a person a member.
pub async fn member_add(tx: &mut SystemTx, tenant: TenantId, user: UserId, role: Role, now: Timestamp) -> Result<()> {
    tx.execute(store::member_insert(tenant, user, role.name(), now))
        .await
        .on_constraint("members_pkey", || Error::new(codes::CONFLICT, "That person is a member already."))?;
    Ok(())
}

/// Makes `tenant` the organization that the person's requests go to. 404 where the person does not belong.
pub async fn membership_select(tx: &mut SystemTx, tenant: TenantId, user: UserId, now: Timestamp) -> Result<()> {
    match tx.execute(store::membership_select(tenant, user, now)).await? {
        0 => Err(Error::not_found("organization")),
        _ => Ok(()),
    }
}

/// Gives a member another role. A caller gives no more than their own authority, and changes no member above them. Lowering a
/// role works whatever the standing of the organization; `tx` has to be able to write. `areas` are all that roles speak of,
/// `event` tells of the change.
///
/// # Errors
/// `not_found`; `permission_denied`; what [`Caller::allow_change`] says, for a higher role.
pub async fn member_change_role(
    tx: &mut TenantTx,
    (caller, areas): (&Caller, &[Area]),
    user: UserId,
    role: Role,
    (event, now): (EventId, Timestamp),
) -> Result<Member> {
    let current = rank_check(tx, (caller, areas), user).await?;
    if role > current {
        caller.allow(Permission::write(Area::Members))?;
        caller.allow_change()?;
        caller.bounds().check_role(role, areas)?;
        caller_check(tx, caller).await?;
    }
    let changed = tx.fetch_optional(store::member_change_role(user, role.name())).await?.or_not_found("member")?;
    let told = MemberChanged { user_id: user, role: changed.role.clone() };
    event_publish(tx, caller.tenant(), event, &told, now).await?;
    let detail = json!({ "role": changed.role });
    audit(tx, caller, ("member.role_changed", user, detail), (event, now)).await?;
    Ok(changed)
}

/// Ends a membership. A member who leaves needs no right to. `areas` are all that roles speak of, `event` tells of it.
///
/// # Errors
/// `not_found`; `permission_denied` for a member above the caller.
pub async fn member_remove(
    tx: &mut TenantTx,
    (caller, areas): (&Caller, &[Area]),
    user: UserId,
    (event, now): (EventId, Timestamp),
) -> Result<()> {
    rank_check(tx, (caller, areas), user).await?;
    if tx.execute(store::member_delete(user)).await? == 0 {
        return Err(Error::not_found("member"));
    }
    event_publish(tx, caller.tenant(), event, &MemberRemoved { user_id: user }, now).await?;
    audit(tx, caller, ("member.removed", user, json!({})), (event, now)).await
}

/// Writes down that the caller did something to a member, under the id of the event that tells of it.
async fn audit(
    tx: &mut TenantTx,
    caller: &Caller,
    (action, user, detail): (&'static str, UserId, Value),
    (event, now): (EventId, Timestamp),
) -> Result<()> {
    let id = Id::new(event.uuid());
    audit_append(tx, caller, NewEntry { id, action, subject: Some(user.to_string()), detail }, now).await
}

/// Ends the transaction of a change to members; an organization left without an owner is refused here.
pub async fn members_commit(tx: TenantTx) -> Result<()> {
    tx.commit().await.on_constraint("members_keep_owner", || {
        Error::new(codes::CONFLICT, "An organization needs an owner: make somebody else one first.")
    })
}

/// The member's role, kept from changing, where the caller's authority reaches up to it. What administrators and owners may do
/// is more than a key with scopes takes away: with them go their keys.
async fn rank_check(tx: &mut TenantTx, (caller, areas): (&Caller, &[Area]), user: UserId) -> Result<Role> {
    // Two owners who leave in the same moment would each see the other one stay; so the second waits for the first.
    tx.fetch_all(store::owners_lock()).await?;
    let (current,) = tx.fetch_optional(store::role_lock(user)).await?.or_not_found("member")?;
    let current: Role = current.parse()?;
    caller.role().reach(current)?;
    if caller.api_key().is_some() && current >= Role::Admin {
        caller.bounds().check_role(current, areas)?;
    }
    Ok(current)
}

/// Refuses a caller whose user has lost the role since the request was let in: callers are believed for half a second, and what
/// is given in it would last. The role is kept from changing until the transaction ends.
///
/// # Errors
/// `permission_denied`.
pub(crate) async fn caller_check(tx: &mut TenantTx, caller: &Caller) -> Result<()> {
    let Some(user) = caller.behind() else { return Ok(()) };
    let found = tx.fetch_optional(store::role_share(user)).await?;
    caller.still_has(found.map(|(role,)| role.parse()).transpose()?)
}
