//! Refuses requests from web pages of other sites. A developer's browser can reach a sandbox on the same machine, and
//! so can any page in it.

use std::net::IpAddr;

use axum::http::{HeaderMap, Uri, header, uri::Authority};

use crate::error::{Result, StripeError};

/// Refuses requests from a page of another site.
///
/// The endpoints under `/_sandbox` refuse requests of another origin. A sandbox that is only for this machine responds
/// only to host names of this machine, because a page whose name resolves to 127.0.0.1 would count as same-origin (DNS
/// rebinding).
pub(crate) fn admit(headers: &HeaderMap, path: &str, local_only: bool) -> Result<()> {
    let hosts: Vec<Option<Authority>> = headers
        .get_all(header::HOST)
        .iter()
        .map(|host| host.to_str().ok().and_then(|host| host.parse().ok()))
        .collect();
    if local_only && !hosts.iter().all(|host| host.as_ref().is_some_and(is_loopback)) {
        return Err(refused("This sandbox is for its own machine: address it as localhost or 127.0.0.1."));
    }
    if !path.starts_with("/_sandbox/") {
        return Ok(());
    }
    let own_page = |origin: &str| {
        let origin: Option<Uri> = origin.parse().ok();
        let authority = origin.as_ref().and_then(Uri::authority);
        authority.is_some() && hosts.iter().all(|host| host.as_ref() == authority)
    };
    let own = headers.get_all(header::ORIGIN).iter().all(|origin| origin.to_str().is_ok_and(own_page));
    let near = headers.get_all("sec-fetch-site").iter().all(|from| from == "same-origin" || from == "none");
    // The style sheet of the sandbox's pages is not secret.
    if (own && near) || path == "/_sandbox/page.css" {
        return Ok(());
    }
    Err(refused("Pages of other origins cannot turn the sandbox's knobs."))
}

fn refused(message: &str) -> StripeError {
    StripeError::invalid(message).of_status(403)
}

/// RFC 6761: `localhost` and its subdomains always mean this machine.
fn is_loopback(host: &Authority) -> bool {
    if host.as_str().contains('@') {
        return false;
    }
    let name = host.host().to_ascii_lowercase();
    let address: std::result::Result<IpAddr, _> = name.trim_start_matches('[').trim_end_matches(']').parse();
    match address {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(path: &str, local_only: bool, headers: &[(&str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        admit(&headers, path, local_only).is_ok()
    }

    #[test]
    fn pages_of_other_origins_turn_no_knobs() {
        let host = ("host", "127.0.0.1:12111");
        for (path, taken) in [("/_sandbox/clock", false), ("/_sandbox/page.css", true), ("/checkout/cs_1", true)] {
            for foreign in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
                assert_eq!(admitted(path, true, &[host, foreign]), taken, "{path}: {foreign:?}");
                assert_eq!(admitted(path, false, &[host, foreign]), taken, "{path}: {foreign:?}");
            }
            let own = [host, ("origin", "http://127.0.0.1:12111"), ("sec-fetch-site", "same-origin")];
            assert!(admitted(path, true, &own) && admitted(path, true, &[host]), "{path}");
        }
    }

    #[test]
    fn a_sandbox_for_this_machine_answers_to_its_names_only() {
        for path in ["/v1/customers", "/_sandbox/clock", "/", "/checkout/cs_1"] {
            for own in ["localhost:12111", "127.0.0.1:12111", "[::1]:12111"] {
                assert!(admitted(path, true, &[("host", own)]), "{own}");
            }
            for foreign in ["evil.example", "127.0.0.1.evil.example", "x@127.0.0.1", "192.168.0.9:12111", ""] {
                assert!(!admitted(path, true, &[("host", foreign)]), "{foreign}");
            }
            assert!(admitted(path, false, &[("host", "stripe.test")]), "one that listens for others");
        }
    }
}
