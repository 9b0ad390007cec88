//! Where a browser may be redirected with a session: the site itself, and URLs that the operator lists. Any other URL
//! would give sessions to strangers.
//!
//! URLs are not normalized as browsers do it. A URL that can be read in two ways is rejected, so that the URL that was
//! checked is the one that is opened.

use std::{fmt::Write, net::IpAddr};

/// Schemes that run or show content of the URL itself, or that access the machine.
const DANGEROUS: &[&str] = &[
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "ftp",
    "javascript",
    "jar",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];
/// Longest accepted URL, in bytes.
const LONGEST: usize = 4096;

/// A URL, split without changing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Address<'a> {
    scheme: &'a str,
    /// Host and port; none: there is no `//`.
    authority: Option<&'a str>,
    /// Path and query.
    rest: &'a str,
}

impl<'a> Address<'a> {
    /// Splits the URL without its fragment; none: it can be read in more than one way.
    fn parse(text: &'a str) -> Option<Self> {
        let suspicious =
            |letter: char| letter.is_control() || letter.is_whitespace() || letter == '\\' || is_invisible(letter);
        if text.len() > LONGEST || text.chars().any(suspicious) {
            return None;
        }
        let text = text.split('#').next().unwrap_or_default();
        let (scheme, after) = text.split_once(':')?;
        // RFC 3986 allows no underscore, but the schemes of some applications have one.
        let named = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte));
        if !named || !scheme.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return None;
        }
        let Some(after) = after.strip_prefix("//") else {
            return Some(Self { scheme, authority: None, rest: after });
        };
        let end = after.find(['/', '?']).unwrap_or(after.len());
        Some(Self { scheme, authority: Some(&after[..end]), rest: &after[end..] })
    }

    fn is_web(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("http") || self.scheme.eq_ignore_ascii_case("https")
    }

    /// Host and port of a web URL; none: it can be read in more than one way.
    fn host_and_port(&self) -> Option<(String, u16)> {
        let authority = self.authority?;
        let default = if self.scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !authority.ends_with(']') => (host, port_of(port)?),
            _ => (authority, default),
        };
        let host = host.to_ascii_lowercase();
        if let Some(inner) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            let address: std::net::Ipv6Addr = inner.parse().ok()?;
            return Some((format!("[{address}]"), port));
        }
        // Non-ASCII letters, escapes and user names before an @ can be read in a second way.
        let plain = host.split('.').all(|label| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
                && !label.starts_with('-')
        });
        // A browser takes a host whose last part looks like a number for an IP address: 2130706433, 0x7f.1, 0177.0.0.1.
        let last = host.rsplit('.').next().unwrap_or_default();
        let numeric = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
        let readable = plain && (!numeric || host.parse::<std::net::Ipv4Addr>().is_ok());
        readable.then_some((host, port))
    }

    /// Whether a browser would keep the path unchanged.
    fn path_is_plain(&self) -> bool {
        let path = self.rest.split('?').next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
        !path.split('/').any(|part| part == "." || part == "..")
    }
}

/// Whether the character is invisible, or changes the direction of text.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn port_of(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    plain.then(|| text.parse().ok()).flatten()
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<IpAddr>().is_ok()
}

/// Returns the URL without its fragment if a browser may be redirected there: it is on the site, or matches one of
/// `patterns`. Path and query are returned unchanged.
pub(crate) fn redirect_check(site: &str, patterns: &[String], wanted: &str) -> Option<String> {
    let target = Address::parse(wanted)?;
    let allowed = if target.is_web() {
        let (host, port) = target.host_and_port()?;
        on_site(site, &target, &host, port)
            || (target.path_is_plain() && patterns.iter().any(|pattern| web_matches(pattern, &target, &host, port)))
    } else {
        let scheme = target.scheme.to_ascii_lowercase();
        !DANGEROUS.contains(&scheme.as_str()) && patterns.iter().any(|pattern| app_matches(pattern, &target))
    };
    allowed.then(|| written(wanted.split('#').next().unwrap_or_default()))
}

/// Whether an `Origin` header names the site, or an origin that `patterns` allow.
pub(crate) fn origin_check(site: &str, patterns: &[String], origin: &str) -> bool {
    let Some(target) = Address::parse(origin).filter(|target| target.is_web() && target.rest.is_empty()) else {
        return false;
    };
    let Some((host, port)) = target.host_and_port() else { return false };
    let listed =
        |pattern: &String| Address::parse(pattern).is_some_and(|shape| origin_matches(&shape, &target, &host, port));
    same_origin(site, &target, &host, port) || patterns.iter().any(listed)
}

