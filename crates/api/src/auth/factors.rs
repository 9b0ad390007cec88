//! Second factors.

use axum::{extract::State, http::request::Parts};
use freehold_core::{Error, Result, codes as core_codes};
use freehold_identity::{
    codes,
    factor::{self, Factor, NewFactor},
};
use freehold_web::{Answer, Backbone, Json, Path, client};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{body::SessionBody, user::Bearer};

/// The endpoints.
pub(super) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(factor_enroll))
        .routes(routes!(factor_unenroll))
        .routes(routes!(factor_challenge))
        .routes(routes!(factor_verify))
}

/// A second factor of a person's.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactorBody {
    /// Which.
    id: Uuid,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Last change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// `verified` once a code was shown; `unverified` ones do not count.
    status: &'static str,
    /// What the person calls it.
    #[serde(skip_serializing_if = "String::is_empty")]
    friendly_name: String,
    /// `totp` or `recovery_code`; people who moved here may have `phone` and `webauthn`.
    factor_type: String,
    /// The number, of a `phone`.
    phone: String,
    /// When a code was last asked for.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_challenged_at: Option<Timestamp>,
}

impl From<Factor> for FactorBody {
    fn from(factor: Factor) -> Self {
        let status = if factor.verified { "verified" } else { "unverified" };
        let Factor { id, kind, friendly_name, phone, created_at, updated_at, last_challenged_at, .. } = factor;
        Self { id, created_at, updated_at, status, friendly_name, factor_type: kind, phone, last_challenged_at }
    }
}

/// A factor to be added.
#[derive(Deserialize, ToSchema)]
pub(crate) struct FactorNew {
    /// `totp`.
    factor_type: Option<String>,
    /// What the person calls it.
    friendly_name: Option<String>,
    /// What the app calls us; left out: the site's host.
    issuer: Option<String>,
}

/// An authenticator app that has to show a code yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnrolledBody {
    /// Which.
    id: Uuid,
    /// `totp`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What the person calls it.
    friendly_name: String,
    /// For the app.
    totp: TotpBody,
}

/// What an authenticator app is given. It is shown here once.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpBody {
    /// A picture that telephones read, in SVG.
    qr_code: String,
    /// The key in base32, to type.
    secret: String,
    /// What the picture says: `otpauth://totp/…`.
    uri: String,
}

/// A code was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChallengeBody {
    /// Which; goes with the code.
    id: Uuid,
    /// `totp`.
    #[serde(rename = "type")]
    kind: String,
    /// It can be answered until then, seconds since 1970.
    expires_at: i64,
}

/// A code of the app.
#[derive(Deserialize, ToSchema)]
pub(crate) struct FactorCode {
    /// What it answers.
    challenge_id: Option<Uuid>,
    /// The six digits.
    code: Option<String>,
}

/// A factor that is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnenrolledBody {
    /// Which.
    pub(super) id: Uuid,
}

/// Add a second factor
///
/// Begins an authenticator app. It counts once a code of it was shown.
#[utoipa::path(post, path = "/factors", tag = "Sign-in", request_body = FactorNew,
    responses((status = 200, body = EnrolledBody)))]
pub(crate) async fn factor_enroll(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
    Json(body): Json<FactorNew>,
) -> Answer<Json<EnrolledBody>> {
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
    let enrolled = factor::factor_enroll(&backbone.identity, claims.holder(), new, &client).await?;
    let totp = TotpBody {
        qr_code: enrolled.qr_code.expose().to_owned(),
        secret: enrolled.secret.expose().to_owned(),
        uri: enrolled.uri.expose().to_owned(),
    };
    Ok(Json(EnrolledBody { id: enrolled.id, kind: "totp", friendly_name: enrolled.friendly_name, totp }))
}

fn refused<T>(code: freehold_core::Code, message: &'static str) -> Answer<T> {
    Err(Error::new(code, message).into())
}

/// Remove a second factor
///
/// Takes a factor away. One that counts needs a session that has shown a second factor.
#[utoipa::path(delete, path = "/factors/{factor_id}", tag = "Sign-in", params(("factor_id" = Uuid, Path)),
    responses((status = 200, body = UnenrolledBody)))]
pub(crate) async fn factor_unenroll(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
    Path(factor): Path<String>,
) -> Answer<Json<UnenrolledBody>> {
    let (id, client) = (factor_id(&factor)?, client(&backbone, &parts));
    factor::factor_unenroll(&backbone.identity, claims.holder(), id, &client).await?;
    Ok(Json(UnenrolledBody { id }))
}

/// Ask for a code
///
/// Begins to show a second factor.
#[utoipa::path(post, path = "/factors/{factor_id}/challenge", tag = "Sign-in", params(("factor_id" = Uuid, Path)),
    responses((status = 200, body = ChallengeBody)))]
pub(crate) async fn factor_challenge(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
    Path(factor): Path<String>,
) -> Answer<Json<ChallengeBody>> {
    let (factor, client) = (factor_id(&factor)?, client(&backbone, &parts));
    let challenge = factor::factor_challenge(&backbone.identity, claims.holder(), factor, &client).await?;
    let expires_at = challenge.expires_at.as_second();
    Ok(Json(ChallengeBody { id: challenge.id, kind: challenge.kind, expires_at }))
}

/// Show a code
///
/// Shows a second factor. The session is at `aal2` from now on, and only the refresh token of this answer goes on.
#[utoipa::path(post, path = "/factors/{factor_id}/verify", tag = "Sign-in", params(("factor_id" = Uuid, Path)),
    request_body = FactorCode, responses((status = 200, body = SessionBody)))]
pub(crate) async fn factor_verify(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    parts: Parts,
    Path(factor): Path<String>,
    Json(body): Json<FactorCode>,
) -> Answer<Json<SessionBody>> {
    let (factor, client) = (factor_id(&factor)?, client(&backbone, &parts));
    let code = body.code.unwrap_or_default();
    if code.is_empty() {
        return refused(core_codes::VALIDATION_FAILED, "Code needs to be non-empty");
    }
    let challenge = body.challenge_id.unwrap_or_default();
    let holder = claims.holder();
    let tokens = factor::factor_verify(&backbone.identity, holder, factor, challenge, &code, &client).await?;
    backbone.resolver.forget();
    Ok(Json(SessionBody::load(&backbone, tokens).await?))
}

fn factor_id(text: &str) -> Result<Uuid> {
    text.parse().map_err(|_| Error::new(codes::MFA_FACTOR_NOT_FOUND, "Factor not found"))
}
