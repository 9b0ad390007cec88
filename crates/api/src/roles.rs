//! Custom roles of an organization.

use axum::{extract::State, http::StatusCode, response::Response};
use freehold_core::{Cursor, Error, Result, Role};
use freehold_db::TenantTx;
use freehold_tenancy::{
    member::WRITE,
    role::{self, CustomRole, NewRole, RoleChange, RoleChoice, RoleId},
};
use freehold_web::{Answer, Authenticated, Backbone, Creation, Json, Paging, Path, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The custom role of a member or an invitation.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberCustomRole {
    /// Id of the role.
    #[schema(value_type = Uuid)]
    id: RoleId,
    /// Name of the role.
    name: String,
    /// The permissions of the role: `workflows:read`, or `workflows` for reading and writing.
    permissions: Vec<String>,
}

impl MemberCustomRole {
    /// The custom role of a member; none for a built-in role.
    pub(crate) fn of(id: Option<RoleId>, name: Option<String>, permissions: Vec<String>) -> Option<Self> {
        Some(Self { id: id?, name: name.unwrap_or_default(), permissions })
    }
}

/// The role that a request names: either a built-in or a custom one.
///
/// # Errors
/// `validation_failed` for both or none.
pub(crate) fn role_chosen(role: Option<Role>, role_id: Option<RoleId>) -> Result<RoleChoice> {
    match (role, role_id) {
        (Some(role), None) => Ok(RoleChoice::BuiltIn(role)),
        (None, Some(id)) => Ok(RoleChoice::Custom(id)),
        (Some(_), Some(_)) => Err(Error::invalid("/role_id", "expected either role or role_id, and not both")),
        (None, None) => Err(Error::invalid("/role", "expected role (a built-in role) or role_id (a custom role)")),
    }
}

/// A role that the organization made itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct CustomRoleBody {
    /// Id of the role.
    #[schema(value_type = Uuid)]
    id: RoleId,
    /// Name of the role.
    name: String,
    /// What the role is for; empty when nothing was said.
    description: String,
    /// The least built-in role that includes all permissions.
    #[schema(value_type = Role)]
    base: String,
    /// The permissions: `workflows:read`, or `workflows` for reading and writing.
    permissions: Vec<String>,
    /// Number of members who have the role.
    members: i64,
    /// When the role was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the role was last changed, UTC.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<CustomRole> for CustomRoleBody {
    fn from(role: CustomRole) -> Self {
        let CustomRole { role_id: id, name, description, base, permissions, members, created_at, updated_at } = role;
        Self { id, name, description, base, permissions, members, created_at, updated_at }
    }
}

/// The role to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateRole {
    /// Name of the role: 1 to 64 characters, unique in the organization without regard to case.
    #[schema(min_length = 1, max_length = 64, example = "Reception")]
    name: String,
    /// What the role is for: at most 500 characters. Empty when left out.
    #[serde(default)]
    #[schema(max_length = 500)]
    description: String,
    /// The permissions, 1 to 64: area and action (`workflows:read`), or an area for both actions. Writing includes
    /// reading. You cannot name one that you do not have.
    #[schema(min_items = 1, max_items = 64, example = json!(["workflows:read", "campaigns"]))]
    permissions: Vec<String>,
}

/// What to change of a role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateRole {
    /// Name of the role: 1 to 64 characters. Unchanged when left out.
    #[schema(min_length = 1, max_length = 64)]
    name: Option<String>,
    /// What the role is for: at most 500 characters. Unchanged when left out.
    #[schema(max_length = 500)]
    description: Option<String>,
    /// The permissions, 1 to 64, which replace the previous ones. Unchanged when left out.
    #[schema(min_items = 1, max_items = 64)]
    permissions: Option<Vec<String>>,
}

/// A page of roles.
#[derive(Serialize, ToSchema)]
pub(crate) struct CustomRolePage {
    /// The custom roles, the newest first.
    data: Vec<CustomRoleBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// List roles
///
/// Returns the custom roles of the organization, the newest first. The built-in roles `viewer`, `member`, `admin` and
/// `owner` are not among them.
#[utoipa::path(
    get, path = "/roles", tag = "Organizations",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = CustomRolePage)),
)]
pub(crate) async fn role_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(paging): Query<Paging>,
) -> Answer<Json<CustomRolePage>> {
    let page = role::role_list(&backbone.db, &caller, paging.request()?).await?.map(CustomRoleBody::from);
    Ok(Json(CustomRolePage { data: page.data, next_cursor: page.next_cursor }))
}

/// Create a role
///
/// Creates a role out of permissions, for members and invitations. An organization can have 50.
#[utoipa::path(
    post, path = "/roles", tag = "Organizations", request_body = CreateRole,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    responses((status = 201, body = CustomRoleBody)),
)]
pub(crate) async fn role_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    creation: Creation<CreateRole>,
) -> Answer<Response> {
    caller.allow(WRITE)?;
    let CreateRole { name, description, permissions } = &creation.body;
    let new = NewRole { name: name.clone(), description: description.clone(), permissions: permissions.clone() };
    let create =
        async |tx: &mut TenantTx, _| role::role_create(tx, &backbone.areas, new).await.map(CustomRoleBody::from);
    Ok(creation.run(&backbone, &caller, create).await?)
}

/// Get a role
///
/// Returns a custom role of the organization.
#[utoipa::path(
    get, path = "/roles/{id}", tag = "Organizations",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = CustomRoleBody)),
)]
pub(crate) async fn role_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<RoleId>,
) -> Answer<Json<CustomRoleBody>> {
    Ok(Json(role::role_get(&backbone.db, &caller, id).await?.into()))
}

/// Change a role
///
/// Changes name, description or permissions of a custom role. What its members and their API keys may do changes within
/// half a second on every server. You need every permission that the role has and gets.
#[utoipa::path(
    patch, path = "/roles/{id}", tag = "Organizations",
    params(("id" = Uuid, Path)),
    request_body = UpdateRole,
    responses((status = 200, body = CustomRoleBody)),
)]
pub(crate) async fn role_update(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<RoleId>,
    Json(body): Json<UpdateRole>,
) -> Answer<Json<CustomRoleBody>> {
    let UpdateRole { name, description, permissions } = body;
    let change = RoleChange { name, description, permissions };
    let updated = role::role_update(&backbone.db, &caller, &backbone.areas, id, change).await?;
    backbone.resolver.forget();
    Ok(Json(updated.into()))
}

/// Delete a role
///
/// Deletes a custom role. While members have it, or open invitations name it, the answer is 409 with their numbers.
#[utoipa::path(
    delete, path = "/roles/{id}", tag = "Organizations",
    params(("id" = Uuid, Path)),
    responses((status = 204)),
)]
pub(crate) async fn role_delete(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<RoleId>,
) -> Answer<StatusCode> {
    role::role_delete(&backbone.db, &caller, &backbone.areas, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
