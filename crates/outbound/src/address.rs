//! Checks a URL when a customer saves it.

use std::net::{IpAddr, Ipv4Addr};

use http::Uri;
use url::{Host, Url};

use crate::{Allowed, Refusal, ports::port_is_called};

/// Reads a URL and refuses what can be refused without the network, so that the customer gets the error at once. This
/// check is only a convenience: the protection is the check of the resolved address at every connection.
pub fn address_check(text: &str, allowed: &Allowed) -> Result<Url, Refusal> {
    if text.len() > Refusal::LENGTH_LIMIT {
        return Err(Refusal::TooLong);
    }
    // The parser below drops line ends and tabs and turns backslashes into slashes, so such texts are refused before
    // it.
    if text.chars().any(|character| character.is_control() || character.is_whitespace() || character == '\\') {
        return Err(Refusal::Character);
    }
    let (scheme, rest) = text.split_once("://").ok_or(Refusal::Unreadable)?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err(Refusal::Scheme);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Refusal::UserInfo);
    }
    if authority.contains('%') {
        return Err(Refusal::Character);
    }
    if authority.is_empty() {
        return Err(Refusal::Unreadable);
    }
    let url = Url::parse(text).map_err(|_| Refusal::Unreadable)?;
    if url.fragment().is_some() {
        return Err(Refusal::Fragment);
    }
    if let Some(port) = url.port_or_known_default().filter(|port| !port_is_called(*port)) {
        return Err(Refusal::Port(port));
    }
    host_check(&url, allowed)?;
    Uri::try_from(url.as_str()).map_err(|_| Refusal::Unreadable)?;
    Ok(url)
}

/// Scheme, host and port of a checked URL, for records that must not hold a secret: path and query can be one. Empty for
/// what is no URL.
pub fn origin_of(url: &str) -> String {
    Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

fn host_check(url: &Url, allowed: &Allowed) -> Result<(), Refusal> {
    let plain = url.scheme() == "http";
    let address = match url.host().ok_or(Refusal::Unreadable)? {
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => IpAddr::V6(address),
        // RFC 6761, section 6.3: these names always mean this machine.
        Host::Domain(name) if name == "localhost" || name.ends_with(".localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Host::Domain(name) => return name_check(name, plain, allowed),
    };
    let admission = allowed.admit(address)?;
    if plain && !allowed.plain_http_to(admission) {
        return Err(Refusal::PlainHttp);
    }
    Ok(())
}

fn name_check(name: &str, plain: bool, allowed: &Allowed) -> Result<(), Refusal> {
    if name.ends_with('.') {
        return Err(Refusal::TrailingDot);
    }
    if name.len() > 253 {
        return Err(Refusal::TooLong);
    }
    // If the operator opened ranges, the name may be one of the operator's network; only a connection can tell.
    if !allowed.opens_something() {
        if !name.contains('.') {
            return Err(Refusal::NotPublicName);
        }
        if plain && !allowed.plain_http() {
            return Err(Refusal::PlainHttp);
        }
    }
    Ok(())
}
