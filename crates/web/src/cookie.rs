//! Writing and reading of our cookies. No script can read any of them.

use axum::http::{HeaderMap, HeaderValue, header};
use freehold_core::{Context, Result};

use crate::Backbone;

/// A cookie to set.
#[derive(Clone, Copy, Debug)]
pub struct Cookie<'a> {
    /// Name of the cookie.
    pub name: &'a str,
    /// Value of letters, digits, `-`, `_` and `.`; empty for a cookie to delete.
    pub value: &'a str,
    /// Path below which browsers send the cookie.
    pub path: &'a str,
    /// Cross-site requests with which browsers send the cookie.
    pub same_site: SameSite,
    /// Lifetime in seconds; zero deletes the cookie, none keeps it until the browser closes.
    pub seconds: Option<u32>,
}

/// The cross-site requests with which browsers send a cookie (RFC 6265bis, 5.6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// No cross-site request.
    Strict,
    /// Links that a user follows.
    Lax,
    /// All requests. Browsers accept such a cookie over https only.
    None,
}

impl Cookie<'_> {
    /// The `Set-Cookie` header; restricted to https if the server's public URL uses it.
    ///
    /// # Errors
    /// A value that a header cannot contain.
    pub fn header(&self, backbone: &Backbone) -> Result<HeaderValue> {
        let Self { name, value, path, same_site, seconds } = self;
        let life = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let secure = if backbone.site_url.starts_with("https://") { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path={path}{life}; HttpOnly; SameSite={same_site:?}{secure}");
        let mut header = HeaderValue::from_str(&text).context("writing a cookie")?;
        header.set_sensitive(true);
        Ok(header)
    }
}

/// The value of the cookie with this name; none when it is missing or empty.
pub fn cookie_read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(other, value)| *other == name && !value.is_empty()).map(|(_, value)| value)
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
            cookie_read(&headers, "mark").map(str::to_owned)
        };
        assert_eq!(read("a=b; mark=AbC-_; c=d").as_deref(), Some("AbC-_"));
        for none in ["mark=", "xmark=1", "mark", ""] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
