use proptest::prelude::*;

use super::*;

const SITE: &str = "https://app.example.org";

fn check(patterns: &[&str], wanted: &str) -> Option<String> {
    let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
    redirect_check(SITE, &patterns, wanted)
}

#[test]
fn the_site_is_open_and_what_stands_in_the_query_comes_back_as_it_was() {
    for (wanted, expected) in [
        ("https://app.example.org", "https://app.example.org"),
        ("https://app.example.org/", "https://app.example.org/"),
        ("https://app.example.org/next?x=1&sb_flow_id=2", "https://app.example.org/next?x=1&sb_flow_id=2"),
        ("https://app.example.org?x=%2F%2F", "https://app.example.org?x=%2F%2F"),
        ("https://app.example.org/next#access_token=mine", "https://app.example.org/next"),
        ("HTTPS://APP.example.ORG/Next", "HTTPS://APP.example.ORG/Next"),
        ("https://app.example.org:443/next", "https://app.example.org:443/next"),
        ("https://app.example.org/a/../b", "https://app.example.org/a/../b"),
        ("https://app.example.org//evil.example", "https://app.example.org//evil.example"),
        ("https://app.example.org/?to=https://evil.example", "https://app.example.org/?to=https://evil.example"),
        ("https://app.example.org/über", "https://app.example.org/%C3%BCber"),
        ("https://app.example.org/\"<x>", "https://app.example.org/%22%3Cx%3E"),
    ] {
        assert_eq!(check(&[], wanted).as_deref(), Some(expected), "{wanted}");
    }
}

/// URLs that an attacker could try to pass off as the site's or a listed one.
const TRICKS: &[&str] = &[
    "",
    " ",
    "/",
    "/next",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "evil.example",
    "app.example.org",
    "https:",
    "https:/",
    "https://",
    "https:///",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https:\\\\evil.example",
    "https:/\\evil.example",
    "https://evil.example",
    "http://app.example.org/",
    "https://app.example.org:8443/",
    "https://app.example.org:0443/x:",
    "https://app.example.org:/x:y@evil.example",
    "https://app.example.org@evil.example/",
    "https://app.example.org:443@evil.example/",
    "https://user:secret@app.example.org/",
    "https://@app.example.org/",
    "https://app.example.org%40evil.example/",
    "https://app.example.org%2eevil.example/",
    "https://app.example.org\\@evil.example",
    "https://app.example.org\\.evil.example",
    "https://evil.example\\@app.example.org",
    "https://evil.example\\.app.example.org",
    "https://evil.example#@app.example.org",
    "https://evil.example?@app.example.org",
    "https://evil.example/app.example.org",
    "https://evil.example/https://app.example.org",
    "https://app.example.org.evil.example/",
    "https://app.example.orgevil.example/",
    "https://evilapp.example.org/",
    "https://app.example.org../",
    "https://app..example.org/",
    "https://.app.example.org/",
    "https://app.example.org\t.evil.example",
    "\thttps://app.example.org",
    " https://app.example.org",
    "https://app.example.org ",
    "https://app.example.org/\r\nSet-Cookie: x=y",
    "https://app.example.org/\0",
    "https://app.example.org/\u{7f}",
    "https://app.example.org/\u{202e}gpj.exe",
    "https://app.example.org\u{200b}.evil.example/",
    "https://app\u{ff0e}example.org/",
    "https://app.example\u{3002}org/",
    "https://аpp.example.org/",
    "https://app.example.org\u{2044}evil.example/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1.",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[app.example.org]/",
    "https://169.254.169.254/latest/meta-data",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "javascript://app.example.org/%0aalert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "data://app.example.org/",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://app.example.org/x",
    "view-source:https://app.example.org/",
    "intent://app.example.org/#Intent;scheme=http;end",
    "mailto:eve@evil.example",
    "com.example.app://callback",
    "https+x://app.example.org/",
    "%68ttps://app.example.org/",
    "https%3A%2F%2Fapp.example.org",
    "ht\u{2060}tps://app.example.org/",
];

