//! Creating objects over a network that loses answers: `Idempotency-Key`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{on_plan, workflow};
use crate::harness::app::{Answer, Person, Served, TestApp};

async fn create(app: &Served, owner: &Person, key: &str, body: &Value) -> Answer {
    app.post("/api/v1/workflows").key(&owner.key).idempotent(key).json(body).send().await
}

fn reminder() -> Value {
    json!({ "name": "Reminder", "template": "appointment_reminder" })
}

#[tokio::test]
async fn a_retry_gets_the_first_answer() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let first = create(&app, &owner, "one", &reminder()).await.expect(201);
    assert_eq!(first.header("idempotent-replayed"), "");
    let retry = create(&app, &owner, "one", &reminder()).await.expect(201);
    assert_eq!(retry.header("idempotent-replayed"), "true");
    assert_eq!((retry.text(), retry.header("content-type")), (first.text(), first.header("content-type")));
    // Also under the path without a version, at another server, and when the plan's limit is reached.
    let other = app.beside(crate::voice()).await.unwrap();
    let ask = other.post("/api/workflows").key(&owner.key).idempotent("one").json(&reminder());
    assert_eq!(ask.send().await.expect(201).text(), first.text());
    create(&app, &owner, "two", &reminder()).await.refused(402, "quota_exceeded");
    assert_eq!(app.count("select count(*) from voice.workflows").await, 1);
}

#[tokio::test]
async fn another_body_or_another_path_under_one_key_is_a_conflict() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let id = create(&app, &owner, "one", &reminder()).await.expect(201).at("/id");
    let other = json!({ "name": "Another", "template": "appointment_reminder" });
    create(&app, &owner, "one", &other).await.refused(409, "idempotency_key_reused");
    let elsewhere = app.post("/api/v1/keys").key(&owner.key).idempotent("one").json(&json!({ "name": "k" }));
    elsewhere.send().await.refused(409, "idempotency_key_reused");
    let elsewhere =
        app.post(&format!("/api/v1/workflows/{id}/runs")).key(&owner.key).idempotent("one").json(&reminder());
    assert!((400..500).contains(&elsewhere.send().await.status()));
}

#[tokio::test]
async fn many_at_once_make_one_thing() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    on_plan(&app, &owner, "pro").await;
    let body = reminder();
    let answers = join_all((0..12).map(|_| create(&app, &owner, "one", &body))).await;
    let ids: Vec<String> = answers.into_iter().map(|answer| answer.expect(201).at("/id")).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(app.count("select count(*) from voice.workflows").await, 1);
    assert_eq!(app.count("select used from freehold.usage_totals where meter = 'workflows'").await, 1);
}

#[tokio::test]
async fn what_was_refused_is_tried_again() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    create(&app, &owner, "one", &json!({ "template": "nothing" })).await.refused(422, "validation_failed");
    create(&app, &owner, "one", &reminder()).await.expect(201);
    create(&app, &owner, "two", &reminder()).await.refused(402, "quota_exceeded");
    on_plan(&app, &owner, "pro").await;
    let made = create(&app, &owner, "two", &reminder()).await.expect(201);
    assert_eq!(made.header("idempotent-replayed"), "");
}

#[tokio::test]
async fn an_answer_is_kept_for_a_day() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    on_plan(&app, &owner, "pro").await;
    let first = create(&app, &owner, "one", &reminder()).await.expect(201).at("/id");
    app.advance_seconds(24 * 3_600 - 1);
    assert_eq!(create(&app, &owner, "one", &reminder()).await.expect(201).at("/id"), first);
    app.advance_seconds(1);
    let second = create(&app, &owner, "one", &reminder()).await.expect(201);
    assert_ne!(second.at("/id"), first);
    assert_eq!(create(&app, &owner, "one", &reminder()).await.expect(201).at("/id"), second.at("/id"));
}

#[tokio::test]
async fn old_answers_are_swept_and_young_ones_stay() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    on_plan(&app, &owner, "pro").await;
    create(&app, &owner, "old", &reminder()).await.expect(201);
    app.advance_seconds(24 * 3_600);
    create(&app, &owner, "young", &reminder()).await.expect(201);
    freehold_web::forget_old(&app.backbone.db).await.unwrap();
    assert_eq!(app.count("select count(*) from freehold.idempotent_answers").await, 1);
    let again = create(&app, &owner, "young", &reminder()).await.expect(201);
    assert_eq!(again.header("idempotent-replayed"), "true");
}

#[tokio::test]
async fn one_key_of_two_tenants_is_two_keys() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let one = create(&app, &owner, "one", &reminder()).await.expect(201);
    let other = create(&app, &stranger, "one", &reminder()).await.expect(201);
    assert_eq!(other.header("idempotent-replayed"), "");
    assert_ne!(one.at("/id"), other.at("/id"));
}

#[tokio::test]
async fn a_kept_answer_is_sealed() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let made = app.post("/api/v1/keys").key(&owner.key).idempotent("one").json(&json!({ "name": "sealed" }));
    let key = made.clone().send().await.expect(201).at("/key");
    made.send().await.expect(201);
    let readable = format!(
        "select count(*) from freehold.idempotent_answers where position('{key}'::bytea in sealed_body) > 0
            or position('sealed'::bytea in sealed_body) > 0"
    );
    assert_eq!(app.count(&readable).await, 0);
}

#[tokio::test]
async fn a_retried_run_is_answered_though_its_workflow_is_gone() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let id = workflow(&app, &owner).await;
    let template = freehold_voice::template::template_find("appointment_reminder").unwrap();
    let body = json!({ "inputs": template.sample_inputs, "script": template.sample_script });
    let ask = app.post(&format!("/api/v1/workflows/{id}/runs")).key(&owner.key).idempotent("run").json(&body);
    let first = ask.clone().send().await.expect(201);
    app.delete(&format!("/api/v1/workflows/{id}")).key(&owner.key).send().await.expect(204);
    let retry = ask.send().await.expect(201);
    assert_eq!((retry.text(), retry.header("idempotent-replayed")), (first.text(), "true"));
}
