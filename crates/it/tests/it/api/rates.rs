//! Rate limits of a plan: `documents` includes 50 requests an hour for each key.

use serde_json::json;

use crate::harness::app::{Person, TestApp};

async fn documents() -> (TestApp, Person) {
    let app = TestApp::with(crate::of("documents")).await;
    let owner = app.owner().await;
    (app, owner)
}

#[tokio::test]
async fn answers_say_how_many_requests_are_left() {
    let (app, owner) = documents().await;
    // Ten minutes before the window ends.
    app.advance_seconds(50 * 60);
    for left in [49, 48, 47] {
        let answer = app.get("/api/v1/usage").key(&owner.key).send().await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"requests\";q=50;w=3600");
        assert_eq!(answer.header("ratelimit"), format!("\"requests\";r={left};t=600"));
    }
    // An error of another kind counts, too, because it was a request.
    let missing =
        app.get(&format!("/api/v1/keys/{}", app.test.uuid())).key(&owner.key).send().await.refused(404, "not_found");
    assert_eq!(missing.header("ratelimit"), "\"requests\";r=46;t=600");
}

#[tokio::test]
async fn past_the_limit_it_says_when_to_come_again() {
    let (app, owner) = documents().await;
    for _ in 0..50 {
        app.get("/api/v1/usage").key(&owner.key).send().await.expect(200);
    }
    app.advance_seconds(90);
    let refused = app.get("/api/v1/usage").key(&owner.key).send().await.refused(429, "rate_limited");
    assert_eq!((refused.header("retry-after"), refused.at("/retry_after")), ("3510", "3510".into()));
    assert_eq!(refused.header("ratelimit"), "\"requests\";r=0;t=3510");
    assert!(refused.at("/detail").contains("50 requests"), "{refused}");
    // Each key has its own limit, and users have none.
    app.get("/api/v1/usage").person(&owner).send().await.expect(200);
    let other = app.post("/api/v1/keys").person(&owner).json(&json!({ "name": "other" })).send().await.expect(201);
    app.get("/api/v1/usage").key(&other.at("/key")).send().await.expect(200);

    app.advance_seconds(3_510);
    let answer = app.get("/api/v1/usage").key(&owner.key).send().await.expect(200);
    assert_eq!(answer.header("ratelimit"), "\"requests\";r=49;t=3600");
}

#[tokio::test]
async fn many_at_once_on_two_servers_are_fifty() {
    let (app, owner) = documents().await;
    let other = app.beside(crate::of("documents")).await.unwrap();
    let asks = (0..80).map(|number| {
        let server = if number % 2 == 0 { &*app } else { &other };
        server.get("/api/v1/usage").key(&owner.key).send()
    });
    let answers = futures_util::future::join_all(asks).await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status() == status).count();
    assert_eq!((count(200), count(429)), (50, 30));
}

#[tokio::test]
async fn a_suspended_person_still_reads_and_is_counted() {
    let (app, owner) = documents().await;
    app.suspend(&owner, true).await;
    let answer = app.get("/api/v1/usage").key(&owner.key).send().await.expect(200);
    assert_eq!(answer.header("ratelimit"), "\"requests\";r=49;t=3600");
}

#[tokio::test]
async fn a_plan_without_rates_says_nothing_of_them() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let answer = app.get("/api/v1/usage").key(&owner.key).send().await.expect(200);
    assert_eq!((answer.header("ratelimit"), answer.header("ratelimit-policy")), ("", ""));
}
