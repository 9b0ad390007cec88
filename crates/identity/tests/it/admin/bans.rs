//! Banning users.

use serde_json::{Value, json};

use super::{ADA, AsAdministrator, at};
use crate::harness::app::TestApp;

#[tokio::test]
async fn who_is_locked_out_is_out_at_once_and_comes_back_in_time() {
    let app = TestApp::new().await;
    let session = app.sign_up(ADA).await.expect(200);
    let token = session.at("/access_token");
    let person = app.get("/auth/v1/user").token(&token).send().await.expect(200);
    let ban = |duration: &str| app.put(&at(&person)).json(&json!({ "ban_duration": duration }));
    let banned = ban("1h30m").by(&app).await.expect(200);
    assert_eq!(banned.at("/banned_until"), "2026-03-15T13:30:00Z");
    app.get("/auth/v1/user").token(&token).send().await.expect(403);
    app.get("/api/v1/me").token(&token).send().await.expect(401);
    assert_eq!(app.sign_in(ADA).await.code(), "user_banned");
    app.advance_seconds(90 * 60);
    app.sign_in(ADA).await.expect(200);
    ban("876600h").by(&app).await.expect(200);
    assert_eq!(app.sign_in(ADA).await.code(), "user_banned");
    let free = ban("none").by(&app).await.expect(200);
    assert_eq!(free.json()["banned_until"], Value::Null);
    app.sign_in(ADA).await.expect(200);
    for bad in ["forever", "1d", "1", "-", "9999999999h"] {
        ban(bad).by(&app).await.refused(400, "validation_failed");
    }
}
