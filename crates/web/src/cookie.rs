//! Cookies of ours: how they are written, and found again. No script reads any of them.

use axum::http::{HeaderMap, HeaderValue, header};
use freehold_core::{Context, Result};

use crate::Backbone;

/// A cookie to be set.
#[derive(Clone, Copy, Debug)]
pub struct Cookie<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Letters, digits, `-`, `_` and `.`; empty where it is taken away.
    pub value: &'a str,
    /// Below what it is sent.
    pub path: &'a str,
    /// With which requests of other sites it is sent.
    pub same_site: SameSite,
    /// How long browsers keep it, in seconds; zero takes it away, none keeps it until the browser ends.
    pub seconds: Option<u32>,
}

/// With which requests that other sites cause a cookie is sent (RFC 6265bis, 5.6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// With none.
    Strict,
    /// When somebody follows a link.
    Lax,
    /// With all. Browsers want such a cookie over https.
    None,
}

impl Cookie<'_> {
    /// The `Set-Cookie` header; over https alone, where that is how this server is reached.
    ///
    /// # Errors
    /// A value that no header may hold.
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

/// The value of the cookie of this name that the browser sends along; none: there is none, or it is empty.
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
