//! Access tokens for a password, a refresh token, or the code of a sign-in that a browser began.

use axum::{
    Extension,
    extract::{Request, State},
};
use freehold_core::{EmailAddress, EmailAddressError, Error, Result, Secret, codes as core_codes};
use freehold_identity::{
    Realm, codes,
    password::PasswordProblem,
    provider::provider_tokens,
    session::{Client, session_refresh},
    sign_in::sign_in_with_typed_address,
    verify::sign_in_with_code,
};
use freehold_web::{Answer, Backbone, Json, Query, client, frame::NothingLater, realm};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    body::SessionBody,
    names::GrantType,
    otp::{given, invalid},
    providers::{IdTokenBody, id_token},
    request::read,
};

/// The grant type of a request.
#[derive(Deserialize)]
pub(crate) struct TokenQuery {
    grant_type: Option<String>,
}

/// The credential for the grant type.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RequestToken {
    /// `password`: e-mail address of the user.
    #[schema(format = IdnEmail)]
    email: Option<String>,
    /// Phone number; not supported, since Freehold sends no text messages.
    phone: Option<String>,
    /// `password`: password of the user.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
    /// `refresh_token`: the refresh token; works once.
    refresh_token: Option<String>,
    /// `pkce`: code that the browser came back with; works once, for five minutes.
    auth_code: Option<String>,
    /// `pkce`: verifier from which the code challenge was derived.
    code_verifier: Option<String>,
    #[serde(flatten)]
    id_token: IdTokenBody,
}

/// Create a session
///
/// Signs in with a password, exchanges a refresh token for a new pair of tokens, or completes a sign-in that a browser
/// began (PKCE, RFC 7636).
#[utoipa::path(
    post, path = "/token", tag = "Sign-in", security(()), request_body = RequestToken,
    params(
        ("grant_type" = inline(GrantType), Query,
         description = "Grant type: `password`, `refresh_token`, `pkce` or `id_token`"),
    ),
    responses((status = 200, body = SessionBody)),
)]
pub(crate) async fn session_create(
    State(backbone): State<Backbone>,
    Query(grant): Query<TokenQuery>,
    request: Request,
) -> Answer<(Extension<NothingLater>, Json<SessionBody>)> {
    let (parts, body) = request.into_parts();
    let client = client(&backbone, &parts);
    let realm = realm(&backbone, &parts)?;
    let headers = parts.headers.clone();
    let body: RequestToken = read(parts, body).await?;
    let session = match grant.grant_type.as_deref() {
        Some("password") => by_password(&backbone, realm, body, &client).await?,
        Some("refresh_token") => {
            let token = body.refresh_token.unwrap_or_default();
            let tokens = session_refresh(&backbone.identity.sessions, &token, &client).await?;
            SessionBody::load(&backbone, tokens).await?
        }
        Some("pkce") => by_code(&backbone, body, &client).await?,
        Some("id_token") => id_token(&backbone, headers, realm, body.id_token, &client).await?,
        Some("web3") => {
            return Err(Error::new(codes::WEB3_PROVIDER_DISABLED, "Web3 provider is disabled").into());
        }
        _ => return Err(Error::new(codes::INVALID_CREDENTIALS, "unsupported_grant_type").into()),
    };
    Ok((Extension(NothingLater), Json(session)))
}

async fn by_password(backbone: &Backbone, realm: Realm, body: RequestToken, client: &Client) -> Result<SessionBody> {
    let wrong = || Error::new(codes::INVALID_CREDENTIALS, "Invalid login credentials");
    let email = match (given(body.email), given(body.phone)) {
        (Some(_), Some(_)) => {
            return Err(invalid("Only an email address or phone number should be provided on login."));
        }
        (None, Some(_)) => return Err(Error::new(codes::PHONE_LOGINS_DISABLED, "Phone logins are disabled")),
        (None, None) => return Err(invalid("missing email or phone")),
        (Some(email), None) => email,
    };
    let password = body.password.unwrap_or_default();
    let weak = backbone.identity.settings().password_policy().check(&password).err();
    let tokens = sign_in_with_typed_address(&backbone.identity, realm, &email, password, client).await;
    // An invisible character in the address is reported; any other invalid address counts as unknown.
    let tokens = tokens.map_err(|error| match EmailAddress::parse(&email) {
        Err(EmailAddressError::Invalid) if error.is(core_codes::VALIDATION_FAILED) => wrong(),
        _ => error,
    })?;
    let session = SessionBody::load(backbone, tokens).await?;
    Ok(match weak {
        // A weak password that is set still signs in; the application may ask the user to choose another.
        Some(PasswordProblem::Weak(weak)) => session.with_weak_password(&weak),
        _ => session,
    })
}

async fn by_code(backbone: &Backbone, body: RequestToken, client: &Client) -> Result<SessionBody> {
    let (Some(code), Some(verifier)) = (given(body.auth_code), given(body.code_verifier)) else {
        return Err(invalid("invalid request: both auth code and code verifier should be non-empty"));
    };
    let (tokens, flow) = sign_in_with_code(&backbone.identity.sessions, &code, &verifier, client).await?;
    let provider = provider_tokens(&backbone.vault, &flow)?;
    Ok(SessionBody::load(backbone, tokens).await?.with_provider_tokens(&provider))
}
