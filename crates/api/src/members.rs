//! Who belongs to an organization.

use axum::{extract::State, http::StatusCode};
use freehold_core::{Area, Caller, OptionExt, Permission, Place, Result, Role, TenantId, UserId};
use freehold_jobs::outbox::EventId;
use freehold_tenancy::member::{self, Member, members_commit};
use freehold_web::{Answer, Authenticated, Backbone, Json, Paging, Path, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::organizations::own;

/// A member.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberBody {
    /// Who.
    #[schema(value_type = Uuid)]
    user_id: UserId,
    /// viewer, member, admin or owner.
    role: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
}

impl From<Member> for MemberBody {
    fn from(member: Member) -> Self {
        Self { user_id: member.user_id, role: member.role, joined_at: member.joined_at }
    }
}

/// A page of the members of an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberPage {
    /// The first to join first.
    data: Vec<MemberBody>,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Place>,
}

/// Another role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberChange {
    /// viewer, member, admin or owner; never above your own.
    #[schema(value_type = String)]
    role: Role,
}

/// List members
///
/// The members of the organization, the first to join first.
#[utoipa::path(get, path = "/organizations/{id}/members", tag = "Organizations",
    params(("id" = Uuid, Path), ("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = MemberPage)))]
pub(crate) async fn member_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<TenantId>,
    Query(paging): Query<Paging>,
) -> Answer<Json<MemberPage>> {
    caller.allow_looking_at(Area::Members)?;
    own(&caller, id)?;
    let request = paging.place_request()?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let page = member::member_list(&mut tx, request).await?.map(MemberBody::from);
    Ok(Json(MemberPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Change a role
///
/// Gives a member another role: never above your own, and by a key only one that can do no more than the key. An organization
/// always keeps an owner. Lowering a role is also possible in a suspended or archived organization.
#[utoipa::path(patch, path = "/organizations/{id}/members/{user_id}", tag = "Organizations",
    params(("id" = Uuid, Path), ("user_id" = Uuid, Path)), request_body = MemberChange,
    responses((status = 200, body = MemberBody)))]
pub(crate) async fn member_change(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path((id, user)): Path<(TenantId, UserId)>,
    Json(body): Json<MemberChange>,
) -> Answer<Json<MemberBody>> {
    own(&caller, id)?;
    let writer = taking_away(&backbone, &caller, user).await?;
    let mut tx = backbone.db.tenant(&writer).begin().await?;
    let giver = (&*caller, &*backbone.areas);
    let member = member::member_change_role(&mut tx, giver, user, body.role, told(&backbone)).await?;
    members_commit(tx).await?;
    backbone.resolver.forget();
    Ok(Json(member.into()))
}

/// Remove a member
///
/// Ends a membership, with the invitations and API keys that came from it: its open invitations are revoked, its keys are
/// suspended until an owner adopts them. You may always leave by yourself. Also possible in a suspended or archived organization.
#[utoipa::path(delete, path = "/organizations/{id}/members/{user_id}", tag = "Organizations",
    params(("id" = Uuid, Path), ("user_id" = Uuid, Path)), responses((status = 204)))]
pub(crate) async fn member_remove(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path((id, user)): Path<(TenantId, UserId)>,
) -> Answer<StatusCode> {
    own(&caller, id)?;
    let writer = taking_away(&backbone, &caller, user).await?;
    let mut tx = backbone.db.tenant(&writer).begin().await?;
    member::member_remove(&mut tx, (&*caller, &*backbone.areas), user, told(&backbone)).await?;
    members_commit(tx).await?;
    backbone.resolver.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// The caller for taking rights from a member, whatever the standing of the organization. Members need no right to take from
/// themselves.
async fn taking_away(backbone: &Backbone, caller: &Caller, user: UserId) -> Result<Caller> {
    if caller.user() != Some(user) {
        return caller.allow_taking_away(Permission::write(Area::Members));
    }
    let found = backbone.settling_caller(caller.tenant(), "take rights from oneself").await?;
    found.or_not_found("organization")
}

/// The event that tells of a change that happens now.
fn told(backbone: &Backbone) -> (EventId, Timestamp) {
    (backbone.ids.next(), backbone.clock.now())
}
