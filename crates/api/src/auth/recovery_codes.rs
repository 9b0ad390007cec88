//! Recovery codes.

use axum::{
    RequestExt,
    body::Bytes,
    extract::{Request, State},
    http::request::Parts,
};
use freehold_core::{Error, Secret, codes as core_codes};
use freehold_identity::factor::recovery_code::{self, NewCodes};
use freehold_web::{Answer, Backbone, Json, client, length_check, read_json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{body::SessionBody, factors::UnenrolledFactorBody, names::FactorType, user::Bearer};

/// The routes of recovery codes.
pub(super) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(recovery_code_count, recovery_code_generate, recovery_code_delete))
        .routes(routes!(recovery_code_regenerate))
        .routes(routes!(recovery_code_verify))
}

/// The number of recovery codes of a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodesBody {
    /// Id of the second factor.
    id: Uuid,
    /// Type of the second factor: `recovery_code`.
    #[serde(rename = "type")]
    kind: FactorType,
    /// Number of codes that were generated.
    total: i64,
    /// Number of codes that are still unused.
    remaining: i64,
}

/// Newly generated recovery codes.
#[derive(Serialize, ToSchema)]
pub(crate) struct GeneratedRecoveryCodes {
    /// Id of the second factor.
    id: Uuid,
    /// Type of the second factor: `recovery_code`.
    #[serde(rename = "type")]
    kind: FactorType,
    /// The user's name for the codes.
    friendly_name: String,
    /// Number of codes that were generated.
    total: usize,
    /// Number of codes that are still unused.
    remaining: usize,
    /// The codes. Each works once, and they are shown only here.
    codes: Vec<String>,
}

/// The name of the recovery codes.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct GenerateRecoveryCodes {
    /// The user's name for the codes.
    friendly_name: Option<String>,
}

/// A recovery code to verify.
#[derive(Deserialize, ToSchema)]
pub(crate) struct VerifyRecoveryCode {
    /// The recovery code; spaces, dashes and letter case are ignored.
    #[schema(value_type = Option<String>)]
    code: Option<Secret>,
}

impl From<NewCodes> for GeneratedRecoveryCodes {
    fn from(new: NewCodes) -> Self {
        let codes: Vec<String> = new.codes.iter().map(|code| code.expose().to_owned()).collect();
        let (total, friendly_name) = (codes.len(), new.friendly_name);
        Self { id: new.factor, kind: FactorType::RecoveryCode, friendly_name, total, remaining: total, codes }
    }
}

/// Count recovery codes
///
/// Returns how many recovery codes are left, without the codes.
#[utoipa::path(get, path = "/factors/recovery-codes", tag = "Sign-in",
    responses((status = 200, body = RecoveryCodesBody)))]
pub(crate) async fn recovery_code_count(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
) -> Answer<Json<RecoveryCodesBody>> {
    let found = recovery_code::codes_status(&backbone.db, claims.sub).await?;
    let (id, total, remaining) = (found.factor, found.total, found.remaining);
    Ok(Json(RecoveryCodesBody { id, kind: FactorType::RecoveryCode, total, remaining }))
}

/// Generate recovery codes
///
/// Generates codes that replace a lost second factor. Requires a session at `aal2`.
#[utoipa::path(post, path = "/factors/recovery-codes", tag = "Sign-in", request_body = Option<GenerateRecoveryCodes>,
    responses((status = 200, body = GeneratedRecoveryCodes)))]
pub(crate) async fn recovery_code_generate(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
    request: Request,
) -> Answer<Json<GeneratedRecoveryCodes>> {
    // Clients announce JSON even when they send no body.
    let too_large = |_| Error::new(core_codes::BODY_TOO_LARGE, "The body is larger than this path allows.");
    let bytes = length_check(request)?.extract::<Bytes, _>().await.map_err(too_large)?;
    let body: GenerateRecoveryCodes =
        if bytes.is_empty() { GenerateRecoveryCodes::default() } else { read_json(&bytes)? };
    let name = body.friendly_name.unwrap_or_default();
    let client = client(&backbone, &parts);
    let new = recovery_code::codes_generate(&backbone.identity.base, claims.holder(), &name, &client).await?;
    Ok(Json(new.into()))
}

/// Replace recovery codes
///
/// Generates new codes; the old ones stop working. Requires a session at `aal2`.
#[utoipa::path(post, path = "/factors/recovery-codes/regenerate", tag = "Sign-in",
    responses((status = 200, body = GeneratedRecoveryCodes)))]
pub(crate) async fn recovery_code_regenerate(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
) -> Answer<Json<GeneratedRecoveryCodes>> {
    let client = client(&backbone, &parts);
    let new = recovery_code::codes_regenerate(&backbone.identity.base, claims.holder(), &client).await?;
    Ok(Json(new.into()))
}

/// Verify a recovery code
///
/// Verifies a recovery code in place of another second factor. The code works once.
#[utoipa::path(post, path = "/factors/recovery-codes/verify", tag = "Sign-in", request_body = VerifyRecoveryCode,
    responses((status = 200, body = SessionBody)))]
pub(crate) async fn recovery_code_verify(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
    Json(body): Json<VerifyRecoveryCode>,
) -> Answer<Json<SessionBody>> {
    let code = body.code.unwrap_or_default();
    if code.expose().chars().all(|letter| letter.is_whitespace() || letter == '-') {
        return Err(Error::new(core_codes::VALIDATION_FAILED, "Code needs to be non-empty").into());
    }
    let client = client(&backbone, &parts);
    let identity = &backbone.identity;
    let tokens = recovery_code::codes_verify(&identity.sessions, claims.holder(), code.expose(), &client).await?;
    backbone.resolver.forget();
    Ok(Json(SessionBody::load(&backbone, tokens).await?))
}

/// Delete recovery codes
///
/// Deletes the recovery codes. Requires a session at `aal2`.
#[utoipa::path(delete, path = "/factors/recovery-codes", tag = "Sign-in",
    responses((status = 200, body = UnenrolledFactorBody)))]
pub(crate) async fn recovery_code_delete(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
) -> Answer<Json<UnenrolledFactorBody>> {
    let client = client(&backbone, &parts);
    let id = recovery_code::codes_delete(&backbone.identity.base, claims.holder(), &client).await?;
    Ok(Json(UnenrolledFactorBody { id }))
}
