//! The signed-in person.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use freehold_core::{Error, OptionExt, Result, Secret};
use freehold_identity::{
    access_token::Claims,
    codes,
    session::session_alive,
    user::{User, user_find, user_identities, user_merge_metadata, user_set_password},
};
use freehold_web::{Answer, Backbone, Json, Problem, bearer};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    body::UserBody,
    signup::{metadata, password_check},
};

/// A person with a valid access token whose session has not ended, with Supabase's errors.
pub(crate) struct Bearer(pub(crate) Arc<Claims>);

impl FromRequestParts<Backbone> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        let missing = || Error::new(codes::NO_AUTHORIZATION, "This endpoint requires a valid Bearer token");
        let token = bearer(&parts.headers).ok_or_else(missing)?;
        let bad = |error: Error| Error::new(codes::BAD_JWT, "invalid JWT: unable to verify").caused_by(error);
        let claims = backbone.claims(token).map_err(bad)?;
        if !session_alive(&backbone.db, claims.session_id, backbone.clock.now()).await? {
            return Err(
                Error::new(codes::SESSION_NOT_FOUND, "Session from session_id claim in JWT does not exist").into()
            );
        }
        Ok(Self(claims))
    }
}

/// What a person changes of himself.
#[derive(Deserialize, ToSchema)]
pub(crate) struct UserChange {
    /// A new password.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
    /// Merged into `user_metadata`; a null takes the key away.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    /// A new address. Not offered here yet.
    email: Option<String>,
    /// What the system knows is not the person's to change.
    #[schema(value_type = Option<Object>)]
    app_metadata: Option<Value>,
}

/// Read the person
///
/// The signed-in person.
#[utoipa::path(get, path = "/user", tag = "Sign-in", responses((status = 200, body = UserBody)))]
pub(crate) async fn user_get(State(backbone): State<Backbone>, Bearer(claims): Bearer) -> Answer<Json<UserBody>> {
    let mut tx = backbone.db.system("read own user").begin().await?;
    let user = user_find(&mut tx, claims.sub).await?.or_not_found("user")?;
    let identities = user_identities(&mut tx, user.id).await?;
    Ok(Json(UserBody::new(user, identities)))
}

/// Change the person
///
/// Changes the password, or what the person says of himself.
#[utoipa::path(put, path = "/user", tag = "Sign-in", request_body = UserChange, responses((status = 200, body = UserBody)))]
pub(crate) async fn user_change(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    Json(body): Json<UserChange>,
) -> Answer<Json<UserBody>> {
    if body.app_metadata.is_some() {
        return Err(Error::new(codes::NOT_ADMIN, "Updating app_metadata requires admin privileges").into());
    }
    if body.email.as_ref().is_some_and(|email| !email.is_empty()) {
        return Err(Error::new(codes::PROVIDER_DISABLED, "Changing the address is not offered here yet").into());
    }
    let mut tx = backbone.db.system("find own user").begin().await?;
    let user = user_find(&mut tx, claims.sub).await?.or_not_found("user")?;
    drop(tx);
    let password = match &body.password {
        Some(password) => Some(password_new(&backbone, &user, password).await?),
        None => None,
    };
    let now = backbone.clock.now();
    let mut tx = backbone.db.system("change own user").begin().await?;
    if let Some(hash) = password {
        user_set_password(&mut tx, user.id, Some(hash), now).await?;
    }
    if body.data.is_some() {
        user_merge_metadata(&mut tx, user.id, metadata(body.data)?, now).await?;
    }
    let user = user_find(&mut tx, claims.sub).await?.or_not_found("user")?;
    metadata(Some(user.user_metadata.clone()))?;
    let identities = user_identities(&mut tx, user.id).await?;
    tx.commit().await?;
    Ok(Json(UserBody::new(user, identities)))
}

async fn password_new(backbone: &Backbone, user: &User, password: &Secret) -> Result<Secret> {
    password_check(backbone, password)?;
    let passwords = &backbone.identity.passwords;
    if let Some(hash) = &user.encrypted_password
        && passwords.verify(password, Some(hash)).await?
    {
        return Err(Error::new(codes::SAME_PASSWORD, "New password should be different from the old password."));
    }
    passwords.hash(password).await
}
