//! Sending a browser to an external identity provider.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use freehold_core::{Context, Result};
use freehold_identity::{
    Realm,
    flow::Challenge,
    provider::{BrowserMark, Departure, Destination, provider_begin},
};
use freehold_web::{Answer, Backbone, Cookie, Query, SameSite, realm};

use crate::auth::{names::CodeChallengeMethod, otp::redirect_of};

/// Path of the cookie by which the returning browser is recognized.
const PATH: &str = "/auth/v1/callback";
/// Longest time at the provider, in seconds.
const SECONDS: u32 = 600;

/// Sign in with a provider
///
/// Redirects the browser to an external identity provider, which sends it back to `/callback`. Other parameters are
/// passed on to the provider (`prompt`, `login_hint`, `access_type`, …).
#[utoipa::path(
    get, path = "/authorize", tag = "Sign-in", security(()),
    params(
        ("provider" = String, Query, description = "Provider, such as `google` or `github`: one that `/settings` \
         lists"),
        ("redirect_to" = Option<String>, Query, format = "uri",
         description = "URL to which the browser goes after the sign-in"),
        ("scopes" = Option<String>, Query, description = "Further scopes to request from the provider"),
        ("code_challenge" = Option<String>, Query, min_length = 43, max_length = 128,
         description = "PKCE code challenge, derived from the verifier: 43 to 128 characters"),
        ("code_challenge_method" = Option<CodeChallengeMethod>, Query, description = "Method of the PKCE code \
         challenge: `s256` or `plain`"),
        ("invite_token" = Option<String>, Query, description = "Token of an invitation to accept with this sign-in"),
    ),
    responses((status = 302, description = "Redirect to the provider")),
)]
pub(crate) async fn provider_authorize(
    State(backbone): State<Backbone>,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Answer<Response> {
    let parts = request.into_parts().0;
    let realm = realm(&backbone, &parts)?;
    let destination = destination(&backbone, &parts, query, realm)?;
    Ok(departure(&backbone, provider_begin(&backbone.identity.base, &backbone.identity.providers, destination).await?)?)
}

/// The sign-in that this request starts.
pub(super) fn destination(
    backbone: &Backbone,
    parts: &Parts,
    query: Vec<(String, String)>,
    realm: Realm,
) -> Result<Destination> {
    let value = |name: &str| {
        let found = query.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
    };
    Ok(Destination {
        provider: value("provider").unwrap_or_default(),
        scopes: value("scopes"),
        challenge: Challenge::parse(value("code_challenge").as_deref(), value("code_challenge_method").as_deref())?,
        realm,
        linking: None,
        invitation: value("invite_token"),
        redirect_to: redirect_of(backbone, parts),
        query,
        mark_browser: true,
    })
}

/// Redirects the browser, with a cookie by which it is recognized when it returns.
pub(super) fn departure(backbone: &Backbone, departure: Departure) -> Result<Response> {
    let mut answer = (StatusCode::FOUND, [(header::CACHE_CONTROL, "no-store")]).into_response();
    let place = HeaderValue::try_from(departure.url).context("writing the provider's address")?;
    answer.headers_mut().insert(header::LOCATION, place);
    if let Some(BrowserMark { name, value, by_form }) = departure.mark {
        // A form on the provider's page is a cross-site request, which carries only cookies with `SameSite=None`.
        let same_site = if by_form { SameSite::None } else { SameSite::Lax };
        let cookie = cookie(&name, value.expose(), SECONDS, same_site);
        answer.headers_mut().insert(header::SET_COOKIE, cookie.header(backbone)?);
    }
    Ok(answer)
}

/// A cookie for the callback.
pub(super) fn cookie<'a>(name: &'a str, value: &'a str, seconds: u32, same_site: SameSite) -> Cookie<'a> {
    Cookie { name, value, path: PATH, same_site, seconds: Some(seconds) }
}
