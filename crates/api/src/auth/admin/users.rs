//! Creating, reading, changing and deleting a user.

use axum::extract::State;
use freehold_core::{Error, Result, SessionId, UserId};
use freehold_identity::{
    admin::{Ban, NewPerson, UserChanges, user_change, user_delete, user_delete_softly, user_get, user_make},
    audit_entry::{Action, audit_note_by},
    codes,
    session::sessions_revoke,
};
use freehold_tenancy::departure::person_depart;
use freehold_web::{Answer, Backbone, Json, MaybeJson, Path};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    administrator::Administrator,
    params::{AdminUserAttributes, ban, email, given, invalid, metadata, password_hash, phone},
};
use crate::auth::body::UserBody;

/// How to delete a user.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct DeleteUser {
    /// Whether to keep the record of the user, with digests in place of the personal data; otherwise it is deleted.
    /// Default false.
    should_soft_delete: Option<bool>,
}

/// The user's id in a path.
pub(super) fn person_id(text: &str) -> Result<UserId> {
    text.parse().map_err(|_| Error::new(codes::NO_UUID, "user_id must be an UUID"))
}

/// Create a user
///
/// Creates a user without sending a mail. The user gets an organization at the first sign-in.
#[utoipa::path(post, path = "/admin/users", tag = "Administration", request_body = AdminUserAttributes,
    responses((status = 200, body = UserBody)))]
pub(crate) async fn admin_user_create(
    State(backbone): State<Backbone>,
    administrator: Administrator,
    Json(asked): Json<AdminUserAttributes>,
) -> Answer<Json<UserBody>> {
    let (email, phone) = (email(asked.email)?, phone(asked.phone)?);
    if email.is_none() && phone.is_none() {
        return Err(invalid("Cannot create a user without either an email or phone").into());
    }
    let id = given(asked.id).map(|id| id.parse::<UserId>()).transpose();
    let id = id.map_err(|_| invalid("ID must conform to the uuid v4 format"))?;
    if id.is_some_and(|id| id.uuid().is_nil()) {
        return Err(invalid("ID cannot be a nil uuid").into());
    }
    let new = NewPerson {
        id,
        realm: administrator.realm,
        aud: given(asked.aud),
        role: given(asked.role).map(|role| role.trim().to_owned()),
        email: email.unwrap_or_default(),
        phone: phone.unwrap_or_default(),
        email_confirmed: asked.email_confirm.unwrap_or_default(),
        phone_confirmed: asked.phone_confirm.unwrap_or_default(),
        user_metadata: metadata("user_metadata", asked.user_metadata)?.unwrap_or_else(|| json!({})),
        app_metadata: metadata("app_metadata", asked.app_metadata)?.unwrap_or_else(|| json!({})),
        banned_until: ban(asked.ban_duration, backbone.clock.now())?.and_then(Ban::until),
        // Last, because it takes long.
        password_hash: password_hash(&backbone, asked.password, asked.password_hash).await?,
    };
    let mut tx = backbone.db.system("administrator creates a user").begin().await?;
    let user = user_make(backbone.identity.settings(), &mut tx, new).await?;
    audit_note_by(&mut tx, &administrator.by, Action::UserSignedUp, &user).await?;
    let body = UserBody::load(&mut tx, user).await?;
    tx.commit().await?;
    Ok(Json(body))
}

/// Get a user
///
/// Returns a user with their second factors and sign-in methods.
#[utoipa::path(
    get, path = "/admin/users/{id}", tag = "Administration",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = UserBody)),
)]
pub(crate) async fn admin_user_get(
    State(backbone): State<Backbone>,
    _administrator: Administrator,
    Path(id): Path<String>,
) -> Answer<Json<UserBody>> {
    let mut tx = backbone.db.system("administrator reads a user").begin().await?;
    let user = user_get(&mut tx, person_id(&id)?).await?;
    Ok(Json(UserBody::load(&mut tx, user).await?))
}

/// Update a user
///
/// Updates a user. A new password ends the user's sessions.
#[utoipa::path(
    put, path = "/admin/users/{id}", tag = "Administration",
    params(("id" = Uuid, Path)),
    request_body = AdminUserAttributes,
    responses((status = 200, body = UserBody)),
)]
pub(crate) async fn admin_user_update(
    State(backbone): State<Backbone>,
    administrator: Administrator,
    Path(id): Path<String>,
    Json(asked): Json<AdminUserAttributes>,
) -> Answer<Json<UserBody>> {
    let mut tx = backbone.db.system("administrator finds a user").begin().await?;
    let id = user_get(&mut tx, person_id(&id)?).await?.id;
    drop(tx);
    if asked.password.as_ref().is_some_and(|password| password.expose().is_empty()) {
        return Err(invalid("A password cannot be empty").into());
    }
    let changes = UserChanges {
        aud: None,
        role: given(asked.role).map(|role| role.trim().to_owned()),
        email: email(asked.email)?,
        phone: phone(asked.phone)?,
        confirm_email: asked.email_confirm.unwrap_or_default(),
        confirm_phone: asked.phone_confirm.unwrap_or_default(),
        user_metadata: metadata("user_metadata", asked.user_metadata)?,
        app_metadata: metadata("app_metadata", asked.app_metadata)?,
        ban: ban(asked.ban_duration, backbone.clock.now())?,
        password_hash: password_hash(&backbone, asked.password, None).await?,
    };
    let mut tx = backbone.db.system("administrator updates a user").begin().await?;
    let (user, ended) = user_change(&mut tx, id, changes).await?;
    audit_note_by(&mut tx, &administrator.by, Action::UserModified, &user).await?;
    let body = UserBody::load(&mut tx, user).await?;
    tx.commit().await?;
    forget(&backbone, &ended);
    Ok(Json(body))
}

/// Delete a user
///
/// Deletes a user with their sessions and memberships. Refused while the user is the only owner of an organization with
/// other members. An organization without other members is kept, without members.
#[utoipa::path(
    delete, path = "/admin/users/{id}", tag = "Administration",
    params(("id" = Uuid, Path)),
    request_body = DeleteUser,
    responses((status = 200, description = "The user is deleted; the body is `{}`")),
)]
pub(crate) async fn admin_user_delete(
    State(backbone): State<Backbone>,
    administrator: Administrator,
    Path(id): Path<String>,
    MaybeJson(asked): MaybeJson<DeleteUser>,
) -> Answer<Json<Value>> {
    let mut tx = backbone.db.system("administrator deletes a user").begin().await?;
    let id = user_get(&mut tx, person_id(&id)?).await?.id;
    person_depart(&mut tx, &backbone.vault, id).await?;
    let (user, ended) = if asked.should_soft_delete.unwrap_or_default() {
        user_delete_softly(&mut tx, id).await?
    } else {
        user_delete(&mut tx, id).await?
    };
    audit_note_by(&mut tx, &administrator.by, Action::UserDeleted, &user).await?;
    tx.commit().await?;
    forget(&backbone, &ended);
    Ok(Json(json!({})))
}

/// Removes ended sessions from the caches, so that their tokens are refused at once.
fn forget(backbone: &Backbone, ended: &[SessionId]) {
    sessions_revoke(&backbone.identity.tokens.verifier, ended);
    backbone.resolver.forget();
}
