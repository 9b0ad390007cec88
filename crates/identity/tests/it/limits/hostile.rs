//! Other hostile requests.

use std::time::Instant;

use serde_json::json;

use super::{ADA, ELSEWHERE, limited, sign_in_from};
use crate::harness::app::TestApp;

#[tokio::test]
async fn bodies_have_an_end() {
    let app = limited().await;
    let large = vec![b'a'; 1024 * 1024 + 1];
    for path in ["signup", "token?grant_type=password", "otp", "verify", "recover", "resend"] {
        let ask = app.post(&format!("/auth/v1/{path}")).header("content-type", "application/json");
        ask.bytes(large.clone()).send().await.refused(413, "request_entity_too_large");
    }
    let ask = app.post("/api/v1/auth/magic-link/request").header("content-type", "application/json");
    ask.bytes(large).send().await.refused(413, "body_too_large");
}

#[tokio::test]
async fn deep_and_odd_bodies_are_refused_in_order() {
    let app = TestApp::new().await;
    for body in [
        "[".repeat(200_000),
        format!("{{\"email\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000)),
        "{\"email\":\"a@b.c\",\"email\":\"d@e.f\",\"password\":\"xxxxxxxx\"}".to_owned(),
        "\u{feff}{}".to_owned(),
        "nul".to_owned(),
        "{\"email\":\"a\\u0000@b.c\",\"password\":\"xxxxxxxx\"}".to_owned(),
        "{\"email\":\"a@b.c\",\"password\":\"\\ud800\"}".to_owned(),
    ] {
        let ask = app.post("/auth/v1/signup").header("content-type", "application/json").bytes(body.clone());
        let answer = ask.send().await;
        let short: String = body.chars().take(60).collect();
        assert_eq!(answer.status(), 400, "{short}: {answer}");
    }
    // A value that Postgres cannot store is rejected, and is not an internal error.
    let data = json!({ "email": ADA, "password": "correct horse battery", "data": { "x": "\u{0}" } });
    let answer = app.post("/auth/v1/signup").json(&data).send().await;
    assert!([200, 400, 422].contains(&answer.status()), "{answer}");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_told_to_come_again() {
    let app = limited().await;
    let mut admin = app.test.admin().await;
    let held = admin.transaction().await.unwrap();
    held.batch_execute("lock table auth.users in access exclusive mode").await.unwrap();
    let since = Instant::now();
    let answer = sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.refused(504, "request_timeout");
    assert_eq!(answer.at("/msg"), "Processing this request timed out, please retry after a moment.");
    assert!((9..13).contains(&since.elapsed().as_secs()), "{:?}", since.elapsed());
    held.rollback().await.unwrap();
    sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.refused(400, "invalid_credentials");
}
