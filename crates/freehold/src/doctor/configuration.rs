//! Checks the settings.

use freehold_outbound::IpNet;

use super::finding::Finding;
use crate::{
    compose,
    connections::{Caps, descriptors},
    products, running,
    settings::{ListenAddress, OutboundSettings, Settings, site_is_near},
};

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("the settings are read"), product(&settings.product)];
    // The address of the running server, before the address that a new server would use.
    let running = running::find(settings).map(|running| running.listen.into());
    findings.push(site(running.as_ref().unwrap_or(&settings.listen), settings.site_url.as_deref()));
    findings.extend(proxies(settings.site_url.as_deref(), &settings.trusted_proxies));
    findings.extend(sign_up(settings));
    findings.extend(outbound(&settings.outbound));
    findings.push(connections(settings.connections.caps(), descriptors::possible(), settings.pool.connections));
    findings
}

fn product(name: &str) -> Finding {
    let found = match products::product(name) {
        Ok(found) => found,
        Err(error) => {
            return Finding::fail(
                format!("{error:#}"),
                "correct the file, or name another product with --product or FREEHOLD_PRODUCT",
            );
        }
    };
    match compose::specification(&found) {
        Ok(spec) => Finding::ok(format!("{} says what {} sells: {} plans", found.file, spec.name, spec.plans().len())),
        Err(mistakes) => Finding::fail(format!("{} has mistakes: {mistakes}", found.file), "correct them, build again"),
    }
}

/// Checks that users on other machines can open the links in mails, and that the links use https.
fn site(listen: &ListenAddress, site_url: Option<&str>) -> Finding {
    let near = listen.is_near();
    let advice = "set site_url (FREEHOLD_SITE_URL) to the https:// address that people type";
    match site_url {
        None if near => Finding::ok(format!("the server listens on {listen}, for this machine")),
        None => Finding::warn(
            format!("the server listens on {listen} for others, but links in mails lead to this machine"),
            advice,
        ),
        Some(url) if url.starts_with("https://") => Finding::ok(format!("people reach the server at {url}")),
        Some(url) if near && site_is_near(url) => {
            Finding::ok(format!("people at this machine reach the server at {url}"))
        }
        Some(url) => Finding::warn(format!("people reach the server at {url}: passwords travel in the clear"), advice),
    }
}

/// The server does not speak TLS, so if its URL is https:// a proxy is in front. If that proxy is not listed, all
/// requests seem to come from it, and all visitors share the limits of one.
fn proxies(site_url: Option<&str>, trusted: &[IpNet]) -> Option<Finding> {
    let behind = site_url.is_some_and(|url| url.starts_with("https://"));
    if let Some(range) = trusted.iter().find(|range| range.prefix_len() == 0) {
        return Some(Finding::warn(
            format!(
                "{range} in trusted_proxies is every address, so each client can name another address and escape all limits"
            ),
            "name the addresses of your proxies alone",
        ));
    }
    (behind && trusted.is_empty()).then(|| {
        Finding::warn(
            "people reach the server by https://, so through a proxy, but trusted_proxies names none: all of them share one limit",
            "name the proxy's address in trusted_proxies, such as [\"127.0.0.1/32\"]",
        )
    })
}

fn sign_up(settings: &Settings) -> Option<Finding> {
    let open = settings.auth.autoconfirm && !settings.auth.signup_disabled;
    let far = !settings.listen.is_near() || settings.database_url.is_some();
    (open && far).then(|| {
        Finding::warn(
            "autoconfirm is on: users can sign up with addresses that are not theirs",
            "set autoconfirm = false in [auth] (FREEHOLD_AUTH_AUTOCONFIRM)",
        )
    })
}