#[test]
fn tricks_lead_nowhere() {
    assert!(TRICKS.len() > 80);
    for wanted in TRICKS {
        assert_eq!(check(&[], wanted), None, "{wanted:?}");
    }
    let long = format!("https://app.example.org/{}", "a".repeat(LONGEST));
    assert_eq!(check(&[], &long), None);
}

#[test]
fn wide_patterns_open_nothing_that_has_two_readings() {
    let patterns = ["https://**", "https://*.example.org/**", "http://localhost:*/**"];
    for wanted in [
        "javascript:alert(1)",
        "https:evil.example",
        "https:///evil.example",
        "https://a@evil.example/",
        "https://evil.example\\@app.example.org",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://evil.example/a/../b",
        "https://evil.example/a/%2e%2E/b",
        "http://evil.example",
        "http://localhost:3000@evil.example/",
        "http://localhost:65536/",
        "http://localhost:x/",
    ] {
        assert_eq!(check(&patterns, wanted), None, "{wanted}");
    }
    assert!(check(&patterns, "https://evil.example/").is_some(), "which is what https://** asks for");
    assert!(check(&patterns, "http://localhost:3000/x/y").is_some());
}

#[test]
fn globs_stop_where_they_have_to() {
    let table: &[(&str, &str, bool)] = &[
        ("http://localhost:8000/*", "http://localhost:8000/path", true),
        ("http://localhost:8000/*", "http://localhost:8000/", true),
        ("http://localhost:8000/*", "http://localhost:8000", false),
        ("http://localhost:8000/*", "http://localhost:8000/path/to/page", false),
        ("http://localhost:8000/*", "http://localhost:8000/page.html", false),
        ("http://localhost:8000/**", "http://localhost:8000/path/to/page.html?x=1", true),
        ("http://localhost:8000/*", "http://localhost:3000/path", false),
        ("https://*.example.com/**", "https://a.example.com/x", true),
        ("https://*.example.com/**", "https://a.b.example.com/x", false),
        ("https://**.example.com/**", "https://a.b.example.com/x", true),
        ("https://*.example.com/**", "https://example.com/x", false),
        ("https://*.example.com/**", "https://evil.org/.example.com/x", false),
        ("https://**.example.com/**", "https://evil.org/.example.com/x", false),
        ("https://**.example.com/**", "https://evil.org?.example.com/x", false),
        ("https://*example.com/**", "https://evil?example.com/x", false),
        ("https://*.example.com/**", "https://a.example.com:8443/x", false),
        ("https://*.example.com:*/**", "https://a.example.com:8443/x", true),
        ("https://preview-*.example.com/cb", "https://preview-17.example.com/cb", true),
        ("https://preview-*.example.com/cb", "https://preview-17.example.com/cb?sb_flow_id=1", true),
        ("https://preview-*.example.com/cb", "https://preview-17.example.com/cb#x", true),
        ("https://preview-*.example.com/cb", "https://preview-17.example.com/cb/x", false),
        ("https://a.example.com/?", "https://a.example.com/x", true),
        ("https://a.example.com/page-?", "https://a.example.com/page-1", true),
        ("https://a.example.com/page-?", "https://a.example.com/page-12", false),
        ("https://A.example.com/x", "https://a.EXAMPLE.com/x", true),
        ("https://a.example.com/X", "https://a.example.com/x", false),
        ("https://192.168.1.5:3000/**", "https://192.168.1.5:3000/x", true),
        ("https://192.168.1.*/**", "https://192.168.1.5/x", false),
        ("http://[::1]:3000/**", "http://[::1]:3000/x", true),
        ("com.example.app://callback", "com.example.app://callback", true),
        ("com.example.app://callback", "com.example.app://callback?code=1", true),
        ("com.example.app://**", "com.example.app://login/callback", true),
        ("com.my_cool_app.example://*", "com.my_cool_app.example://callback", true),
        ("com.example.app:/callback", "com.example.app:/callback", true),
        ("com.example.app://callback", "com.evil.app://callback", false),
        ("exp://*.*.*.*:*/--/**", "exp://192.168.1.5:19000/--/callback", true),
        ("*://app.example.org/**", "https://other.example.org/", false),
        ("javascript:*", "javascript:alert", false),
        ("**", "https://evil.example/", false),
    ];
    for (pattern, wanted, expected) in table {
        assert_eq!(check(&[pattern], wanted).is_some(), *expected, "{pattern} and {wanted}");
    }
}

