//! The client's address, when a proxy is in between.

use serde_json::json;

use super::{ADA, sign_in_from};
use crate::harness::app::{Ask, PASSWORD, Served, Setup, TestApp};

fn limited() -> Setup {
    Setup::default().with_auth(|auth| auth.limits.enabled = true)
}

fn guess(app: &Served, number: usize) -> Ask {
    let body = json!({ "email": format!("n{number}@example.org"), "password": "wrong" });
    app.post("/auth/v1/token?grant_type=password").json(&body)
}

#[tokio::test]
async fn no_client_gets_another_count_by_sending_headers() {
    let app = TestApp::with(limited()).await;
    for number in 0..30 {
        let ask = guess(&app, number).header("x-forwarded-for", format!("203.0.113.{number}"));
        let ask = ask.header("x-real-ip", format!("203.0.113.{number}")).header("forwarded", "for=203.0.113.9");
        ask.send().await.refused(400, "invalid_credentials");
    }
    guess(&app, 99).header("x-forwarded-for", "203.0.113.200").send().await.refused(429, "over_request_rate_limit");
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_a_count() {
    let app = TestApp::with(limited().behind(&["10.0.0.0/8"])).await;
    let through =
        |number: usize, row: &str| guess(&app, number).from("10.0.0.1:1").header("x-forwarded-for", row).send();
    for number in 0..30 {
        through(number, "203.0.113.9").await.refused(400, "invalid_credentials");
    }
    through(98, "203.0.113.9").await.refused(429, "over_request_rate_limit");
    // Addresses that the client added itself are ignored, and so is a second trusted proxy behind.
    through(98, "1.2.3.4, 203.0.113.9").await.refused(429, "over_request_rate_limit");
    through(98, "203.0.113.9, 10.1.1.1").await.refused(429, "over_request_rate_limit");
    through(98, "203.0.113.10").await.refused(400, "invalid_credentials");
    // A request that bypasses the proxy is counted for its own address.
    let past = guess(&app, 98).from("198.51.100.7:1").header("x-forwarded-for", "203.0.113.9");
    past.send().await.refused(400, "invalid_credentials");
}

#[tokio::test]
async fn sessions_and_audit_entries_say_where_the_client_is() {
    let app = TestApp::with(Setup::default().behind(&["10.0.0.0/8"])).await;
    let body = json!({ "email": ADA, "password": PASSWORD });
    let ask = app.post("/auth/v1/signup").json(&body).from("10.0.0.1:1");
    ask.header("x-forwarded-for", "6.6.6.6, 203.0.113.9").send().await.expect(200);
    assert_eq!(app.count("select count(*) from auth.sessions where ip = '203.0.113.9'").await, 1);
    let noted = "select count(*) from auth.audit_log_entries
                 where payload ->> 'action' = 'login' and ip_address = '203.0.113.9'";
    assert_eq!(app.count(noted).await, 1);
    sign_in_from(&app, "203.0.113.20:1", ADA, PASSWORD).await.expect(200);
    assert_eq!(app.count("select count(*) from auth.sessions where ip = '203.0.113.20'").await, 1);
}
