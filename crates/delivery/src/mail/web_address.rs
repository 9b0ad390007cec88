//! Web addresses in mails.

/// Whether `text` is an `http` or `https` address without spaces, line breaks or quotes.
pub(super) fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>');
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(forbidden))
}

/// Address of a site without the scheme: `app.example.org`.
pub(super) fn site_name(url: &str) -> &str {
    let address = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    address.unwrap_or(url).trim_end_matches('/')
}