#[test]
fn on_this_machine_every_port_is_the_sites() {
    let patterns = [];
    for (site, wanted, expected) in [
        ("http://localhost:3000", "http://localhost:5173/x", true),
        ("http://127.0.0.1:8080", "http://127.0.0.1:41234/callback", true),
        ("http://[::1]:8080", "http://[::1]:41234/callback", true),
        ("http://127.0.0.1:8080", "http://localhost:8080/", false),
        ("http://localhost:3000", "https://localhost:3000/", false),
        ("http://localhost:3000", "http://localhost.evil.example:3000/", false),
        ("http://app.example.org:8080", "http://app.example.org:8081/", false),
    ] {
        assert_eq!(redirect_check(site, &patterns, wanted).is_some(), expected, "{site} and {wanted}");
    }
}

#[test]
fn origins_are_the_sites_and_those_that_patterns_lead_to() {
    let patterns: Vec<String> =
        ["https://*.example.com/**", "http://localhost:3000/cb", "com.app://x"].map(str::to_owned).into();
    for (origin, expected) in [
        ("https://app.example.org", true),
        ("https://a.example.com", true),
        ("http://localhost:3000", true),
        ("http://localhost:3001", false),
        ("https://app.example.org:8443", false),
        ("http://app.example.org", false),
        ("https://evil.example", false),
        ("https://app.example.org.evil.example", false),
        ("https://app.example.org/", false),
        ("null", false),
        ("", false),
        ("com.app://x", false),
    ] {
        assert_eq!(origin_check(SITE, &patterns, origin), expected, "{origin}");
    }
}

#[test]
fn patterns_that_open_nothing_are_named() {
    for good in ["https://*.example.org/**", "com.example.app://callback", "exp://**"] {
        assert_eq!(pattern_problem(good), None, "{good}");
    }
    for bad in ["app.example.org", "*", "https://", "https:", "javascript:*", "https://a b/", "*://x/**"] {
        assert!(pattern_problem(bad).is_some(), "{bad}");
    }
}

proptest! {
    /// Every URL that passes is opened by a browser on the site: its authority is exactly the site's.
    #[test]
    fn nothing_but_the_site_gets_through(wanted in "(https?|HTTPS|javascript)?:?[/\\\\]{0,3}(app\\.example\\.org|evil\\.example|[@:.%?#/\\\\a-z0-9]{0,6}){0,4}.{0,8}") {
        if let Some(target) = check(&[], &wanted) {
            let rest = target.to_ascii_lowercase();
            let rest = rest.strip_prefix("https://app.example.org").unwrap_or_else(|| panic!("{wanted:?} became {target}"));
            let rest = rest.strip_prefix(":443").unwrap_or(rest);
            prop_assert!(rest.is_empty() || rest.starts_with(['/', '?']), "{wanted:?} became {target}");
            prop_assert!(target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'#'));
        }
    }

    #[test]
    fn no_text_stops_it(site in ".{0,30}", pattern in ".{0,30}", wanted in ".{0,60}") {
        let _ = redirect_check(&site, &[pattern], &wanted);
    }

    /// A URL that passed passes again unchanged: links carry it through mails and forms.
    #[test]
    fn checking_twice_changes_nothing(path in "[ -~äß]{0,40}") {
        if let Some(once) = check(&[], &format!("https://app.example.org/{path}")) {
            prop_assert_eq!(check(&[], &once), Some(once.clone()));
        }
    }
}