/// Checks that the system allows enough open files for the connections of the settings.
fn connections(caps: Caps, possible: Option<u64>, pool: usize) -> Finding {
    let room = descriptors::room(possible, pool);
    let files = possible.map_or_else(|| "any number of".to_owned(), |files| files.to_string());
    if caps.most <= room {
        return Finding::ok(format!("the server takes {} connections of clients, with {files} open files", caps.most));
    }
    Finding::warn(
        format!(
            "a process may have {files} open files here, so the server takes {room} connections, not {}",
            caps.most
        ),
        "raise the limit (LimitNOFILE= of a systemd unit, ulimit -Hn), or lower most in [connections]",
    )
}

/// Checks the addresses that customers' webhooks may reach.
fn outbound(settings: &OutboundSettings) -> Vec<Finding> {
    let everything = settings.allow.iter().filter(|range| range.prefix_len() == 0).map(|range| {
        Finding::warn(
            format!("{range} in [outbound] lets customers call everything in the server's network"),
            "open the ranges alone in which customers' servers are",
        )
    });
    let plain = settings.plain_http.then(|| {
        Finding::warn(
            "webhooks may go by http://, where everybody on the way reads them",
            "set plain_http = false in [outbound]",
        )
    });
    everything.chain(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    #[test]
    fn a_site_that_others_reach_has_to_be_https() {
        let level = |listen: &str, url: Option<&str>| site(&listen.parse().unwrap(), url).level;
        for (listen, url, expected) in [
            ("127.0.0.1:8080", None, Level::Ok),
            ("[::1]:8080", Some("http://localhost:8080"), Level::Ok),
            ("127.0.0.1:8080", Some("https://app.example.com"), Level::Ok),
            ("0.0.0.0:8080", Some("https://app.example.com"), Level::Ok),
            ("0.0.0.0:8080", None, Level::Warn),
            ("0.0.0.0:8080", Some("http://localhost:8080"), Level::Warn),
            ("127.0.0.1:8080", Some("http://app.example.com"), Level::Warn),
            ("127.0.0.1:8080", Some("http://127.example.com"), Level::Warn),
            ("127.0.0.1:8080", Some("http://[::1]:8080"), Level::Ok),
        ] {
            assert_eq!(level(listen, url), expected, "{listen} {url:?}");
        }
    }

    #[test]
    fn a_proxy_that_nobody_named_is_warned_of() {
        let warned = |url: &str, trusted: &[&str]| {
            let trusted: Vec<IpNet> = trusted.iter().map(|range| range.parse().unwrap()).collect();
            proxies(Some(url), &trusted).is_some()
        };
        assert!(warned("https://app.example.com", &[]) && warned("https://app.example.com", &["10.0.0.1/32", "::/0"]));
        assert!(!warned("https://app.example.com", &["10.0.0.1/32"]) && !warned("http://localhost:8080", &[]));
        assert!(proxies(None, &[]).is_none());
    }

    #[test]
    fn connections_without_open_files_for_them_are_warned_of() {
        let caps = Caps { most: 16_000, most_per_address: 12_000 };
        assert_eq!(connections(caps, Some(524_288), 16).level, Level::Ok);
        assert_eq!(connections(caps, None, 16).level, Level::Ok);
        let few = connections(caps, Some(1024), 16);
        assert!(few.level == Level::Warn && few.what.contains("takes 908 connections"), "{few:?}");
    }

    #[test]
    fn webhooks_that_may_go_anywhere_are_warned_of() {
        let warnings = |allow: &[&str], plain_http| {
            let allow = allow.iter().map(|range| range.parse().unwrap()).collect();
            outbound(&OutboundSettings { allow, plain_http }).len()
        };
        assert_eq!(warnings(&["10.1.0.0/16", "fd00::/8"], false), 0);
        assert_eq!(warnings(&["0.0.0.0/0", "::/0"], true), 3);
    }

    #[test]
    fn every_product_reads_and_a_stranger_does_not() {
        for (name, _) in products::PRODUCTS {
            assert_eq!(product(name).level, Level::Ok, "{name}");
        }
        assert!(product("piano").what.contains("voice"));
    }
}
