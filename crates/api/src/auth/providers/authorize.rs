//! Sending a browser off.

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

use crate::auth::otp::redirect_of;

/// Where the cookie is sent by which a browser is known again.
const PATH: &str = "/auth/v1/callback";
/// For as many seconds as it may take at the provider.
const SECONDS: u32 = 600;

/// Sign in by a provider
///
/// Sends the browser to a provider, from where it comes back to `/callback`. Parameters that are not named here go on to the
/// provider (`prompt`, `login_hint`, `access_type`, …).
#[utoipa::path(get, path = "/authorize", tag = "Sign-in", security(()),
    params(
        ("provider" = String, Query, description = "`google`, `github`, …: one of those in `/settings`"),
        ("redirect_to" = Option<String>, Query, description = "Where the browser goes in the end"),
        ("scopes" = Option<String>, Query, description = "What to ask the provider for besides"),
        ("code_challenge" = Option<String>, Query, description = "For the PKCE flow: what is made of the verifier"),
        ("code_challenge_method" = Option<String>, Query, description = "How: `s256` or `plain`"),
        ("invite_token" = Option<String>, Query, description = "The token of an invitation that is taken up with it"),
    ),
    responses((status = 302, description = "To the provider's page")))]
pub(crate) async fn authorize(
    State(backbone): State<Backbone>,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Answer<Response> {
    let parts = request.into_parts().0;
    let realm = realm(&backbone, &parts)?;
    let destination = destination(&backbone, &parts, query, realm)?;
    Ok(departure(&backbone, provider_begin(&backbone.identity, destination).await?)?)
}

/// Where the browser of this request wants to go.
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

/// Sends the browser on, with a cookie by which it is known again.
pub(super) fn departure(backbone: &Backbone, departure: Departure) -> Result<Response> {
    let mut answer = (StatusCode::FOUND, [(header::CACHE_CONTROL, "no-store")]).into_response();
    let place = HeaderValue::try_from(departure.url).context("writing the provider's address")?;
    answer.headers_mut().insert(header::LOCATION, place);
    if let Some(BrowserMark { name, value, by_form }) = departure.mark {
        // A form of the provider's page comes from another site, and brings no other cookies.
        let same_site = if by_form { SameSite::None } else { SameSite::Lax };
        let cookie = cookie(&name, value.expose(), SECONDS, same_site);
        answer.headers_mut().insert(header::SET_COOKIE, cookie.header(backbone)?);
    }
    Ok(answer)
}

/// A cookie of the way back.
pub(super) fn cookie<'a>(name: &'a str, value: &'a str, seconds: u32, same_site: SameSite) -> Cookie<'a> {
    Cookie { name, value, path: PATH, same_site, seconds: Some(seconds) }
}
