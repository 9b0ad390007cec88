//! Rate limits of one network address.

use serde_json::json;

use super::{ADA, ELSEWHERE, limited, machine, mail_from, sign_in_from};
use crate::harness::app::{PASSWORD, Setup, TestApp};

#[tokio::test]
async fn thirty_sign_ins_at_once_and_then_one_every_two_seconds() {
    let app = limited().await;
    for number in 0..30 {
        let email = format!("nobody{number}@example.org");
        sign_in_from(&app, ELSEWHERE, &email, "wrong").await.refused(400, "invalid_credentials");
    }
    let hashed = app.backbone.identity.passwords.hashed();
    let held = sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.refused(429, "over_request_rate_limit");
    assert_eq!((held.at("/msg").as_str(), held.header("retry-after")), ("Request rate limit reached", "2"));
    assert_eq!(held.header("x-sb-error-code"), "over_request_rate_limit");
    assert_eq!(app.backbone.identity.passwords.hashed(), hashed, "who is refused costs no hash");
    // Other network addresses are not affected.
    sign_in_from(&app, &machine(1), ADA, "wrong").await.refused(400, "invalid_credentials");
    app.advance_seconds(2);
    sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.refused(400, "invalid_credentials");
    sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.refused(429, "over_request_rate_limit");
}

#[tokio::test]
async fn a_refresh_is_never_refused() {
    let app = limited().await;
    let mut refresh = app.sign_up(ADA).await.expect(200).at("/refresh_token");
    for _ in 0..60 {
        refresh = app.refresh(&refresh).await.expect(200).at("/refresh_token");
    }
    for _ in 0..40 {
        sign_in_from(&app, "127.0.0.1:1", "nobody@example.org", "wrong").await;
    }
    app.refresh(&refresh).await.expect(200);
}

#[tokio::test]
async fn mails_are_counted_alike_for_every_address() {
    let app = limited().await;
    app.sign_up(ADA).await.expect(200);
    for number in 0..30 {
        mail_from(&app, ELSEWHERE, &format!("nobody{number}@example.org")).await.expect(422);
    }
    let held = mail_from(&app, ELSEWHERE, ADA).await.refused(429, "over_request_rate_limit");
    assert_eq!(held.header("retry-after"), "10");
    for path in ["signup", "magiclink", "recover", "resend"] {
        let body = json!({ "email": ADA, "password": PASSWORD, "type": "signup" });
        let ask = app.post(&format!("/auth/v1/{path}")).json(&body).from(ELSEWHERE);
        ask.send().await.refused(429, "over_request_rate_limit");
    }
}

#[tokio::test]
async fn a_household_of_ipv6_is_one_address() {
    let app = limited().await;
    for number in 0..30 {
        let peer = format!("[2001:db8:1:2:{number:x}::1]:4711");
        sign_in_from(&app, &peer, &format!("n{number}@example.org"), "wrong").await.expect(400);
    }
    sign_in_from(&app, "[2001:db8:1:2:ffff::9]:1", ADA, "wrong").await.refused(429, "over_request_rate_limit");
    sign_in_from(&app, "[2001:db8:1:3::1]:1", ADA, "wrong").await.expect(400);
}

#[tokio::test]
async fn servers_count_together() {
    let app = limited().await;
    let other = app.beside(Setup::default().with_auth(|auth| auth.limits.enabled = true)).await.unwrap();
    for number in 0..15 {
        let email = format!("n{number}@example.org");
        sign_in_from(&app, ELSEWHERE, &email, "wrong").await.expect(400);
        sign_in_from(&other, ELSEWHERE, &email, "wrong").await.expect(400);
    }
    sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.refused(429, "over_request_rate_limit");
    sign_in_from(&other, ELSEWHERE, ADA, "wrong").await.refused(429, "over_request_rate_limit");
}

#[tokio::test]
async fn many_at_once_are_as_many_as_one_after_the_other() {
    let app = limited().await;
    let tries = (0..60).map(|number| {
        let app = &app;
        async move { sign_in_from(app, ELSEWHERE, &format!("n{number}@example.org"), "wrong").await.status() }
    });
    let statuses = futures_util::future::join_all(tries).await;
    assert_eq!(statuses.iter().filter(|&&status| status == 400).count(), 30);
    assert_eq!(statuses.iter().filter(|&&status| status == 429).count(), 30);
}

