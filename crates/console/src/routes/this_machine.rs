//! Recognizes visitors at the machine of the server. Only they may open `/dev`, because a sign-in link is as good as a
//! password, and only they may learn how the server is set up.
//!
//! A loopback connection does not prove this: a proxy on the machine forwards requests of others, a page of any site
//! can make the browser on this machine send requests, and a name that its owner points at 127.0.0.1 makes such a page
//! same-origin (DNS rebinding). The name in `Host` does not prove it either: nginx by default sends its upstream's,
//! 127.0.0.1. So the pages exist only where the site's own address is one of this machine
//! ([`Local::near`](super::Local)), and a client that speaks HTTP/1.0, as nginx did by default for twenty years, counts
//! as a proxy.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request},
    http::{
        HeaderMap, HeaderName, Uri, Version, header,
        request::Parts,
        uri::{Authority, Scheme},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use freehold_core::Error;
use freehold_web::Problem;

/// Headers that proxies, tunnels and content delivery networks add, and browsers do not.
const OF_PROXIES: &[&str] = &[
    "cdn-loop",
    "cf-connecting-ip",
    "cf-ray",
    "client-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "forwarded",
    "proxy-connection",
    "tailscale-user-login",
    "true-client-ip",
    "via",
    "x-arr-log-id",
    "x-azure-clientip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forwarded",
    "x-host",
    "x-http-forwarded-for",
    "x-nginx-proxy",
    "x-original-host",
    "x-original-uri",
    "x-original-url",
    "x-proxy-id",
    "x-proxyuser-ip",
    "x-real-ip",
    "x-remote-addr",
    "x-remote-ip",
    "x-rewrite-url",
    "x-scheme",
    "x-varnish",
];
/// Beginnings of further headers of proxies.
const OF_PROXIES_BEGIN: &[&str] =
    &["x-amzn-", "x-appengine-", "x-envoy-", "x-forwarded-", "x-original-forwarded-", "x-vercel-"];

/// Whether the visitor is at this machine.
pub(super) struct AtThisMachine(pub(super) bool);

impl<S: Send + Sync> FromRequestParts<S> for AtThisMachine {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
        Ok(Self(parts.version >= Version::HTTP_11 && is_near(peer, &parts.uri, &parts.headers)))
    }
}

/// The middleware of `/dev`: answers other visitors with 404.
pub(super) async fn this_machine_only(AtThisMachine(near): AtThisMachine, request: Request, next: Next) -> Response {
    if near { next.run(request).await } else { Problem(Error::not_found("page")).into_response() }
}

fn is_near(peer: Option<SocketAddr>, uri: &Uri, headers: &HeaderMap) -> bool {
    let is_proxys = |name: &HeaderName| {
        OF_PROXIES.contains(&name.as_str()) || OF_PROXIES_BEGIN.iter().any(|begin| name.as_str().starts_with(begin))
    };
    // HTTP/2 names the host in the URI. Every browser names the host.
    let named = headers.get_all(header::HOST).iter().map(|host| host.to_str().ok().and_then(|host| host.parse().ok()));
    let hosts: Vec<Option<Authority>> = named.chain(uri.authority().cloned().map(Some)).collect();
    let own_page = |origin: &str| {
        let origin: Option<Uri> = origin.parse().ok();
        let scheme = origin
            .as_ref()
            .and_then(Uri::scheme)
            .is_some_and(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS);
        let authority = origin.as_ref().and_then(Uri::authority);
        scheme && authority.is_some() && !hosts.is_empty() && hosts.iter().all(|host| host.as_ref() == authority)
    };
    peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback())
        && !headers.keys().any(is_proxys)
        && hosts.iter().all(|host| host.as_ref().is_some_and(is_loopback))
        && headers.get_all(header::ORIGIN).iter().all(|origin| origin.to_str().is_ok_and(own_page))
        // `none`: the user typed the address, or opened a bookmark.
        && headers.get_all("sec-fetch-site").iter().all(|from| from == "same-origin" || from == "none")
}

/// Whether the name always means this machine. RFC 6761: `localhost` and names that end in `.localhost` do.
fn is_loopback(host: &Authority) -> bool {
    if host.as_str().contains('@') {
        return false;
    }
    let name = host.host().to_ascii_lowercase();
    let address: Result<IpAddr, _> = name.trim_start_matches('[').trim_end_matches(']').parse();
    match address {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&str, &str)]) -> bool {
        let peer = SocketAddr::from(([127, 0, 0, 1], 50_000));
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        is_near(Some(peer), &Uri::from_static("/dev/mail"), &headers)
    }

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for host in ["localhost", "LOCALHOST:8080", "app.localhost:1", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080"] {
            assert!(asked(&[("host", host)]), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "notlocalhost",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "evil.example@127.0.0.1",
            "192.168.1.7:8080",
            "0.0.0.0:8080",
            "[::]:8080",
            "",
            "local host",
        ] {
            assert!(!asked(&[("host", host)]), "{host}");
        }
        assert!(!asked(&[("host", "localhost"), ("host", "evil.example")]));
        let peer = Some(SocketAddr::from(([127, 0, 0, 1], 1)));
        assert!(!is_near(peer, &Uri::from_static("http://evil.example/dev/mail"), &HeaderMap::new()));
        assert!(is_near(peer, &Uri::from_static("http://localhost:8080/dev/mail"), &HeaderMap::new()));
        assert!(!is_near(None, &Uri::from_static("/dev/mail"), &HeaderMap::new()));
    }

    #[test]
    fn only_its_own_pages_ask() {
        let host = ("host", "localhost:8080");
        assert!(asked(&[host, ("origin", "http://localhost:8080")]));
        for origin in [
            "null",
            "https://evil.example",
            "http://localhost:3000",
            "http://localhost",
            "file://",
            "",
            "localhost:8080",
        ] {
            assert!(!asked(&[host, ("origin", origin)]), "{origin}");
        }
        assert!(!asked(&[("origin", "http://localhost:8080")]), "no host to compare it with");
        for (from, near) in [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)] {
            assert_eq!(asked(&[host, ("sec-fetch-site", from)]), near, "{from}");
        }
    }

    #[test]
    fn a_proxy_on_the_machine_speaks_for_others() {
        for name in
            OF_PROXIES.iter().copied().chain(["x-forwarded-for", "X-Forwarded-Host", "x-envoy-external-address"])
        {
            assert!(!asked(&[("host", "localhost"), (name, "1")]), "{name}");
        }
        assert!(asked(&[("host", "localhost"), ("accept", "*/*"), ("x-request-id", "1")]));
    }
}
