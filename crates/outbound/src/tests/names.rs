//! DNS whose answers change between lookups. Only 127.0.0.2 may be called here, so that allowed and forbidden answers
//! are both on loopback: 127.0.0.1 stands for the private network.

use std::{net::SocketAddr, sync::Arc};

use super::{
    dns::PlayedDns,
    post,
    sink::{Sink, Trap},
};
use crate::{Allowed, Failure, Outbound};

const GOOD: &str = "127.0.0.2";
const BAD: &str = "127.0.0.1";

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const OK_ONCE: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";

/// A sink at the allowed address and a trap at the forbidden one, on the same port.
async fn good_and_bad(answer: &str) -> (Sink, Trap) {
    let sink = Sink::on(GOOD.parse().unwrap(), 0, answer).await;
    let trap = Trap::on(SocketAddr::new(BAD.parse().unwrap(), sink.address.port()));
    (sink, trap)
}

fn outbound(dns: &Arc<PlayedDns>) -> Outbound {
    let allowed = Allowed::public_only().with(&["127.0.0.2/32".parse().unwrap()]);
    Outbound::with_resolver(allowed, dns.clone()).unwrap()
}

#[tokio::test]
async fn a_name_that_changes_after_the_check_is_connected_to_where_it_was_checked() {
    let (sink, trap) = good_and_bad(OK).await;
    let dns = Arc::new(PlayedDns::turning("turns.example", &[&[GOOD], &[BAD]]));
    let outbound = outbound(&dns);
    let url = format!("http://turns.example:{}/", sink.address.port());

    assert_eq!(outbound.send(post(&url)).await.unwrap().status, 200);
    assert_eq!(dns.asked(), 1, "one question, whose answer is checked and connected to");
    assert_eq!((sink.connections(), trap.visits()), (1, 0));

    // The second request uses the checked connection, without a lookup.
    assert_eq!(outbound.send(post(&url)).await.unwrap().status, 200);
    assert_eq!((dns.asked(), sink.connections(), trap.visits()), (1, 1, 0));
}

#[tokio::test]
async fn a_new_connection_is_checked_anew() {
    let (sink, trap) = good_and_bad(OK_ONCE).await;
    let dns = Arc::new(PlayedDns::turning("turns.example", &[&[GOOD], &[BAD]]));
    let outbound = outbound(&dns);
    let url = format!("http://turns.example:{}/", sink.address.port());

    assert_eq!(outbound.send(post(&url)).await.unwrap().status, 200);
    let error = outbound.send(post(&url)).await.unwrap_err();
    assert_eq!((error.failure(), dns.asked()), (Failure::Refused, 2));
    assert_eq!((sink.connections(), trap.visits()), (1, 0));
}

#[tokio::test]
async fn a_name_that_flips_for_every_question_never_gets_inside() {
    let (sink, trap) = good_and_bad(OK_ONCE).await;
    let answers: Vec<&[&str]> = (0..40).map(|turn| if turn % 2 == 0 { &[GOOD][..] } else { &[BAD][..] }).collect();
    let dns = Arc::new(PlayedDns::turning("flips.example", &answers));
    let outbound = outbound(&dns);
    let url = format!("http://flips.example:{}/", sink.address.port());
    let mut outcomes = (0, 0);
    for _ in 0..40 {
        match outbound.send(post(&url)).await {
            Ok(answer) => outcomes.0 += usize::from(answer.status == 200),
            Err(error) => outcomes.1 += usize::from(error.failure() == Failure::Refused),
        }
    }
    assert_eq!(outcomes, (20, 20));
    assert_eq!((sink.connections(), trap.visits()), (20, 0));
}

#[tokio::test]
async fn one_bad_answer_among_good_ones_refuses_them_all() {
    let (sink, trap) = good_and_bad(OK).await;
    for answer in
        [&[GOOD, BAD][..], &[BAD, GOOD], &[GOOD, "169.254.169.254"], &[GOOD, "::1"], &[GOOD, "::ffff:127.0.0.2"]]
    {
        let dns = Arc::new(PlayedDns::turning("mixed.example", &[answer]));
        let url = format!("http://mixed.example:{}/", sink.address.port());
        let error = outbound(&dns).send(post(&url)).await.unwrap_err();
        assert_eq!(error.failure(), Failure::Refused, "{answer:?}");
    }
    assert_eq!((sink.connections(), trap.visits()), (0, 0));
}

#[tokio::test]
async fn redirects_are_answers_and_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let trap = Trap::on(SocketAddr::new(BAD.parse().unwrap(), 0));
        let to = format!("http://{BAD}:{}/latest/meta-data/", trap.port());
        let refresh = format!("HTTP/1.1 {status} Elsewhere\r\nlocation: {to}\r\nrefresh: 0; url={to}\r\n");
        let sink = Sink::on(GOOD.parse().unwrap(), 0, format!("{refresh}content-length: 0\r\n\r\n")).await;
        let answer = outbound(&Arc::default()).send(post(&sink.url("/"))).await.unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers["location"], to.as_str());
        assert_eq!((sink.connections(), trap.visits()), (1, 0), "{status}");
    }
}

#[tokio::test]
async fn an_address_that_does_not_answer_is_followed_by_the_next() {
    // Nothing listens at the first address, the sink at the second; both may be called.
    let sink = Sink::on("127.0.0.3".parse().unwrap(), 0, OK).await;
    let dns = Arc::new(PlayedDns::turning("two.example", &[&[GOOD, "127.0.0.3"]]));
    let allowed = Allowed::public_only().with_loopback();
    let outbound = Outbound::with_resolver(allowed, dns).unwrap();
    let url = format!("http://two.example:{}/", sink.address.port());
    assert_eq!(outbound.send(post(&url)).await.unwrap().status, 200);
}

/// A name with many addresses must not turn the server into a port scanner.
#[tokio::test]
async fn four_addresses_are_tried_and_no_more() {
    let sink = Sink::on("127.0.0.9".parse().unwrap(), 0, OK).await;
    let silent = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"];
    let url = format!("http://many.example:{}/", sink.address.port());
    for (before, expected) in [(3, None), (4, Some(Failure::Connect))] {
        let answer: Vec<&str> = silent[..before].iter().copied().chain(["127.0.0.9"]).collect();
        let dns = Arc::new(PlayedDns::turning("many.example", &[&answer]));
        let outbound = Outbound::with_resolver(Allowed::public_only().with_loopback(), dns).unwrap();
        assert_eq!(outbound.send(post(&url)).await.err().map(|error| error.failure()), expected, "{answer:?}");
    }
}

/// The proxies of the environment are set for a second process of this very test, where it looks whether they are used.
#[tokio::test]
async fn no_proxy_of_the_environment_is_asked() {
    const NAME: &str = "tests::names::no_proxy_of_the_environment_is_asked";
    if std::env::var_os("FREEHOLD_TEST_BEHIND_PROXY").is_some() {
        let sink = Sink::new(OK).await;
        let outbound = Outbound::new(Allowed::public_only().with_loopback()).unwrap();
        assert_eq!(outbound.send(post(&sink.url("/"))).await.unwrap().status, 200);
        assert_eq!(sink.connections(), 1);
        return;
    }
    let trap = Trap::new();
    let proxy = format!("http://127.0.0.1:{}", trap.port());
    let mut again = tokio::process::Command::new(std::env::current_exe().unwrap());
    again.args([NAME, "--exact"]).env("FREEHOLD_TEST_BEHIND_PROXY", "yes").env("NO_PROXY", "").env("no_proxy", "");
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        again.env(name, &proxy);
    }
    let output = again.output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert_eq!(trap.visits(), 0);
}