#[tokio::test]
async fn the_servers_limit_of_mails_rejects_every_request_alike() {
    let setup = Setup::default().confirming().with_auth(|auth| {
        auth.limits.enabled = true;
        auth.limits.mails_per_hour = 3;
        auth.limits.mails_confirmed_percent = 0;
    });
    let app = TestApp::with(setup).await;
    for number in 0..3 {
        app.sign_up(&format!("ada{number}@example.org")).await.expect(200);
    }
    for email in ["ada0@example.org", "nobody@example.org"] {
        let held = mail_from(&app, ELSEWHERE, email).await.refused(429, "over_email_send_rate_limit");
        assert_eq!(held.header("retry-after"), "1200");
    }
    app.advance_seconds(1_200);
    app.sign_up("late@example.org").await.expect(200);
    app.sign_up("later@example.org").await.refused(429, "over_email_send_rate_limit");
}

#[tokio::test]
async fn limits_can_be_switched_off_one_by_one() {
    let app = TestApp::with(Setup::default().with_auth(|auth| {
        auth.limits.enabled = true;
        auth.limits.tokens = 0;
        auth.limits.wrong_passwords_per_hour = 0;
    }))
    .await;
    for _ in 0..40 {
        sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.refused(400, "invalid_credentials");
    }
}

#[tokio::test]
async fn our_own_pages_are_counted_too() {
    let app = limited().await;
    for _ in 0..30 {
        app.post("/sign-in").browser().form("email=nobody%40example.org").from(ELSEWHERE).send().await;
    }
    let page = app.post("/sign-in").browser().form("email=nobody%40example.org").from(ELSEWHERE).send().await;
    assert_eq!(page.status(), 429, "{page}");
    assert!(page.header("content-type").starts_with("text/html"), "{page}");
}

#[tokio::test]
async fn people_without_an_address_are_made_slowly() {
    let app = TestApp::with(Setup::default().with_auth(|auth| {
        auth.limits.enabled = true;
        auth.anonymous_users = true;
        auth.limits.anonymous_per_hour = 3;
    }))
    .await;
    let make = |peer: &str| app.post("/auth/v1/signup").json(&json!({ "data": {} })).from(peer).send();
    for _ in 0..3 {
        make(ELSEWHERE).await.expect(200);
    }
    make(ELSEWHERE).await.refused(429, "over_request_rate_limit");
    make(&machine(1)).await.expect(200);
    app.advance_seconds(1_200);
    make(ELSEWHERE).await.expect(200);
}

/// Written by a server whose clock was ahead.
#[tokio::test]
async fn a_count_that_lies_further_ahead_than_its_window_locks_no_one_out() {
    let app = limited().await;
    app.sign_up(ADA).await.expect(200);
    sign_in_from(&app, ELSEWHERE, ADA, PASSWORD).await.expect(200);
    mail_from(&app, ELSEWHERE, ADA).await.expect(200);
    let admin = app.test.admin().await;
    let ahead =
        admin.execute("update freehold.rate_buckets set full_at = full_at + interval '1 day'", &[]).await.unwrap();
    assert!(ahead >= 4, "passwords, tokens, mails and the server's mails are counted: {ahead}");
    app.advance_seconds(120);
    sign_in_from(&app, ELSEWHERE, ADA, PASSWORD).await.expect(200);
    sign_in_from(&app, &machine(3), ADA, PASSWORD).await.expect(200);
    mail_from(&app, ELSEWHERE, ADA).await.expect(200);
    app.sign_up("grace@example.org").await.expect(200);
    let left = "select count(*) from freehold.rate_buckets where full_at > $1::timestamptz + interval '2 hours'
                and name in ('tokens', 'mails', 'passwords', 'mails_of_server')";
    let now = app.clock().now();
    assert_eq!(admin.query_one(left, &[&now]).await.unwrap().get::<_, i64>(0), 0, "they are brought back");
    // It counts from there on.
    for _ in 0..29 {
        sign_in_from(&app, ELSEWHERE, ADA, PASSWORD).await.expect(200);
    }
    sign_in_from(&app, ELSEWHERE, ADA, PASSWORD).await.refused(429, "over_request_rate_limit");
}

#[tokio::test]
async fn a_user_whose_count_lies_ahead_of_its_window_is_let_in() {
    let app = limited().await;
    let token = app.sign_up(ADA).await.expect(200).at("/access_token");
    app.get("/api/v1/me").token(&token).send().await.expect(200);
    let admin = app.test.admin().await;
    let ahead = "update freehold.rate_buckets set full_at = full_at + interval '1 day' where name = 'user_requests'";
    assert_eq!(admin.execute(ahead, &[]).await.unwrap(), 1);
    let answer = app.get("/api/v1/me").token(&token).send().await.expect(200);
    assert!(answer.header("ratelimit").ends_with(";t=1"), "the window begins anew: {}", answer.header("ratelimit"));
}