/// Why `pattern` is not allowed in the list; none: it is.
pub fn pattern_problem(pattern: &str) -> Option<&'static str> {
    let Some(shape) = Address::parse(pattern) else {
        return Some("is no URL; write https://app.example.org/** or com.example.app://callback");
    };
    if DANGEROUS.contains(&shape.scheme.to_ascii_lowercase().as_str()) {
        return Some("has a scheme that is not allowed");
    }
    (shape.is_web() && shape.authority.is_none_or(str::is_empty)).then_some("names no host")
}

/// Whether scheme, host and port are the site's. On this machine any port is allowed (RFC 8252, section 7.3).
fn on_site(site: &str, target: &Address<'_>, host: &str, port: u16) -> bool {
    let Some(own) = Address::parse(site) else { return false };
    let Some((own_host, own_port)) = own.host_and_port() else { return false };
    own.scheme.eq_ignore_ascii_case(target.scheme) && own_host == host && (own_port == port || is_loopback(host))
}

fn same_origin(site: &str, target: &Address<'_>, host: &str, port: u16) -> bool {
    let own = Address::parse(site).and_then(|own| Some((own.scheme, own.host_and_port()?)));
    own.is_some_and(|(scheme, own)| scheme.eq_ignore_ascii_case(target.scheme) && own == (host.to_owned(), port))
}

/// Matches scheme, host and port of a pattern. Its wildcards never match beyond the end of the host.
fn origin_matches(shape: &Address<'_>, target: &Address<'_>, host: &str, port: u16) -> bool {
    let Some(authority) = shape.authority.filter(|_| shape.scheme.eq_ignore_ascii_case(target.scheme)) else {
        return false;
    };
    if let Some((own, own_port)) = shape.host_and_port() {
        return own == host && own_port == port;
    }
    // The host has wildcards. They match names, not IP addresses.
    let default = if target.scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
    let place = if port == default { host.to_owned() } else { format!("{host}:{port}") };
    !is_address(host) && glob(authority.to_ascii_lowercase().as_bytes(), place.as_bytes())
}

fn web_matches(pattern: &str, target: &Address<'_>, host: &str, port: u16) -> bool {
    let Some(shape) = Address::parse(pattern) else { return false };
    // `Address` ends a host at a question mark, which in a pattern matches one character.
    let open_ended = shape.rest.is_empty() && shape.authority.is_some_and(|authority| authority.ends_with("**"));
    origin_matches(&shape, target, host, port) && (open_ended || rest_matches(shape.rest, target.rest))
}

/// A pattern matches with the query and, because clients add to the query, without it.
fn rest_matches(pattern: &str, rest: &str) -> bool {
    let path = rest.split('?').next().unwrap_or_default();
    glob(pattern.as_bytes(), rest.as_bytes()) || glob(pattern.as_bytes(), path.as_bytes())
}

fn app_matches(pattern: &str, target: &Address<'_>) -> bool {
    let Some(shape) = Address::parse(pattern) else { return false };
    let authority = match (shape.authority, target.authority) {
        (Some(shape), Some(authority)) => glob(shape.as_bytes(), authority.as_bytes()),
        (None, None) => true,
        _ => false,
    };
    let open_ended = shape.rest.is_empty() && shape.authority.is_some_and(|authority| authority.ends_with("**"));
    shape.scheme.eq_ignore_ascii_case(target.scheme)
        && authority
        && (open_ended || rest_matches(shape.rest, target.rest))
}

/// `*` matches any characters but `.` and `/`; `**` any characters; `?` one character but `.` and `/`. Takes time
/// proportional to the product of the lengths.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    // Which prefixes of the text the pattern matches so far.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    let mut rest = pattern;
    while let Some((&token, after)) = rest.split_first() {
        let (everything, after) = match after.split_first() {
            Some((b'*', after)) if token == b'*' => (true, after),
            _ => (false, after),
        };
        let separator = |byte: u8| byte == b'.' || byte == b'/';
        let mut next = vec![false; text.len() + 1];
        if token == b'*' {
            let mut open = false;
            for place in 0..=text.len() {
                open |= reached[place];
                next[place] = open;
                open &= text.get(place).is_some_and(|&byte| everything || !separator(byte));
            }
        } else {
            for (place, &byte) in text.iter().enumerate() {
                let fits = if token == b'?' { byte == b'?' || !separator(byte) } else { byte == token };
                next[place + 1] = reached[place] && fits;
            }
        }
        (reached, rest) = (next, after);
    }
    reached[text.len()]
}

/// Percent-encodes characters that RFC 3986 does not allow, so that the URL can stand in a header and in a page.
fn written(target: &str) -> String {
    let mut text = String::with_capacity(target.len());
    for byte in target.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>`{|}^".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests;
