//! The cookie. Browsers send it to these endpoints only, never with a request that another site caused, and no script reads
//! it.

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use freehold_core::{Context, Result, Secret};
use freehold_web::Backbone;

const NAME: &str = "freehold_refresh";
/// The longest that browsers keep a cookie: 400 days (RFC 6265bis). Each refresh begins them anew.
const LONGEST: i64 = 400 * 24 * 3600;

/// The cookie that holds this token, for a request to `uri`.
pub(super) fn cookie(backbone: &Backbone, uri: &Uri, token: &Secret) -> Result<HeaderValue> {
    let hours = backbone.identity.settings.auth.sessions.lifetime_hours;
    let life = if hours > 0 { hours.saturating_mul(3600).min(LONGEST) } else { LONGEST };
    set(backbone, uri, token.expose(), life)
}

/// The cookie that takes it away.
pub(super) fn cookie_removed(backbone: &Backbone, uri: &Uri) -> Result<HeaderValue> {
    set(backbone, uri, "", 0)
}

/// The token that the browser keeps.
pub(super) fn cookie_read(headers: &HeaderMap) -> Option<Secret> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == NAME && !value.is_empty()).map(|(_, value)| Secret::new(value.to_owned()))
}

fn set(backbone: &Backbone, uri: &Uri, value: &str, life: i64) -> Result<HeaderValue> {
    let path = path_of(uri);
    let secure = if backbone.site_url.starts_with("https://") { "; Secure" } else { "" };
    let text = format!("{NAME}={value}; Path={path}; Max-Age={life}; HttpOnly; SameSite=Strict{secure}");
    let mut header = HeaderValue::from_str(&text).context("writing a cookie")?;
    header.set_sensitive(true);
    Ok(header)
}

/// With or without the version, as the application asks.
fn path_of(uri: &Uri) -> &'static str {
    if uri.path().starts_with("/api/v1/") { "/api/v1/auth" } else { "/api/auth" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_among_others() {
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.append(header::COOKIE, HeaderValue::from_static("x=1"));
            headers.append(header::COOKIE, HeaderValue::from_static(text));
            cookie_read(&headers).map(|token| token.expose().to_owned())
        };
        assert_eq!(read("a=b; freehold_refresh=AbC-_; c=d").as_deref(), Some("AbC-_"));
        for none in ["freehold_refresh=", "xfreehold_refresh=1", "freehold_refresh", ""] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn it_goes_to_the_paths_it_came_from() {
        assert_eq!(path_of(&Uri::from_static("/api/v1/auth/refresh")), "/api/v1/auth");
        assert_eq!(path_of(&Uri::from_static("/api/auth/refresh?x")), "/api/auth");
    }
}
