//! The callback from an external identity provider.

use std::sync::Arc;

use axum::{
    Form,
    extract::{FromRequest, Query, Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use freehold_core::{Context, Error, Result};
use freehold_identity::{
    codes,
    provider::{Arrival, ProviderTokens, Return, Returned, landing, provider_return},
    realm_tenant,
    session::Tokens,
};
use freehold_web::{Answer, Backbone, SameSite, client, cookie_read, length_check};
use serde::Deserialize;
use utoipa::ToSchema;

use super::authorize::cookie;
use crate::auth::face::status_and_code;

/// What the provider sends to the callback.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct ProviderCallbackBody {
    /// State that identifies the sign-in, as sent to the provider.
    state: Option<String>,
    /// Code that Freehold exchanges for the user's identity; null after an error.
    code: Option<String>,
    /// Code of the provider's error; null on success.
    error: Option<String>,
    /// The provider's error as a sentence; null on success.
    error_description: Option<String>,
    /// Issuer identifier of the provider (RFC 9207); null when it sends none.
    iss: Option<String>,
    /// The user's name as JSON, sent by Apple only.
    user: Option<String>,
}

/// Handle a provider callback
///
/// External identity providers send the browser back to this path. It then goes to the sign-in's `redirect_to`, with
/// the session in the fragment or a code in the query (PKCE); after a failure with `error`, `error_code` and
/// `error_description` in both.
#[utoipa::path(get, path = "/callback", tag = "Sign-in", security(()),
    params(
        ("state" = String, Query, description = "State that identifies the sign-in"),
        ("code" = Option<String>, Query, description = "Code that Freehold exchanges for the user's identity"),
        ("error" = Option<String>, Query, description = "Code of the provider's error"),
        ("error_description" = Option<String>, Query, description = "The provider's error as a sentence"),
        ("iss" = Option<String>, Query, description = "Issuer identifier of the provider (RFC 9207)"),
    ),
    responses((status = 302, description = "Redirect to `redirect_to` of the sign-in, or to the site")))]
pub(crate) async fn provider_callback(State(backbone): State<Backbone>, request: Request) -> Answer<Response> {
    let parts = request.into_parts().0;
    let body = Query::<ProviderCallbackBody>::try_from_uri(&parts.uri).map(|query| query.0).unwrap_or_default();
    Ok(take(&backbone, &parts, body, StatusCode::FOUND).await?)
}

/// Handle a provider callback by form
///
/// Same as `GET /auth/v1/callback`, for providers that post a form, such as Apple.
#[utoipa::path(post, path = "/callback", tag = "Sign-in", security(()),
    request_body(content = ProviderCallbackBody, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Redirect to `redirect_to` of the sign-in, or to the site")))]
pub(crate) async fn provider_callback_form(State(backbone): State<Backbone>, request: Request) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let form = length_check(Request::from_parts(parts.clone(), body))?;
    let body = Form::<ProviderCallbackBody>::from_request(form, &()).await.map(|form| form.0).unwrap_or_default();
    Ok(take(&backbone, &parts, body, StatusCode::SEE_OTHER).await?)
}

async fn take(backbone: &Backbone, parts: &Parts, body: ProviderCallbackBody, status: StatusCode) -> Result<Response> {
    let ProviderCallbackBody { state, code, error, error_description, iss, user } = body;
    let returned = Returned { state, code, error, error_description, issuer: iss, person: user };
    let cookies = |name: &str| cookie_read(&parts.headers, name).map(str::to_owned);
    let client = client(backbone, parts);
    let Return { mark, redirect_to, realm, arrival } =
        provider_return(&backbone.identity.providers, &backbone.identity.sessions, returned, &cookies, &client).await;
    let target = redirect_to.unwrap_or_else(|| backbone.identity.settings().redirect_or_site(None));
    let target = match realm_tenant(realm) {
        Some(tenant) => landing(&target, &[("organization", &tenant.to_string())], &[]),
        None => target,
    };
    let (place, error) = match arrival {
        Ok(Arrival::Session { tokens, provider }) => (with_session(&target, &tokens, &provider), None),
        Ok(Arrival::Code(code)) => (landing(&target, &[("code", code.expose())], &[]), None),
        Ok(Arrival::Refused { error, description }) => (with_error(&target, &error, None, &description), None),
        Err(error) => {
            let (status, code) = status_and_code(&error);
            (with_error(&target, in_oauth(&error, status), Some(code), error.message()), Some(error))
        }
    };
    // The content type is set so that no later layer writes the error as JSON into the response.
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "text/plain")];
    let mut answer = (status, headers).into_response();
    let place = HeaderValue::try_from(place).context("writing where the browser goes")?;
    answer.headers_mut().insert(header::LOCATION, place);
    if let Some(name) = mark {
        answer.headers_mut().insert(header::SET_COOKIE, cookie(&name, "", 0, SameSite::Lax).header(backbone)?);
    }
    if let Some(error) = error {
        // The log reads the error from here.
        answer.extensions_mut().insert(Arc::new(error));
    }
    Ok(answer)
}

fn with_session(target: &str, tokens: &Tokens, provider: &ProviderTokens) -> String {
    let (at, within) = (tokens.expires_at.to_string(), tokens.expires_in.to_string());
    let mut fragment =
        vec![("access_token", tokens.access_token.expose()), ("expires_at", &at), ("expires_in", &within)];
    if let Some(token) = &provider.refresh {
        fragment.push(("provider_refresh_token", token.expose()));
    }
    fragment.push(("provider_token", provider.access.as_ref().map_or("", |token| token.expose())));
    fragment.extend([("refresh_token", tokens.refresh_token.expose()), ("sb", ""), ("token_type", "bearer")]);
    landing(target, &[], &fragment)
}

/// The error in query and fragment, since clients read the one or the other.
fn with_error(target: &str, error: &str, code: Option<&str>, description: &str) -> String {
    let mut pairs = vec![("error", error)];
    pairs.extend(code.map(|code| ("error_code", code)));
    pairs.push(("error_description", description));
    let fragment: Vec<_> = pairs.iter().copied().chain([("sb", "")]).collect();
    landing(target, &pairs, &fragment)
}

/// The error in OAuth's words (RFC 6749, 4.1.2.1).
fn in_oauth(error: &Error, status: u16) -> &'static str {
    let denied = [codes::SIGNUP_DISABLED, codes::USER_BANNED, codes::PROVIDER_EMAIL_NEEDS_VERIFICATION];
    match status {
        _ if denied.iter().any(|code| error.is(*code)) => "access_denied",
        400 => "invalid_request",
        401 => "unauthorized_client",
        403 => "access_denied",
        503 => "temporarily_unavailable",
        _ => "server_error",
    }
}
