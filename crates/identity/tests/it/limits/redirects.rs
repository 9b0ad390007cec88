//! Where a link may lead, and the server's own name. The rules have unit tests (`freehold_identity::redirect`); these
//! tests check that they apply from the request to the mail.

use serde_json::json;

use super::ADA;
use crate::harness::app::{Ask, PASSWORD, Served, Setup, TestApp};

const SITE: &str = "https://app.example.org";

async fn confirming() -> TestApp {
    TestApp::with(Setup::default().confirming().with_auth(|auth| {
        auth.redirect_urls = vec!["https://*.example.com/**".to_owned(), "com.example.app://callback".to_owned()];
    }))
    .await
}

/// Encodes a query value.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

/// Where the link of the newest mail leads.
async fn leads_to(app: &Served, email: &str) -> String {
    let link = app.link(email).await;
    let carried = link.split_once("redirect_to=").unwrap().1.split('&').next().unwrap().to_owned();
    let bytes = carried.as_bytes();
    let (mut plain, mut place) = (Vec::new(), 0);
    while place < bytes.len() {
        if bytes[place] == b'%' {
            plain.push(u8::from_str_radix(&carried[place + 1..place + 3], 16).unwrap());
            place += 3;
        } else {
            plain.push(bytes[place]);
            place += 1;
        }
    }
    String::from_utf8(plain).unwrap()
}

fn sign_up(app: &Served, path: &str, email: &str) -> Ask {
    app.post(path).json(&json!({ "email": email, "password": PASSWORD }))
}

#[tokio::test]
async fn links_lead_to_the_site_and_to_what_is_listed_and_nowhere_else() {
    let app = confirming().await;
    let table = [
        ("https://app.example.org/next?x=1&sb_flow_id=2", "https://app.example.org/next?x=1&sb_flow_id=2"),
        ("https://shop.example.com/a/b?c=d#e", "https://shop.example.com/a/b?c=d"),
        ("com.example.app://callback", "com.example.app://callback"),
        ("https://evil.example", "https://app.example.org/welcome"),
        ("https://a.b.example.com/", "https://app.example.org/welcome"),
        ("https://evil.example/.example.com/", "https://app.example.org/welcome"),
        ("https://evil.example\\.example.com/", "https://app.example.org/welcome"),
        ("https://app.example.org@evil.example", "https://app.example.org/welcome"),
        ("//evil.example", "https://app.example.org/welcome"),
        ("javascript:alert(1)", "https://app.example.org/welcome"),
        ("https://2130706433/", "https://app.example.org/welcome"),
    ];
    for (number, (wanted, expected)) in table.into_iter().enumerate() {
        let email = format!("ada{number}@example.org");
        sign_up(&app, &format!("/auth/v1/signup?redirect_to={}", encoded(wanted)), &email).send().await.expect(200);
        assert_eq!(leads_to(&app, &email).await, expected, "{wanted}");
        // Clients may send it in a header as well.
        let email = format!("eve{number}@example.org");
        if wanted.is_ascii() {
            sign_up(&app, "/auth/v1/signup", &email).header("redirect_to", wanted).send().await.expect(200);
            assert_eq!(leads_to(&app, &email).await, expected, "{wanted}");
        }
    }
}

#[tokio::test]
async fn where_nothing_good_is_asked_for_the_page_it_comes_from_is_taken_if_it_may_be() {
    let app = confirming().await;
    for (number, (referer, expected)) in [
        ("https://shop.example.com/sign-in", "https://shop.example.com/sign-in"),
        ("https://evil.example/", "https://app.example.org/welcome"),
        ("https://app.example.org.evil.example/", "https://app.example.org/welcome"),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("ada{number}@example.org");
        let ask = sign_up(&app, "/auth/v1/signup?redirect_to=https%3A%2F%2Fevil.example", &email);
        ask.header("referer", referer).send().await.expect(200);
        assert_eq!(leads_to(&app, &email).await, expected, "{referer}");
    }
}

#[tokio::test]
async fn no_client_sets_the_servers_name() {
    let app = TestApp::with(Setup::default().confirming().behind(&["10.0.0.0/8"])).await;
    for (number, peer) in ["198.51.100.7:1", "10.0.0.1:1"].into_iter().enumerate() {
        let email = format!("ada{number}@example.org");
        let ask = sign_up(&app, "/auth/v1/signup", &email).from(peer).header("host", "evil.example");
        let ask = ask.header("x-forwarded-host", "evil.example").header("x-forwarded-proto", "http");
        let ask = ask.header("x-original-host", "evil.example").header("forwarded", "host=evil.example;proto=http");
        ask.header("x-forwarded-server", "evil.example").send().await.expect(200);
        let mail = app.mails(&email).await;
        let link = mail[0].mail.link().unwrap();
        assert!(link.starts_with(&format!("{SITE}/auth/v1/verify?token=")), "{link}");
        assert!(!link.contains("evil"), "{link}");
    }
    let document = app.get("/auth/v1/.well-known/jwks.json").header("host", "evil.example").send().await.expect(200);
    assert!(!document.holds("evil"));
    let settings = app.get("/api/v1/openapi.json").header("host", "evil.example").send().await.expect(200);
    assert!(!settings.holds("evil"));
    let token = sign_up(&app, "/auth/v1/signup", ADA).header("host", "evil.example").send().await.expect(200);
    assert!(!token.holds("evil"));
}
