//! The cookie. Browsers send it to these endpoints only, never with a cross-site request, and no script can read it.

use axum::http::{HeaderMap, HeaderValue, Uri};
use freehold_core::{Result, Secret};
use freehold_web::{Backbone, Cookie, SameSite};

const NAME: &str = "freehold_refresh";
/// Longest lifetime of a cookie in browsers, in seconds: 400 days (RFC 6265bis). Each refresh starts it anew.
const LONGEST: u32 = 400 * 24 * 3600;

/// The cookie with this token, for a request to `uri`.
pub(super) fn cookie(backbone: &Backbone, uri: &Uri, token: &Secret) -> Result<HeaderValue> {
    let hours = backbone.identity.settings().auth.sessions.lifetime_hours;
    let life = match u32::try_from(hours.saturating_mul(3600)) {
        Ok(life @ 1..LONGEST) => life,
        _ => LONGEST,
    };
    set(backbone, uri, token.expose(), life)
}

/// The cookie that deletes the token.
pub(super) fn cookie_removed(backbone: &Backbone, uri: &Uri) -> Result<HeaderValue> {
    set(backbone, uri, "", 0)
}

/// The token in the browser's cookie.
pub(super) fn cookie_read(headers: &HeaderMap) -> Option<Secret> {
    freehold_web::cookie_read(headers, NAME).map(|token| Secret::new(token.to_owned()))
}

fn set(backbone: &Backbone, uri: &Uri, value: &str, seconds: u32) -> Result<HeaderValue> {
    let path = path_of(uri);
    Cookie { name: NAME, value, path, same_site: SameSite::Strict, seconds: Some(seconds) }.header(backbone)
}

/// The cookie's path, with or without the version, as in the request.
fn path_of(uri: &Uri) -> &'static str {
    if uri.path().starts_with("/api/v1/") { "/api/v1/auth" } else { "/api/auth" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_to_the_paths_it_came_from() {
        assert_eq!(path_of(&Uri::from_static("/api/v1/auth/refresh")), "/api/v1/auth");
        assert_eq!(path_of(&Uri::from_static("/api/auth/refresh?x")), "/api/auth");
    }
}
