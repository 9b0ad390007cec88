//! Passkeys.

use axum::{
    extract::State,
    http::{StatusCode, request::Parts},
};
use freehold_core::{Error, Result, codes as core_codes};
use freehold_identity::passkey::{self, Ceremony, Credential, Passkey};
use freehold_web::{Answer, Backbone, Json, Path, client};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{body::SessionBody, user::Bearer};

/// The routes of passkeys.
pub(super) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(passkey_registration_begin))
        .routes(routes!(passkey_registration_finish))
        .routes(routes!(passkey_authentication_begin))
        .routes(routes!(passkey_authentication_finish))
        .routes(routes!(passkey_list))
        .routes(routes!(passkey_update, passkey_delete))
}

/// A passkey challenge for the browser.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyChallengeBody {
    /// Id of the challenge; send it with the answer.
    challenge_id: Uuid,
    /// Options for `navigator.credentials`, as JSON (WebAuthn level 3).
    #[schema(value_type = Object)]
    options: Value,
    /// When the challenge expires, in seconds since 1970 (UTC).
    expires_at: i64,
}

/// The browser's answer to a passkey challenge.
#[derive(Deserialize, ToSchema)]
pub(crate) struct VerifyPasskey {
    /// Id of the challenge that the credential answers.
    #[schema(value_type = Option<Uuid>)]
    challenge_id: Option<String>,
    /// The credential from `navigator.credentials`, as JSON.
    #[schema(value_type = Option<Object>)]
    #[serde(alias = "credential_response")]
    credential: Option<Value>,
}

/// A newly added passkey.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegisteredPasskey {
    #[serde(flatten)]
    passkey: PasskeyBody,
    /// Whether the passkey can be synced to several devices.
    backup_eligible: bool,
    /// Whether the passkey is synced to several devices now.
    backed_up: bool,
    /// How the browser reaches the device: `internal`, `usb`, …
    #[schema(value_type = Vec<String>)]
    transports: Value,
}

/// A passkey of a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyBody {
    /// Id of the passkey.
    id: Uuid,
    /// The user's name for the passkey; absent without one.
    #[serde(skip_serializing_if = "String::is_empty")]
    friendly_name: String,
    /// When the passkey was added, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the passkey last signed in, UTC; absent before the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
}

/// The new name of a passkey.
#[derive(Deserialize, ToSchema)]
pub(crate) struct UpdatePasskey {
    /// The user's name for the passkey: 1 to 120 characters.
    #[schema(min_length = 1, max_length = 120)]
    friendly_name: Option<String>,
}

impl From<Ceremony> for PasskeyChallengeBody {
    fn from(ceremony: Ceremony) -> Self {
        let Ceremony { challenge: challenge_id, options, expires_at } = ceremony;
        Self { challenge_id, options, expires_at: expires_at.as_second() }
    }
}

impl From<Passkey> for PasskeyBody {
    fn from(passkey: Passkey) -> Self {
        let Passkey { id, friendly_name, created_at, last_used_at, .. } = passkey;
        Self { id, friendly_name, created_at, last_used_at }
    }
}

impl VerifyPasskey {
    fn read(self) -> Result<(Uuid, Credential)> {
        let invalid = |message: &'static str| Error::new(core_codes::VALIDATION_FAILED, message);
        let id = self.challenge_id.filter(|id| !id.is_empty()).ok_or_else(|| invalid("challenge_id is required"))?;
        let credential = self.credential.ok_or_else(|| invalid("credential is required"))?;
        let id = id.parse().map_err(|_| invalid("challenge_id must be a valid UUID"))?;
        let credential = serde_json::from_value(credential).map_err(|_| invalid("credential could not be read"))?;
        Ok((id, credential))
    }
}

/// Start adding a passkey
///
/// Returns a challenge, with which the browser asks the user's device for a new passkey.
#[utoipa::path(post, path = "/passkeys/registration/options", tag = "Sign-in",
    responses((status = 200, body = PasskeyChallengeBody)))]
pub(crate) async fn passkey_registration_begin(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
) -> Answer<Json<PasskeyChallengeBody>> {
    Ok(Json(passkey::registration_begin(&backbone.identity.base, claims.holder()).await?.into()))
}

