//! Ranges that an operator opens, and addresses that stay closed.

use crate::{Allowed, IpNet, Refusal, address_check};

fn opened(ranges: &[&str]) -> Allowed {
    let ranges: Vec<IpNet> = ranges.iter().map(|range| range.parse().unwrap()).collect();
    Allowed::public_only().with(&ranges)
}

fn admits(allowed: &Allowed, address: &str) -> bool {
    allowed.admit(address.parse().unwrap()).is_ok()
}

#[test]
fn the_public_internet_is_open_by_itself() {
    let allowed = Allowed::public_only();
    for address in [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2000::1",
        "2001:200::1",
        "2003::1",
        "2606:4700::1111",
        "3ffe::1",
        "3fff:1000::1",
    ] {
        assert!(admits(&allowed, address), "{address}");
    }
}

#[test]
fn the_edges_of_what_is_closed_are_closed() {
    let allowed = Allowed::public_only();
    for address in [
        "0.255.255.255",
        "10.255.255.255",
        "100.127.255.255",
        "169.254.0.0",
        "172.31.255.255",
        "192.0.0.255",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "224.0.0.0",
        "239.255.255.255",
        "255.255.255.254",
        "1fff::1",
        "2001:1ff:ffff::1",
        "2002:ffff::1",
        "3fff:fff::1",
        "4000::",
        "fdff::1",
        "febf::1",
        "::2",
        "64:ff9b:1:ffff::1",
    ] {
        assert!(!admits(&allowed, address), "{address}");
    }
}

#[test]
fn a_range_opens_what_lies_in_it_and_nothing_else() {
    let allowed = opened(&["10.1.0.0/16", "fd12:3456::/32"]);
    for address in ["10.1.0.1", "10.1.255.255", "fd12:3456:1::1", "1.1.1.1"] {
        assert!(admits(&allowed, address), "{address}");
    }
    for address in ["10.0.255.255", "10.2.0.0", "fd12:3457::1", "127.0.0.1", "::ffff:10.1.0.1", "64:ff9b::10.1.0.1"] {
        assert!(!admits(&allowed, address), "{address}");
    }
}

#[test]
fn metadata_is_opened_by_its_own_name_alone() {
    let metadata = [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
        "::ffff:a9fe:a9fe",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1:a9fe:a9:fe00::",
        "64:ff9b:1::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ];
    let wide = opened(&["0.0.0.0/0", "::/0", "169.254.0.0/16", "fd00::/8"]);
    for address in metadata {
        assert!(!admits(&wide, address), "{address}");
        let own = format!("{address}/{}", if address.contains(':') { 128 } else { 32 });
        assert!(admits(&opened(&[&own]), address), "{address}");
    }
    assert!(admits(&wide, "169.254.1.1"));
}

#[test]
fn a_translators_range_does_not_open_what_lies_behind_it() {
    let allowed = opened(&["64:ff9b::/96"]);
    assert!(admits(&allowed, "64:ff9b::1.1.1.1"), "a network without IPv4 of its own");
    assert!(!admits(&allowed, "64:ff9b::10.0.0.1"));
    assert!(!admits(&allowed, "64:ff9b::127.0.0.1"));
    assert!(admits(&opened(&["64:ff9b::/96", "10.0.0.0/8"]), "64:ff9b::10.0.0.1"));
}

#[test]
fn plain_http_goes_to_opened_ranges_alone_unless_the_operator_says_otherwise() {
    let (closed, local) = (Allowed::public_only(), Allowed::public_only().with_loopback());
    for url in ["http://198.41.0.4/", "http://hooks.example.com/"] {
        assert_eq!(address_check(url, &closed), Err(Refusal::PlainHttp), "{url}");
        assert!(address_check(url, &closed.clone().with_plain_http()).is_ok(), "{url}");
    }
    assert_eq!(address_check("http://198.41.0.4/", &local), Err(Refusal::PlainHttp));
    for url in ["http://127.0.0.1:9000/hook", "http://[::1]:9000/", "http://localhost:9000/", "https://localhost/"] {
        assert!(address_check(url, &local).is_ok(), "{url}");
        assert!(address_check(url, &closed).is_err(), "{url}");
    }
    // Only the connection can tell whether a name resolves into an opened range.
    assert!(address_check("http://engine:8000/", &local).is_ok());
}

#[test]
fn addresses_of_the_public_web_are_taken_and_kept_as_browsers_spell_them() {
    for (text, kept) in [
        ("https://hooks.example.com/in?x=1&y=%20", "https://hooks.example.com/in?x=1&y=%20"),
        ("HTTPS://Hooks.Example.COM:443", "https://hooks.example.com/"),
        ("https://b\u{fc}cher.example:8443/\u{e4}", "https://xn--bcher-kva.example:8443/%C3%A4"),
        ("https://198.41.0.4/", "https://198.41.0.4/"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
        ("https://example.com/@someone/a:b", "https://example.com/@someone/a:b"),
        ("https://my_host.example.com/a{b}|c", "https://my_host.example.com/a%7Bb%7D|c"),
    ] {
        assert_eq!(address_check(text, &Allowed::public_only()).map(String::from).as_deref(), Ok(kept), "{text}");
    }
}

#[test]
fn a_long_address_is_refused() {
    let long = format!("https://hooks.example.com/{}", "a".repeat(Refusal::LENGTH_LIMIT));
    assert_eq!(address_check(&long, &Allowed::public_only()), Err(Refusal::TooLong));
    let host = format!("https://{}com/", "a.".repeat(130));
    assert!(address_check(&host, &Allowed::public_only()).is_err());
}

#[test]
fn every_refusal_is_a_sentence() {
    for refusal in [
        Refusal::Unreadable,
        Refusal::TooLong,
        Refusal::Character,
        Refusal::Scheme,
        Refusal::PlainHttp,
        Refusal::UserInfo,
        Refusal::Fragment,
        Refusal::Port(25),
        Refusal::TrailingDot,
        Refusal::NotPublicName,
        Refusal::Address("a private address"),
        Refusal::Name("a.example".to_owned()),
    ] {
        let text = refusal.to_string();
        assert!(text.ends_with('.') && text.len() < 200, "{text}");
    }
}
