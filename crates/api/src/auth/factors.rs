//! Second factors.

use axum::{extract::State, http::request::Parts};
use freehold_core::{Error, Result, codes as core_codes};
use freehold_identity::{
    codes,
    factor::{self, NewFactor},
};
use freehold_web::{Answer, Backbone, Json, Path, client};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{body::SessionBody, names::FactorType, user::Bearer};

/// The routes of second factors.
pub(super) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(factor_enroll))
        .routes(routes!(factor_unenroll))
        .routes(routes!(factor_challenge))
        .routes(routes!(factor_verify))
}

/// The second factor to enroll.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CreateFactor {
    /// Type of the second factor: `totp`, the only one offered.
    #[schema(value_type = Option<FactorType>)]
    factor_type: Option<String>,
    /// The user's name for the second factor.
    friendly_name: Option<String>,
    /// Issuer that the authenticator app shows; the host name of the site when left out.
    issuer: Option<String>,
}

/// An enrolled authenticator app, unverified until it has shown a code.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnrolledFactorBody {
    /// Id of the second factor.
    id: Uuid,
    /// Type of the second factor: `totp`.
    #[serde(rename = "type")]
    kind: FactorType,
    /// The user's name for the second factor.
    friendly_name: String,
    /// The key for the authenticator app.
    totp: TotpKeyBody,
}

/// The key for an authenticator app. It is shown only here.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpKeyBody {
    /// QR code of `uri`, as SVG.
    qr_code: String,
    /// The key in base32, to type into the app.
    secret: String,
    /// The key as a URI for authenticator apps: `otpauth://totp/…`.
    #[schema(format = "uri")]
    uri: String,
}

/// A challenge: the request for a code of a second factor.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactorChallengeBody {
    /// Id of the challenge; send it with the code.
    id: Uuid,
    /// Type of the second factor: `totp`.
    #[serde(rename = "type")]
    #[schema(value_type = FactorType)]
    kind: String,
    /// When the challenge expires, in seconds since 1970 (UTC).
    expires_at: i64,
}

/// A code of the authenticator app.
#[derive(Deserialize, ToSchema)]
pub(crate) struct VerifyFactor {
    /// Id of the challenge that the code answers.
    challenge_id: Option<Uuid>,
    /// Code of six digits from the app.
    code: Option<String>,
}

/// The removed second factor.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnenrolledFactorBody {
    /// Id of the removed second factor.
    pub(super) id: Uuid,
}

/// Enroll a second factor
///
/// Enrolls an authenticator app. The second factor counts after its first code is verified.
#[utoipa::path(post, path = "/factors", tag = "Sign-in", request_body = CreateFactor,
    responses((status = 200, body = EnrolledFactorBody)))]
pub(crate) async fn factor_enroll(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
    Json(body): Json<CreateFactor>,
) -> Answer<Json<EnrolledFactorBody>> {
    match body.factor_type.as_deref() {
        Some("totp") => {}
        Some("phone") => return refused(codes::MFA_PHONE_ENROLL_NOT_ENABLED, "MFA enroll is disabled for Phone"),
        Some("webauthn") => {
            return refused(codes::MFA_WEB_AUTHN_ENROLL_NOT_ENABLED, "MFA enroll is disabled for WebAuthn");
        }
        _ => return refused(core_codes::VALIDATION_FAILED, "factor_type needs to be totp, phone, or webauthn"),
    }
    let new =
        NewFactor { friendly_name: body.friendly_name.unwrap_or_default(), issuer: body.issuer.unwrap_or_default() };
    let client = client(&backbone, &parts);
    let enrolled = factor::factor_enroll(&backbone.identity.base, claims.holder(), new, &client).await?;
    let totp = TotpKeyBody {
        qr_code: enrolled.qr_code.expose().to_owned(),
        secret: enrolled.secret.expose().to_owned(),
        uri: enrolled.uri.expose().to_owned(),
    };
    Ok(Json(EnrolledFactorBody {
        id: enrolled.id,
        kind: FactorType::Totp,
        friendly_name: enrolled.friendly_name,
        totp,
    }))
}

fn refused<T>(code: freehold_core::Code, message: &'static str) -> Answer<T> {
    Err(Error::new(code, message).into())
}

/// Remove a second factor
///
/// Removes a second factor. Removing a verified one requires a session at `aal2`.
#[utoipa::path(
    delete, path = "/factors/{factor_id}", tag = "Sign-in",
    params(("factor_id" = Uuid, Path, description = "Id of the second factor")),
    responses((status = 200, body = UnenrolledFactorBody)),
)]
pub(crate) async fn factor_unenroll(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
    Path(factor): Path<String>,
) -> Answer<Json<UnenrolledFactorBody>> {
    let (id, client) = (factor_id(&factor)?, client(&backbone, &parts));
    factor::factor_unenroll(&backbone.identity.base, claims.holder(), id, &client).await?;
    Ok(Json(UnenrolledFactorBody { id }))
}

/// Create a challenge
///
/// Creates a challenge for a second factor; answer it with a code.
#[utoipa::path(
    post, path = "/factors/{factor_id}/challenge", tag = "Sign-in",
    params(("factor_id" = Uuid, Path, description = "Id of the second factor")),
    responses((status = 200, body = FactorChallengeBody)),
)]
pub(crate) async fn factor_challenge(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
    Path(factor): Path<String>,
) -> Answer<Json<FactorChallengeBody>> {
    let (factor, client) = (factor_id(&factor)?, client(&backbone, &parts));
    let challenge = factor::factor_challenge(&backbone.identity.base, claims.holder(), factor, &client).await?;
    let expires_at = challenge.expires_at.as_second();
    Ok(Json(FactorChallengeBody { id: challenge.id, kind: challenge.kind, expires_at }))
}

/// Verify a code
///
/// Verifies a code of a second factor. The session is then at `aal2`; only the refresh token of this answer remains
/// valid.
#[utoipa::path(
    post, path = "/factors/{factor_id}/verify", tag = "Sign-in",
    params(("factor_id" = Uuid, Path, description = "Id of the second factor")),
    request_body = VerifyFactor,
    responses((status = 200, body = SessionBody)),
)]
pub(crate) async fn factor_verify(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
    Path(factor): Path<String>,
    Json(body): Json<VerifyFactor>,
) -> Answer<Json<SessionBody>> {
    let (factor, client) = (factor_id(&factor)?, client(&backbone, &parts));
    let code = body.code.unwrap_or_default();
    if code.is_empty() {
        return refused(core_codes::VALIDATION_FAILED, "Code needs to be non-empty");
    }
    let challenge = body.challenge_id.unwrap_or_default();
    let holder = claims.holder();
    let tokens = factor::factor_verify(&backbone.identity.sessions, holder, factor, challenge, &code, &client).await?;
    backbone.resolver.forget();
    Ok(Json(SessionBody::load(&backbone, tokens).await?))
}

fn factor_id(text: &str) -> Result<Uuid> {
    text.parse().map_err(|_| Error::new(codes::MFA_FACTOR_NOT_FOUND, "Factor not found"))
}