/// Add a passkey
///
/// Adds the passkey that the user's device has created.
#[utoipa::path(post, path = "/passkeys/registration/verify", tag = "Sign-in", request_body = VerifyPasskey,
    responses((status = 200, body = RegisteredPasskey)))]
pub(crate) async fn passkey_registration_finish(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
    Json(body): Json<VerifyPasskey>,
) -> Answer<Json<RegisteredPasskey>> {
    let (challenge, credential) = body.read()?;
    let (holder, client) = (claims.holder(), client(&backbone, &parts));
    let passkey =
        passkey::registration_finish(&backbone.identity.base, holder, challenge, &credential, &client).await?;
    let (backup_eligible, backed_up) = (passkey.backup_eligible, passkey.backed_up);
    let transports = passkey.transports.clone();
    Ok(Json(RegisteredPasskey { passkey: passkey.into(), backup_eligible, backed_up, transports }))
}

/// Start signing in with a passkey
///
/// Returns a challenge for the browser. It names no user: the device knows whose passkey it uses.
#[utoipa::path(post, path = "/passkeys/authentication/options", tag = "Sign-in", security(()),
    responses((status = 200, body = PasskeyChallengeBody)))]
pub(crate) async fn passkey_authentication_begin(
    State(backbone): State<Backbone>,
) -> Answer<Json<PasskeyChallengeBody>> {
    Ok(Json(passkey::authentication_begin(&backbone.identity.base).await?.into()))
}

/// Sign in with a passkey
///
/// Signs in with a challenge that the user's device has signed.
#[utoipa::path(post, path = "/passkeys/authentication/verify", tag = "Sign-in", security(()),
    request_body = VerifyPasskey, responses((status = 200, body = SessionBody)))]
pub(crate) async fn passkey_authentication_finish(
    State(backbone): State<Backbone>,
    parts: Parts,
    Json(body): Json<VerifyPasskey>,
) -> Answer<Json<SessionBody>> {
    let (challenge, credential) = body.read()?;
    let client = client(&backbone, &parts);
    let tokens = passkey::authentication_finish(&backbone.identity.sessions, challenge, &credential, &client).await?;
    Ok(Json(SessionBody::load(&backbone, tokens).await?))
}

/// List passkeys
///
/// Returns your passkeys, oldest first.
#[utoipa::path(get, path = "/passkeys", tag = "Sign-in", responses((status = 200, body = Vec<PasskeyBody>)))]
pub(crate) async fn passkey_list(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
) -> Answer<Json<Vec<PasskeyBody>>> {
    let passkeys = passkey::passkey_list(&backbone.identity.base, claims.sub).await?;
    Ok(Json(passkeys.into_iter().map(PasskeyBody::from).collect()))
}

/// Rename a passkey
///
/// Changes the name of a passkey.
#[utoipa::path(
    patch, path = "/passkeys/{passkey_id}", tag = "Sign-in",
    params(("passkey_id" = Uuid, Path)),
    request_body = UpdatePasskey,
    responses((status = 200, body = PasskeyBody)),
)]
pub(crate) async fn passkey_update(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
    Path(id): Path<String>,
    Json(body): Json<UpdatePasskey>,
) -> Answer<Json<PasskeyBody>> {
    let (id, name) = (passkey_id(&id)?, body.friendly_name.unwrap_or_default());
    let client = client(&backbone, &parts);
    Ok(Json(passkey::passkey_rename(&backbone.identity.base, claims.sub, id, &name, &client).await?.into()))
}

/// Delete a passkey
///
/// Deletes a passkey; it no longer signs in.
#[utoipa::path(
    delete, path = "/passkeys/{passkey_id}", tag = "Sign-in",
    params(("passkey_id" = Uuid, Path)),
    responses((status = 204)),
)]
pub(crate) async fn passkey_delete(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let (id, client) = (passkey_id(&id)?, client(&backbone, &parts));
    passkey::passkey_remove(&backbone.identity.base, claims.holder(), id, &client).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn passkey_id(text: &str) -> Result<Uuid> {
    text.parse().map_err(|_| Error::new(core_codes::NOT_FOUND, "Passkey not found"))
}
