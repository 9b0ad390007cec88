//! Where a browser may be sent with a session: our own site, and what the operator lists. Anything else would hand
//! sessions to strangers.
//!
//! Addresses are not repaired here as browsers repair them. What has two readings is refused, so that the address that was
//! checked is the one that is opened.

use std::{fmt::Write, net::IpAddr};

/// Schemes that run or show what stands in the address itself, or reach into the machine.
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
/// Longest address that is looked at, in bytes.
const LONGEST: usize = 4096;

/// An address, taken apart without changing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Address<'a> {
    scheme: &'a str,
    /// Host and port; none: there is no `//`.
    authority: Option<&'a str>,
    /// Path and query.
    rest: &'a str,
}

impl<'a> Address<'a> {
    /// The address without its fragment; none: it has more than one reading.
    fn parse(text: &'a str) -> Option<Self> {
        let suspicious =
            |letter: char| letter.is_control() || letter.is_whitespace() || letter == '\\' || is_invisible(letter);
        if text.len() > LONGEST || text.chars().any(suspicious) {
            return None;
        }
        let text = text.split('#').next().unwrap_or_default();
        let (scheme, after) = text.split_once(':')?;
        // RFC 3986 knows no underscore, and the names of some applications have one.
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

    /// Host and port of an address of the web; none: it has more than one reading.
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
        // Letters of other alphabets, escapes and names before an @ have a second reading.
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

    /// Whether a browser would leave the path as it stands.
    fn path_is_plain(&self) -> bool {
        let path = self.rest.split('?').next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
        !path.split('/').any(|part| part == "." || part == "..")
    }
}

/// Letters that are not seen, or turn around what is.
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

/// The address without its fragment, when a browser may be sent there: it is on the site, or one of `patterns` matches. What
/// stands in its path and query comes back as it was.
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

/// Whether an `Origin` header names the site, or an origin that `patterns` lead to.
pub(crate) fn origin_check(site: &str, patterns: &[String], origin: &str) -> bool {
    let Some(target) = Address::parse(origin).filter(|target| target.is_web() && target.rest.is_empty()) else {
        return false;
    };
    let Some((host, port)) = target.host_and_port() else { return false };
    let listed =
        |pattern: &String| Address::parse(pattern).is_some_and(|shape| origin_matches(&shape, &target, &host, port));
    same_origin(site, &target, &host, port) || patterns.iter().any(listed)
}

/// Why `pattern` cannot stand in the list; none: it can.
pub fn pattern_problem(pattern: &str) -> Option<&'static str> {
    let Some(shape) = Address::parse(pattern) else {
        return Some("is no address; write https://app.example.org/** or com.example.app://callback");
    };
    if DANGEROUS.contains(&shape.scheme.to_ascii_lowercase().as_str()) {
        return Some("has a scheme that nobody may be sent to");
    }
    (shape.is_web() && shape.authority.is_none_or(str::is_empty)).then_some("names no host")
}

/// Scheme, host and port are the site's; the port of this machine is anybody's who listens there (RFC 8252, section 7.3).
fn on_site(site: &str, target: &Address<'_>, host: &str, port: u16) -> bool {
    let Some(own) = Address::parse(site) else { return false };
    let Some((own_host, own_port)) = own.host_and_port() else { return false };
    own.scheme.eq_ignore_ascii_case(target.scheme) && own_host == host && (own_port == port || is_loopback(host))
}

fn same_origin(site: &str, target: &Address<'_>, host: &str, port: u16) -> bool {
    let own = Address::parse(site).and_then(|own| Some((own.scheme, own.host_and_port()?)));
    own.is_some_and(|(scheme, own)| scheme.eq_ignore_ascii_case(target.scheme) && own == (host.to_owned(), port))
}

/// Scheme, host and port of a pattern. Its wildcards never reach over the end of the host into the path.
fn origin_matches(shape: &Address<'_>, target: &Address<'_>, host: &str, port: u16) -> bool {
    let Some(authority) = shape.authority.filter(|_| shape.scheme.eq_ignore_ascii_case(target.scheme)) else {
        return false;
    };
    if let Some((own, own_port)) = shape.host_and_port() {
        return own == host && own_port == port;
    }
    // With wildcards in it. They stand for names, not for IP addresses.
    let default = if target.scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
    let place = if port == default { host.to_owned() } else { format!("{host}:{port}") };
    !is_address(host) && glob(authority.to_ascii_lowercase().as_bytes(), place.as_bytes())
}

fn web_matches(pattern: &str, target: &Address<'_>, host: &str, port: u16) -> bool {
    let Some(shape) = Address::parse(pattern) else { return false };
    // `Address` ends a host at a question mark, which in a pattern stands for a letter.
    let open_ended = shape.rest.is_empty() && shape.authority.is_some_and(|authority| authority.ends_with("**"));
    origin_matches(&shape, target, host, port) && (open_ended || rest_matches(shape.rest, target.rest))
}

/// A pattern matches with the query, and, as clients add to the query, without.
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

/// `*`: any letters but `.` and `/`; `**`: any letters; `?`: one letter but `.` and `/`. In time of the product of the lengths.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    // Which beginnings of the text the pattern so far matches.
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

/// As it may stand in a header and in a page: what RFC 3986 does not know is percent-encoded.
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
