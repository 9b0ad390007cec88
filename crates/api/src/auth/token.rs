//! Tokens for a password, or for a refresh token.

use axum::extract::{Request, State};
use freehold_core::{Error, Secret, codes as core_codes};
use freehold_identity::{codes, session::session_refresh, sign_in::sign_in_with_password, user::email_normalize};
use freehold_web::{Answer, Backbone, Json, Query, client, realm};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{body::SessionBody, signup::read};

/// Which grant.
#[derive(Deserialize)]
pub(crate) struct GrantType {
    grant_type: Option<String>,
}

/// What is offered for the tokens, by the grant.
#[derive(Deserialize, ToSchema)]
pub(crate) struct TokenBody {
    /// `password`: the address.
    email: Option<String>,
    /// `password`: the password.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
    /// `refresh_token`: the refresh token; good once.
    refresh_token: Option<String>,
}

/// Sign in or refresh
///
/// Signs in with a password, or trades a refresh token for the next pair.
#[utoipa::path(post, path = "/token", tag = "Sign-in", security(()), request_body = TokenBody,
    params(("grant_type" = String, Query, description = "`password` or `refresh_token`")),
    responses((status = 200, body = SessionBody)))]
pub(crate) async fn token(
    State(backbone): State<Backbone>,
    Query(grant): Query<GrantType>,
    request: Request,
) -> Answer<Json<SessionBody>> {
    let (parts, body) = request.into_parts();
    let client = client(&backbone, &parts);
    let realm = realm(&backbone, &parts)?;
    let body: TokenBody = read(parts, body).await?;
    let tokens = match grant.grant_type.as_deref() {
        Some("password") => {
            let email = email_normalize(&body.email.unwrap_or_default()).map_err(|_| wrong())?;
            let password = body.password.unwrap_or_default();
            sign_in_with_password(&backbone.identity, realm, &email, password, &client).await?
        }
        Some("refresh_token") => {
            let token = body.refresh_token.unwrap_or_default();
            session_refresh(&backbone.identity, &token).await?
        }
        Some("pkce" | "id_token" | "web3") => {
            return Err(Error::new(codes::PROVIDER_DISABLED, "This grant is not offered here").into());
        }
        _ => return Err(Error::new(core_codes::VALIDATION_FAILED, "unsupported_grant_type").into()),
    };
    Ok(Json(SessionBody::load(&backbone, tokens).await?))
}

fn wrong() -> Error {
    Error::new(codes::INVALID_CREDENTIALS, "Invalid login credentials")
}
