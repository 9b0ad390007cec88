//! The list of a user's sessions.

use serde_json::{Value, json};

use super::{ADA, Session, elsewhere, newcomer, protected};
use crate::harness::app::{PASSWORD, Served, TestApp};

const PATH: &str = "/api/v1/me/sessions";

async fn list(app: &Served, session: &Session) -> Vec<Value> {
    let answer = app.get(PATH).token(&session.token).send().await.expect(200);
    answer.json()["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_user_sees_their_sessions() {
    let app = TestApp::new().await;
    let first = newcomer(&app).await;
    app.advance_seconds(60);
    let body = json!({ "email": ADA, "password": PASSWORD });
    let sign_in = app.post("/auth/v1/token?grant_type=password").json(&body).header("user-agent", "Lynx/2.9");
    let second = Session::of(&sign_in.from("[::ffff:192.0.2.7]:40000").send().await.expect(200));
    app.stranger().await;
    let sessions = list(&app, &first).await;
    assert_eq!(sessions.len(), 2);
    assert_eq!((&sessions[0]["id"], &sessions[1]["id"]), (&json!(second.id()), &json!(first.id())));
    assert_eq!((&sessions[0]["current"], &sessions[1]["current"]), (&json!(false), &json!(true)));
    assert_eq!((&sessions[0]["user_agent"], &sessions[0]["ip"]), (&json!("Lynx/2.9"), &json!("192.0.2.7")));
    assert_eq!((&sessions[0]["aal"], &sessions[0]["methods"]), (&json!("aal1"), &json!(["password"])));
    assert_eq!(sessions[0]["expires_at"], Value::Null);
}

#[tokio::test]
async fn a_refresh_shows_in_the_list() {
    let app = TestApp::new().await;
    let first = newcomer(&app).await;
    app.advance_seconds(600);
    let body = json!({ "refresh_token": first.refresh });
    let refresh = app.post("/auth/v1/token?grant_type=refresh_token").json(&body).header("user-agent", "Elinks/0.17");
    refresh.from("198.51.100.3:40000").send().await.expect(200);
    let sessions = list(&app, &first).await;
    assert_eq!((&sessions[0]["user_agent"], &sessions[0]["ip"]), (&json!("Elinks/0.17"), &json!("198.51.100.3")));
    assert_eq!(sessions[0]["last_used_at"], json!(app.clock().now()));
    assert_ne!(sessions[0]["created_at"], sessions[0]["last_used_at"]);
}

#[tokio::test]
async fn a_second_factor_shows_in_the_list() {
    let app = TestApp::new().await;
    let (lifted, _) = protected(&app).await;
    let sessions = list(&app, &lifted).await;
    assert_eq!((&sessions[0]["aal"], &sessions[0]["methods"]), (&json!("aal2"), &json!(["totp", "password"])));
}

#[tokio::test]
async fn one_is_ended_from_another() {
    let app = TestApp::new().await;
    let (first, lost) = (newcomer(&app).await, elsewhere(&app).await);
    app.get("/api/v1/me").token(&lost.token).send().await.expect(200);
    let path = format!("{PATH}/{}", lost.id());
    app.delete(&path).token(&first.token).send().await.expect(204);
    app.get("/api/v1/me").token(&lost.token).send().await.refused(401, "unauthenticated");
    app.refresh(&lost.refresh).await.refused(400, "refresh_token_not_found");
    app.delete(&path).token(&first.token).send().await.refused(404, "not_found");
    assert_eq!(list(&app, &first).await.len(), 1);
    let sql = "select count(*) from auth.audit_log_entries where payload ->> 'action' = 'token_revoked'";
    assert_eq!(app.count(sql).await, 1);
}

#[tokio::test]
async fn all_others_are_ended_at_once() {
    let app = TestApp::new().await;
    let (first, second, third) = (newcomer(&app).await, elsewhere(&app).await, elsewhere(&app).await);
    let stranger = app.stranger().await;
    app.delete(PATH).token(&second.token).send().await.expect(204);
    for gone in [first, third] {
        app.refresh(&gone.refresh).await.refused(400, "refresh_token_not_found");
        app.get("/auth/v1/user").token(&gone.token).send().await.refused(403, "session_not_found");
    }
    app.refresh(&second.refresh).await.expect(200);
    app.refresh(&stranger.refresh).await.expect(200);
}

#[tokio::test]
async fn another_persons_session_is_not_there() {
    let app = TestApp::new().await;
    let first = newcomer(&app).await;
    let stranger = app.stranger().await;
    let path = format!("{PATH}/{}", first.id());
    let refused = app.delete(&path).token(&stranger.token).send().await.refused(404, "not_found");
    let nobodys = app.delete(&format!("{PATH}/{}", app.test.uuid())).token(&stranger.token).send().await;
    assert_eq!(refused.at("/detail"), nobodys.refused(404, "not_found").at("/detail"));
    app.get(PATH).key(&stranger.key).send().await.refused(401, "unauthenticated");
    app.refresh(&first.refresh).await.expect(200);
}

#[tokio::test]
async fn another_server_knows_it_too() {
    let app = TestApp::new().await;
    let (first, lost) = (newcomer(&app).await, elsewhere(&app).await);
    let other = app.beside(crate::harness::app::Setup::default()).await.unwrap();
    app.delete(&format!("{PATH}/{}", lost.id())).token(&first.token).send().await.expect(204);
    other.get("/auth/v1/user").token(&lost.token).send().await.refused(403, "session_not_found");
}
