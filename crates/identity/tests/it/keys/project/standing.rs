//! Changes to users and sessions at the project take effect here within a minute.

use super::*;

/// How long an answer of the project is used at most, in seconds.
const SEEN: i64 = 31;

async fn status(app: &TestApp, session: &Value) -> u16 {
    app.get("/api/v1/me").token(token(session)).send().await.status()
}

#[tokio::test]
async fn a_user_who_is_banned_at_the_project_is_refused_within_a_minute_and_let_in_again() {
    let project = Project::start().await;
    let app = project.customer().await;
    let (ada, bob) = (project.sign_up(ADA).await, project.sign_up("bob@example.org").await);
    assert_eq!((status(&app, &ada).await, status(&app, &bob).await), (200, 200));
    let id = ada["user"]["id"].as_str().unwrap().parse().unwrap();
    let ban = async |duration: &str| {
        project_person_change(
            app.backbone.identity.tokens.project().unwrap(),
            id,
            &json!({ "ban_duration": duration }),
        )
        .await
        .unwrap();
        advance(&[&app, &project.app], SEEN);
    };
    ban("24h").await;
    let refused = app.get("/api/v1/me").token(token(&ada)).send().await.refused(401, "unauthenticated");
    assert!(refused.holds("banned"), "{refused}");
    assert_eq!(status(&app, &bob).await, 200, "another user is not concerned");
    ban("none").await;
    let again = project.app.sign_in(ADA).await.expect(200).json();
    assert_eq!(status(&app, &again).await, 200);
}

#[tokio::test]
async fn a_user_who_is_deleted_at_the_project_is_refused_within_a_minute() {
    let project = Project::start().await;
    let app = project.customer().await;
    let ada = project.sign_up(ADA).await;
    assert_eq!(status(&app, &ada).await, 200);
    let id = ada["user"]["id"].as_str().unwrap().parse().unwrap();
    assert!(project_person_delete(app.backbone.identity.tokens.project().unwrap(), id).await.unwrap());
    advance(&[&app, &project.app], SEEN);
    assert_eq!(status(&app, &ada).await, 401);
}

#[tokio::test]
async fn a_session_that_ended_at_the_project_is_refused_within_a_minute() {
    let project = Project::start().await;
    let app = project.customer().await;
    let (first, second) = (project.sign_up(ADA).await, project.app.sign_in(ADA).await.expect(200).json());
    assert_eq!((status(&app, &first).await, status(&app, &second).await), (200, 200));
    project.app.post("/auth/v1/logout?scope=local").token(token(&first)).send().await.expect(204);
    advance(&[&app, &project.app], SEEN);
    assert_eq!((status(&app, &first).await, status(&app, &second).await), (401, 200));
}

#[tokio::test]
async fn while_the_project_is_away_its_last_answer_holds_and_without_one_the_user_is_told_to_wait() {
    let project = Project::start().await;
    let app = project.customer().await;
    let (ada, bob) = (project.sign_up(ADA).await, project.sign_up("bob@example.org").await);
    assert_eq!(status(&app, &ada).await, 200);
    project.go_away(true);
    advance(&[&app, &project.app], 20 * 60);
    assert_eq!(status(&app, &ada).await, 200);
    app.get("/api/v1/me").token(token(&bob)).send().await.refused(503, "unavailable");
    project.go_away(false);
    advance(&[&app, &project.app], 6);
    assert_eq!((status(&app, &ada).await, status(&app, &bob).await), (200, 200));
}

#[tokio::test]
async fn a_token_that_a_team_signed_itself_is_accepted_though_the_project_knows_no_such_session() {
    let project = Project::start().await;
    let keeper = project.app.backbone.identity.base.keeper();
    keys_import(&keeper, &keys_parse(SECRET).unwrap()).await.unwrap();
    key_rotate(&keeper, Some("legacy"), true).await.unwrap();
    keys_refresh(&project.app.backbone.identity.tokens).await.unwrap();
    let told = Setup { jwt_secret: Some(SECRET), ..Setup::default() };
    let app = TestApp::with(told.at_project(&project.url, &project.key)).await;
    let ada = project.sign_up(ADA).await;
    let mut own = claims(token(&ada));
    let unknown = "0192a0de-0000-7000-8000-000000000001";
    (own["session_id"], own["sub"]) = (unknown.into(), unknown.into());
    // With all claims that Supabase Auth sets, the session counts as ended.
    app.get("/api/v1/me").token(&with_secret(SECRET, &own)).send().await.refused(401, "unauthenticated");
    own["session_id"] = "0192a0de-0000-7000-8000-000000000002".into();
    own.as_object_mut().unwrap().remove("phone");
    app.get("/api/v1/me").token(&with_secret(SECRET, &own)).send().await.expect(200);
}

#[tokio::test]
async fn the_project_is_asked_once_for_many_requests_of_a_session() {
    let project = Project::start().await;
    let app = project.customer().await;
    let ada = project.sign_up(ADA).await;
    let asks = (0..20).map(|_| tokio::spawn(app.get("/api/v1/me").token(token(&ada)).send()));
    for ask in asks.collect::<Vec<_>>() {
        ask.await.unwrap().expect(200);
    }
    assert_eq!(project.looked(), 2, "once for the user, once for the session");
    advance(&[&app, &project.app], SEEN);
    for _ in 0..5 {
        assert_eq!(status(&app, &ada).await, 200);
    }
    assert_eq!(project.looked(), 4);
}
