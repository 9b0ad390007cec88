//! The API requires the second factor from users who have one.

use serde_json::json;

use super::{ADA, AuthenticatorApp, Session, elsewhere, enroll, newcomer, protected, show};
use crate::harness::app::{Setup, TestApp};

#[tokio::test]
async fn a_password_alone_is_not_enough_for_a_user_with_a_second_factor() {
    let app = TestApp::new().await;
    let (_, phone) = protected(&app).await;
    // A thief has Ada's password.
    let thief = elsewhere(&app).await;
    for path in ["/api/v1/me", "/api/v1/usage", "/api/v1/keys", "/api/v1/auth/me", "/api/v1/me/sessions"] {
        let refused = app.get(path).token(&thief.token).send().await.refused(403, "insufficient_aal");
        assert!(refused.at("/detail").contains("/auth/v1/factors"), "{path}: {refused}");
    }
    let body = json!({ "name": "mine" });
    app.post("/api/v1/keys").token(&thief.token).json(&body).send().await.refused(403, "insufficient_aal");
    // A refresh does not raise the assurance level.
    let refreshed = Session::of(&app.refresh(&thief.refresh).await.expect(200));
    app.get("/api/v1/me").token(&refreshed.token).send().await.refused(403, "insufficient_aal");
    // The calls needed to use the factor work.
    app.get("/auth/v1/user").token(&refreshed.token).send().await.expect(200);
    let shown = Session::of(&show(&app, &refreshed, &phone.factor, &phone.code(app.clock())).await.expect(200));
    app.get("/api/v1/me").token(&shown.token).send().await.expect(200);
    // An earlier token of the same session stays at the lower level.
    app.get("/api/v1/me").token(&refreshed.token).send().await.refused(403, "insufficient_aal");
}

#[tokio::test]
async fn a_factor_that_was_only_begun_is_not_asked_for() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    enroll(&app, &session, "Telephone").await.expect(200);
    app.get("/api/v1/me").token(&elsewhere(&app).await.token).send().await.expect(200);
}

#[tokio::test]
async fn the_pages_reject_a_cookie_from_before_the_factor() {
    let app = TestApp::new().await;
    let ada = app.somebody(ADA).await;
    let session = Session { token: ada.token, refresh: ada.refresh };
    app.advance_seconds(60);
    app.post("/sign-in").browser().form("email=ada%40example.org").send().await.expect(200);
    let form = format!("email=ada%40example.org&code={}", app.code(ADA).await);
    let gone = app.post("/sign-in/code").browser().form(&form).send().await.expect(303);
    let cookie = gone.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = async |cookie: &str| app.get("/billing").browser().header("cookie", cookie).send().await;
    assert!(page(&cookie).await.expect(200).holds(ADA));
    let phone = AuthenticatorApp::of(&enroll(&app, &session, "Telephone").await.expect(200));
    show(&app, &session, &phone.factor, &phone.code(app.clock())).await.expect(200);
    app.backbone.resolver.forget();
    assert!(!page(&cookie).await.expect(200).holds(ADA));
    let raised = cookie.replacen(".aal1.", ".aal2.", 1);
    assert_ne!(raised, cookie);
    assert!(!page(&raised).await.expect(200).holds(ADA));
}

#[tokio::test]
async fn an_application_may_ask_by_itself() {
    let app = TestApp::with(Setup::default().with_auth(|auth| auth.factors.api_requires_aal2 = false)).await;
    protected(&app).await;
    app.get("/api/v1/me").token(&elsewhere(&app).await.token).send().await.expect(200);
}
