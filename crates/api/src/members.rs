//! Who belongs to an organization.

use axum::{extract::State, http::StatusCode};
use freehold_core::{Area, Permission, Role, TenantId, UserId};
use freehold_jobs::outbox::EventId;
use freehold_tenancy::member::{self, Member, members_commit};
use freehold_web::{Answer, Authenticated, Backbone, Json, Path};
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

/// Everybody of an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberList {
    /// The first to join first.
    data: Vec<MemberBody>,
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
/// Everybody who belongs to the organization.
#[utoipa::path(get, path = "/organizations/{id}/members", tag = "Organizations", params(("id" = Uuid, Path)),
    responses((status = 200, body = MemberList)))]
pub(crate) async fn member_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<TenantId>,
) -> Answer<Json<MemberList>> {
    caller.allow(Permission::read(Area::Members))?;
    own(&caller, id)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let data = member::member_list(&mut tx).await?.into_iter().map(MemberBody::from).collect();
    Ok(Json(MemberList { data }))
}

/// Change a role
///
/// Gives a member another role. An organization always keeps an owner.
#[utoipa::path(patch, path = "/organizations/{id}/members/{user_id}", tag = "Organizations",
    params(("id" = Uuid, Path), ("user_id" = Uuid, Path)), request_body = MemberChange,
    responses((status = 200, body = MemberBody)))]
pub(crate) async fn member_change(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path((id, user)): Path<(TenantId, UserId)>,
    Json(body): Json<MemberChange>,
) -> Answer<Json<MemberBody>> {
    caller.allow(Permission::write(Area::Members))?;
    own(&caller, id)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let member = member::member_change_role(&mut tx, &caller, user, body.role, told(&backbone)).await?;
    members_commit(tx).await?;
    backbone.resolver.forget();
    Ok(Json(member.into()))
}

/// Remove a member
///
/// Ends a membership. You may always leave by yourself.
#[utoipa::path(delete, path = "/organizations/{id}/members/{user_id}", tag = "Organizations",
    params(("id" = Uuid, Path), ("user_id" = Uuid, Path)), responses((status = 204)))]
pub(crate) async fn member_remove(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path((id, user)): Path<(TenantId, UserId)>,
) -> Answer<StatusCode> {
    own(&caller, id)?;
    let mut leaving = None;
    if caller.user() == Some(user) {
        // Also where nothing else can be changed any more, because nobody pays.
        leaving = backbone.settling_caller(id, "leave an organization").await?;
    } else {
        caller.allow(Permission::write(Area::Members))?;
    }
    let mut tx = backbone.db.tenant(leaving.as_ref().unwrap_or(&caller)).begin().await?;
    member::member_remove(&mut tx, &caller, user, told(&backbone)).await?;
    members_commit(tx).await?;
    backbone.resolver.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// The event that tells of a change that happens now.
fn told(backbone: &Backbone) -> (EventId, Timestamp) {
    (backbone.ids.next(), backbone.clock.now())
}
