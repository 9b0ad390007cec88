//! Tries every trick of the gallery on every check that must refuse it.

use std::{sync::Arc, time::Duration};

use http::Uri;
use tower_service::Service;
use url::Url;

use super::{
    dns::PlayedDns,
    gallery::{GALLERY, Stop, Trick},
    post,
    sink::Trap,
};
use crate::{
    Allowed, Failure, Outbound, Refusal, address_check,
    connector::{ConnectError, Connector},
};

/// The trick with the trap's port in it.
fn set(trick: &Trick, trap: &Trap) -> String {
    trick.url.replace("PORT", &trap.port().to_string())
}

/// Plain HTTP is open here, so that nothing is refused for its scheme that should be for its address.
fn open_to_the_public() -> Allowed {
    Allowed::public_only().with_plain_http()
}

fn played() -> Arc<PlayedDns> {
    let dns = PlayedDns::default();
    dns.play("a.localhost", &["127.0.0.1"]);
    for trick in GALLERY {
        let text = trick.url.replace("PORT", "81");
        if !trick.dns.is_empty() {
            dns.play(Url::parse(&text).unwrap().host_str().unwrap(), trick.dns);
        } else if let Some(host) = text.parse::<Uri>().ok().as_ref().and_then(Uri::host)
            && trick.stop == Stop::Reading
        {
            // Not an address: the system would ask its name servers.
            dns.play(host, &[]);
        }
    }
    Arc::new(dns)
}

#[test]
fn the_gallery_is_large_and_holds_no_trick_twice() {
    let mut urls: Vec<&str> = GALLERY.iter().map(|trick| trick.url).collect();
    let all = urls.len();
    urls.sort_unstable();
    urls.dedup();
    assert_eq!(urls.len(), all);
    assert!(all >= 120, "{all}");
}

#[test]
fn saving_refuses_every_trick_that_shows_itself() {
    for trick in GALLERY {
        let url = trick.url.replace("PORT", "8443");
        for allowed in [Allowed::public_only(), open_to_the_public()] {
            let checked = address_check(&url, &allowed);
            let hidden = trick.stop == Stop::Connecting && allowed.plain_http();
            assert_eq!(checked.is_ok(), hidden, "{}: {url:?}: {checked:?}", trick.what);
        }
        if trick.stop == Stop::Connecting {
            assert_eq!(address_check(&url, &Allowed::public_only()), Err(Refusal::PlainHttp), "{url}");
        }
    }
}

/// Addresses that the check at saving refuses, sent without that check.
#[tokio::test]
async fn sending_refuses_every_trick_without_the_check_at_saving() {
    let trap = Trap::new();
    let outbound = Outbound::with_resolver(open_to_the_public(), played()).unwrap();
    for trick in GALLERY {
        let Ok(url) = Url::parse(&set(trick, &trap)) else {
            assert_eq!(trick.stop, Stop::Reading, "{}: {:?}", trick.what, trick.url);
            continue;
        };
        assert_ne!(trick.stop, Stop::Reading, "{}: {url}", trick.what);
        if url.host_str() == Some("hooks.example") {
            continue;
        }
        let error = outbound.send(post(url.as_str())).await.expect_err(trick.what);
        assert_eq!(error.failure(), Failure::Refused, "{}: {url}: {error}", trick.what);
    }
    assert_eq!(trap.visits(), 0);
}

/// The connector alone, without the other checks: it does not know the check at saving, the rule of schemes or user
/// names. It gets the address as the `url` crate spells it, and as the customer did.
#[tokio::test]
async fn the_connector_refuses_every_trick_on_its_own() {
    let trap = Trap::new();
    let connector = Connector::new(Arc::new(open_to_the_public()), played());
    let mut refused = 0;
    for trick in GALLERY.iter().filter(|trick| trick.stop != Stop::Sending) {
        let text = set(trick, &trap);
        let spelled = Url::parse(&text).ok().map(|url| url.to_string());
        for address in spelled.iter().chain([&text]) {
            // A text that is no URI cannot be requested.
            let Ok(uri) = address.parse::<Uri>() else { continue };
            if uri.host().is_none_or(|host| host.is_empty() || host == "hooks.example") {
                continue;
            }
            match connector.clone().call(uri).await {
                Err(ConnectError::Refused(Refusal::Address(_) | Refusal::Name(_) | Refusal::Port(_))) => refused += 1,
                // The customer's spelling may be no address for any parser; then it is a name that does not exist.
                Err(ConnectError::Dns(_)) if address == &text => {}
                other => panic!("{}: {address:?}: {:?}", trick.what, other.map(|_| "connected")),
            }
        }
    }
    assert!(refused > 150, "{refused}");
    assert_eq!(trap.visits(), 0);
}

/// Without this the traps would prove nothing.
#[tokio::test]
async fn what_leads_to_the_trap_falls_into_it_when_loopback_is_open() {
    let trap = Trap::new();
    let connector = Connector::new(Arc::new(Allowed::public_only().with_loopback()), played());
    for url in
        ["http://127.0.0.1:PORT/", "http://0x7f000001:PORT/", "http://localhost:PORT/", "http://inside.example:PORT/"]
    {
        let uri: Uri = url.replace("PORT", &trap.port().to_string()).parse().unwrap();
        connector.clone().call(uri).await.unwrap();
        assert_eq!(trap.visits(), 1, "{url}");
    }
}

#[tokio::test]
async fn a_refusal_tells_nothing_of_the_network_behind_a_name() {
    let outbound = Outbound::with_resolver(open_to_the_public(), played()).unwrap();
    let error = outbound.send(post("http://private.example:8080/")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "private.example is not called: it leads to an address that is not on the public internet."
    );
    assert!(!format!("{error:?}").contains("192.168"), "{error:?}");
    assert!(error.took() < Duration::from_secs(5));
}
