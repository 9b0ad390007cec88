//! The link or code of a mail, used up.

use axum::extract::{Request, State};
use freehold_core::{Error, codes as core_codes};
use freehold_identity::{
    Realm, codes,
    one_time::{LinkToken, OneTimeCode},
    sign_in::{Proof, sign_in_with_proof},
    user::email_normalize,
};
use freehold_web::{Answer, Backbone, Json, client, realm};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{body::SessionBody, signup::read};

/// What proves that somebody reads the mail: `token_hash` alone, or `token` (the code) with `email`.
#[derive(Deserialize, ToSchema)]
pub(crate) struct VerifyBody {
    /// `signup`, `magiclink`, `email` or `recovery`.
    r#type: Option<String>,
    /// The six-digit code.
    token: Option<String>,
    /// What the link carries as `token`.
    token_hash: Option<String>,
    /// The address the code was sent to.
    email: Option<String>,
}

/// Use a link or code
///
/// Signs in with the code or the link of a mail, and confirms the address where that was still to do. Works once.
#[utoipa::path(post, path = "/verify", tag = "Sign-in", security(()), request_body = VerifyBody,
    responses((status = 200, body = SessionBody)))]
pub(crate) async fn verify(State(backbone): State<Backbone>, request: Request) -> Answer<Json<SessionBody>> {
    let (parts, body) = request.into_parts();
    let client = client(&backbone, &parts);
    let realm = realm(&backbone, &parts)?;
    let body: VerifyBody = read(parts, body).await?;
    let proof = proof(realm, body)?;
    let tokens = sign_in_with_proof(&backbone.identity, proof, &client).await?;
    Ok(Json(SessionBody::load(&backbone, tokens).await?))
}

fn proof(realm: Realm, body: VerifyBody) -> Result<Proof, Error> {
    let invalid = |message: &'static str| Error::new(core_codes::VALIDATION_FAILED, message);
    match body.r#type.as_deref() {
        Some("signup" | "magiclink" | "email" | "recovery") => {}
        Some(_) => return Err(invalid("Verify requires a verification type that is known here")),
        None => return Err(invalid("Verify requires a verification type")),
    }
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    match (given(body.token), given(body.token_hash), given(body.email)) {
        (None, Some(hash), None) => {
            let expired = || Error::new(codes::OTP_EXPIRED, "Email link is invalid or has expired");
            LinkToken::parse(&hash).map(Proof::Link).ok_or_else(expired)
        }
        (Some(token), None, Some(email)) => {
            let expired = || Error::new(codes::OTP_EXPIRED, "Token has expired or is invalid");
            let email = email_normalize(&email).map_err(|_| expired())?;
            Ok(Proof::Code { realm, email, code: OneTimeCode::parse(&token).ok_or_else(expired)? })
        }
        (None, None, _) => Err(invalid("Verify requires a token or a token hash")),
        (Some(_), None, None) => Err(invalid("Only an email address or phone number should be provided on verify")),
        _ => Err(invalid("Only the token_hash and type should be provided")),
    }
}
