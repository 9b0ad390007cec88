//! Second factors and passkeys of a user, for administrators.

use axum::extract::{Path, State, rejection::PathRejection};
use freehold_core::{Error, Result, UserId, codes as core_codes};
use freehold_identity::{
    admin::{
        user_factor_delete, user_factor_get, user_factor_rename, user_get, user_passkey_delete, user_passkey_list,
    },
    audit_entry::{Action, audit_note_by},
    codes,
    factor::factor_list,
};
use freehold_web::{Answer, Backbone, Json};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{administrator::Administrator, params::given, users::person_id};
use crate::auth::{body::FactorBody, passkeys::PasskeyBody};

/// The change of a user's second factor.
#[derive(Deserialize, ToSchema)]
pub(crate) struct UpdateFactor {
    /// New name of the second factor.
    friendly_name: Option<String>,
}

/// Both ids of a path.
type Ids = Result<Path<(String, String)>, PathRejection>;

fn ids(path: Ids, second: &str) -> Result<(UserId, Uuid)> {
    let no_path = |_| Error::new(core_codes::NOT_FOUND, "The path could not be read.");
    let Path((user, other)) = path.map_err(no_path)?;
    let user = person_id(&user)?;
    let other = other.parse().map_err(|_| Error::new(codes::NO_UUID, format!("{second} must be an UUID")))?;
    Ok((user, other))
}

/// List a user's second factors
///
/// Returns the user's second factors, oldest first, including unverified ones.
#[utoipa::path(
    get, path = "/admin/users/{id}/factors", tag = "Administration",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<FactorBody>)),
)]
pub(crate) async fn admin_user_factor_list(
    State(backbone): State<Backbone>,
    _administrator: Administrator,
    freehold_web::Path(id): freehold_web::Path<String>,
) -> Answer<Json<Vec<FactorBody>>> {
    let mut tx = backbone.db.system("administrator reads a user's factors").begin().await?;
    let user = user_get(&mut tx, person_id(&id)?).await?;
    Ok(Json(factor_list(&mut tx, user.id).await?.into_iter().map(FactorBody::from).collect()))
}

/// Rename a user's second factor
///
/// Changes the name of a user's second factor.
#[utoipa::path(
    put, path = "/admin/users/{id}/factors/{factor_id}", tag = "Administration",
    params(
        ("id" = Uuid, Path),
        ("factor_id" = Uuid, Path, description = "Id of the second factor"),
    ),
    request_body = UpdateFactor,
    responses((status = 200, body = FactorBody)),
)]
pub(crate) async fn admin_user_factor_update(
    State(backbone): State<Backbone>,
    administrator: Administrator,
    path: Ids,
    Json(asked): Json<UpdateFactor>,
) -> Answer<Json<FactorBody>> {
    let (id, factor) = ids(path, "factor_id")?;
    let mut tx = backbone.db.system("administrator renames a user's factor").begin().await?;
    let user = user_get(&mut tx, id).await?;
    let changed = match given(asked.friendly_name) {
        Some(name) => user_factor_rename(&mut tx, id, factor, &name).await?,
        None => user_factor_get(&mut tx, id, factor).await?,
    };
    audit_note_by(&mut tx, &administrator.by, Action::FactorUpdated, &user).await?;
    tx.commit().await?;
    Ok(Json(changed.into()))
}

/// Delete a user's second factor
///
/// Deletes a user's second factor, for example after the user lost the device. Sessions that were verified with it go
/// back to one factor (`aal1`). The answer is the deleted factor.
#[utoipa::path(
    delete, path = "/admin/users/{id}/factors/{factor_id}", tag = "Administration",
    params(
        ("id" = Uuid, Path),
        ("factor_id" = Uuid, Path, description = "Id of the second factor"),
    ),
    responses((status = 200, body = FactorBody)),
)]
pub(crate) async fn admin_user_factor_delete(
    State(backbone): State<Backbone>,
    administrator: Administrator,
    path: Ids,
) -> Answer<Json<FactorBody>> {
    let (id, factor) = ids(path, "factor_id")?;
    let mut tx = backbone.db.system("administrator deletes a user's factor").begin().await?;
    let user = user_get(&mut tx, id).await?;
    let gone = user_factor_delete(&mut tx, id, factor).await?;
    audit_note_by(&mut tx, &administrator.by, Action::FactorDeleted, &user).await?;
    tx.commit().await?;
    backbone.resolver.forget();
    Ok(Json(gone.into()))
}

/// List a user's passkeys
///
/// Returns the user's passkeys, oldest first.
#[utoipa::path(
    get, path = "/admin/users/{id}/passkeys", tag = "Administration",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<PasskeyBody>)),
)]
pub(crate) async fn admin_user_passkey_list(
    State(backbone): State<Backbone>,
    _administrator: Administrator,
    freehold_web::Path(id): freehold_web::Path<String>,
) -> Answer<Json<Vec<PasskeyBody>>> {
    let mut tx = backbone.db.system("administrator reads a user's passkeys").begin().await?;
    let user = user_get(&mut tx, person_id(&id)?).await?;
    Ok(Json(user_passkey_list(&mut tx, user.id).await?.into_iter().map(PasskeyBody::from).collect()))
}

/// Delete a user's passkey
///
/// Deletes a passkey of the user; it no longer signs in.
#[utoipa::path(
    delete, path = "/admin/users/{id}/passkeys/{passkey_id}", tag = "Administration",
    params(
        ("id" = Uuid, Path),
        ("passkey_id" = Uuid, Path),
    ),
    responses((status = 200, description = "The passkey is deleted; the body is `{}`")),
)]
pub(crate) async fn admin_user_passkey_delete(
    State(backbone): State<Backbone>,
    administrator: Administrator,
    path: Ids,
) -> Answer<Json<Value>> {
    let (id, passkey) = ids(path, "passkey_id")?;
    let mut tx = backbone.db.system("administrator deletes a user's passkey").begin().await?;
    let user = user_get(&mut tx, id).await?;
    user_passkey_delete(&mut tx, id, passkey).await?;
    audit_note_by(&mut tx, &administrator.by, Action::PasskeyDeleted, &user).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}
