//! Lifetimes of sessions, and the errors of a rejected refresh.

use freehold_identity::session::session_refresh;

use serde_json::json;

use super::{ADA, Session, elsewhere, newcomer, protected};
use crate::harness::app::{Setup, TestApp};

const HOUR: i64 = 3_600;

#[tokio::test]
async fn a_session_ends_when_its_time_is_over() {
    let app = TestApp::with(Setup::default().with_auth(|auth| auth.sessions.lifetime_hours = 24)).await;
    let mut session = newcomer(&app).await;
    for _ in 0..23 {
        app.advance_seconds(HOUR);
        session = Session::of(&app.refresh(&session.refresh).await.expect(200));
    }
    app.advance_seconds(HOUR - 1);
    app.get("/auth/v1/user").token(&session.token).send().await.expect(200);
    app.advance_seconds(1);
    let refused = app.refresh(&session.refresh).await.refused(400, "session_expired");
    assert_eq!(refused.at("/msg"), "Invalid Refresh Token: Session Expired");
    // An access token that has not expired yet is rejected, too.
    let fresh = elsewhere(&app).await;
    app.advance_seconds(24 * HOUR - 10);
    let late = Session::of(&app.refresh(&fresh.refresh).await.expect(200));
    app.advance_seconds(10);
    app.get("/auth/v1/user").token(&late.token).send().await.refused(403, "session_not_found");
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used() {
    let app = TestApp::with(Setup::default().with_auth(|auth| auth.sessions.idle_hours = 8)).await;
    let (kept, left) = (newcomer(&app).await, elsewhere(&app).await);
    app.advance_seconds(8 * HOUR);
    let kept = Session::of(&app.refresh(&kept.refresh).await.expect(200));
    app.advance_seconds(1);
    let refused = app.refresh(&left.refresh).await.refused(400, "session_expired");
    assert_eq!(refused.at("/msg"), "Invalid Refresh Token: Session Expired (Inactivity)");
    app.advance_seconds(8 * HOUR - 1);
    app.refresh(&kept.refresh).await.expect(200);
    let listed = app.get("/api/v1/me/sessions").token(&elsewhere(&app).await.token).send().await.expect(200);
    assert_eq!(listed.json()["data"].as_array().unwrap().len(), 2);
}

/// Signs in on the site's page, with a code from a mail; returns the pages' cookie.
async fn cookie(app: &TestApp) -> String {
    app.advance_seconds(60);
    app.post("/sign-in").browser().form("email=ada%40example.org").send().await.expect(200);
    let form = format!("email=ada%40example.org&code={}", app.code(ADA).await);
    let gone = app.post("/sign-in/code").browser().form(&form).send().await.expect(303);
    gone.header("set-cookie").split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_idle_session_ends_for_access_tokens_and_for_the_cookie_of_pages_too() {
    let app = TestApp::with(Setup::default().with_auth(|auth| {
        auth.sessions.idle_hours = 1;
        auth.access_token_seconds = 24 * 3_600;
    }))
    .await;
    newcomer(&app).await;
    let (used, left) = (elsewhere(&app).await, elsewhere(&app).await);
    let (used_cookie, left_cookie) = (cookie(&app).await, cookie(&app).await);
    let page = async |cookie: &str| app.get("/billing").browser().header("cookie", cookie).send().await.holds(ADA);
    assert!(page(&left_cookie).await);
    app.get("/api/v1/me").token(&left.token).send().await.expect(200);
    // A session that is used within the hour lives on, however old it is.
    for _ in 0..3 {
        app.advance_seconds(HOUR / 2);
        app.backbone.resolver.forget();
        app.get("/api/v1/me").token(&used.token).send().await.expect(200);
        assert!(page(&used_cookie).await);
    }
    app.get("/api/v1/me").token(&left.token).send().await.refused(401, "unauthenticated");
    app.get("/auth/v1/user").token(&left.token).send().await.refused(403, "session_not_found");
    let change = json!({ "password": "another correct horse" });
    app.put("/auth/v1/user").token(&left.token).json(&change).send().await.refused(403, "session_not_found");
    assert!(!page(&left_cookie).await);
    app.refresh(&left.refresh).await.refused(400, "session_expired");
    app.refresh(&used.refresh).await.expect(200);
    // A session that was idle too long cannot be used again.
    app.get("/api/v1/me").token(&left.token).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn showing_a_second_factor_is_using_it() {
    let app = TestApp::with(Setup::default().with_auth(|auth| auth.sessions.idle_hours = 8)).await;
    let (_, phone) = protected(&app).await;
    let session = elsewhere(&app).await;
    app.advance_seconds(HOUR / 2);
    let lifted = super::show(&app, &session, &phone.factor, &phone.code(app.clock())).await.expect(200);
    app.advance_seconds(8 * HOUR - 60);
    app.refresh(&Session::of(&lifted).refresh).await.expect(200);
}

#[tokio::test]
async fn the_latest_sign_in_is_the_only_one_where_that_is_wanted() {
    let app = TestApp::with(Setup::default().with_auth(|auth| auth.sessions.one_per_person = true)).await;
    let first = newcomer(&app).await;
    let stranger = app.stranger().await;
    app.advance_seconds(10);
    let second = elsewhere(&app).await;
    let refused = app.refresh(&first.refresh).await.refused(400, "session_expired");
    assert_eq!(refused.at("/msg"), "Invalid Refresh Token: Session Expired (Revoked by Newer Login)");
    app.get("/auth/v1/user").token(&first.token).send().await.refused(403, "session_not_found");
    app.refresh(&second.refresh).await.expect(200);
    app.refresh(&stranger.refresh).await.expect(200);
}

#[tokio::test]
async fn who_is_locked_out_is_told_so() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    let later = "update auth.users set banned_until = '2999-01-01'";
    app.test.admin().await.execute(later, &[]).await.unwrap();
    let refused = app.refresh(&session.refresh).await.refused(400, "user_banned");
    assert_eq!(refused.at("/msg"), "Invalid Refresh Token: User Banned");
    app.test.admin().await.execute("update auth.users set banned_until = null", &[]).await.unwrap();
    app.refresh(&session.refresh).await.expect(200);
}

#[tokio::test]
async fn who_waits_too_long_for_others_comes_again_and_stays_signed_in() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    let mut admin = app.test.admin().await;
    let held = admin.transaction().await.unwrap();
    held.execute("select from auth.sessions for update", &[]).await.unwrap();
    let busy = app.refresh(&session.refresh).await.expect(503);
    assert_eq!(busy.header("retry-after"), "2");
    held.rollback().await.unwrap();
    app.refresh(&session.refresh).await.expect(200);
}

#[tokio::test]
async fn a_token_from_the_future_is_not_ours() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    let next = Session::of(&app.refresh(&session.refresh).await.expect(200));
    let back = "update auth.sessions set refresh_token_counter = 0";
    app.test.admin().await.execute(back, &[]).await.unwrap();
    let refused = app.refresh(&next.refresh).await.refused(400, "validation_failed");
    assert_eq!(refused.at("/msg"), "Invalid Refresh Token: Not Issued By This Server");
    let identity = &app.backbone.identity;
    session_refresh(&identity.sessions, &session.refresh, &freehold_identity::session::Client::default())
        .await
        .unwrap();
}
