//! The members of an organization.

use axum::{extract::State, http::StatusCode};
use freehold_app::ownership;
use freehold_core::{Place, Role, TenantId, UserId};
use freehold_tenancy::{
    member::{self, Member},
    role::RoleId,
};
use freehold_web::{Answer, Authenticated, Backbone, Json, Paging, Path, Query, SignedIn};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    organizations::own,
    roles::{MemberCustomRole, role_chosen},
};

/// A member of an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberBody {
    /// Id of the user.
    #[schema(value_type = Uuid)]
    user_id: UserId,
    /// Role of the member; with a custom role the least built-in role that includes its permissions.
    #[schema(value_type = Role)]
    role: String,
    /// The member's custom role; null for a built-in role.
    custom_role: Option<MemberCustomRole>,
    /// When the user became a member, UTC.
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
}

impl From<Member> for MemberBody {
    fn from(member: Member) -> Self {
        let Member { user_id, role, role_id, role_name, permissions, joined_at } = member;
        Self { user_id, role, custom_role: MemberCustomRole::of(role_id, role_name, permissions), joined_at }
    }
}

/// A page of members.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberPage {
    /// The members, in the order in which they joined.
    data: Vec<MemberBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Place>,
}

/// The new role of a member: either `role` or `role_id`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMember {
    /// Built-in role of the member from now on; at most your own.
    role: Option<Role>,
    /// Id of the custom role of the member from now on; it includes nothing that you may not do.
    #[schema(value_type = Option<Uuid>)]
    role_id: Option<RoleId>,
}

/// The member who becomes the owner.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferOwnership {
    /// Id of a member who is not an owner.
    #[schema(value_type = Uuid)]
    user_id: UserId,
}

/// List members
///
/// Returns the organization's members, in the order in which they joined.
#[utoipa::path(
    get, path = "/organizations/{id}/members", tag = "Organizations",
    params(
        ("id" = Uuid, Path),
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = MemberPage)),
)]
pub(crate) async fn member_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<TenantId>,
    Query(paging): Query<Paging>,
) -> Answer<Json<MemberPage>> {
    own(&caller, id)?;
    let page = member::member_list(&backbone.db, &caller, paging.place_request()?).await?.map(MemberBody::from);
    Ok(Json(MemberPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Change a member's role
///
/// Changes a member's role to a built-in or a custom one, at most to your own; with an API key, at most to the key's. An
/// organization always keeps an owner. Lowering a role also works in a suspended or archived organization.
#[utoipa::path(
    patch, path = "/organizations/{id}/members/{user_id}", tag = "Organizations",
    params(
        ("id" = Uuid, Path),
        ("user_id" = Uuid, Path),
    ),
    request_body = UpdateMember,
    responses((status = 200, body = MemberBody)),
)]
pub(crate) async fn member_update(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path((id, user)): Path<(TenantId, UserId)>,
    Json(body): Json<UpdateMember>,
) -> Answer<Json<MemberBody>> {
    own(&caller, id)?;
    let choice = role_chosen(body.role, body.role_id)?;
    let member = member::member_change_role(&backbone.db, &caller, &backbone.areas, user, choice).await?;
    backbone.resolver.forget();
    Ok(Json(member.into()))
}

/// Remove a member
///
/// Ends a membership together with what depends on it: the member's open invitations are revoked, their API keys are
/// suspended until an owner adopts them. You may always leave by yourself. Also works in a suspended or archived
/// organization.
#[utoipa::path(
    delete, path = "/organizations/{id}/members/{user_id}", tag = "Organizations",
    params(
        ("id" = Uuid, Path),
        ("user_id" = Uuid, Path),
    ),
    responses((status = 204)),
)]
pub(crate) async fn member_remove(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path((id, user)): Path<(TenantId, UserId)>,
) -> Answer<StatusCode> {
    own(&caller, id)?;
    member::member_remove(&backbone.db, &caller, &backbone.areas, user).await?;
    backbone.resolver.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// Leave an organization
///
/// Ends your own membership together with what depends on it: your open invitations are revoked, your API keys are
/// suspended until an owner adopts them. The last owner transfers ownership first. Also works in a suspended or archived
/// organization.
#[utoipa::path(
    post, path = "/organizations/{id}/leave", tag = "Organizations",
    security(("bearer" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 204)),
)]
pub(crate) async fn member_leave(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    Path(id): Path<TenantId>,
) -> Answer<StatusCode> {
    let caller = signed_in.caller(&backbone, id).await?;
    member::member_remove(&backbone.db, &caller, &backbone.areas, signed_in.user).await?;
    backbone.resolver.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// Transfer ownership
///
/// Makes another member an owner and you an administrator, in one step. Both get a mail. Only a signed-in owner can do
/// this; API keys cannot.
#[utoipa::path(
    post, path = "/organizations/{id}/transfer", tag = "Organizations",
    params(("id" = Uuid, Path)),
    request_body = TransferOwnership,
    responses((status = 200, body = MemberBody)),
)]
pub(crate) async fn ownership_transfer(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<TenantId>,
    Json(body): Json<TransferOwnership>,
) -> Answer<Json<MemberBody>> {
    own(&caller, id)?;
    let member = ownership::ownership_transfer(&backbone, &caller, body.user_id).await?;
    backbone.resolver.forget();
    Ok(Json(member.into()))
}
