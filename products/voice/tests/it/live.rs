//! Conversations that continue message by message.

use serde_json::{Value, json};

use super::{calls, campaigns::Works, greeting, owner, run, workflow};
use crate::harness::{
    app::{Answer, Person, TestApp},
    eventually,
};

async fn say(app: &TestApp, owner: &Person, run: &str, message: &Value) -> Answer {
    app.post(&format!("/api/v1/runs/{run}/messages")).key(&owner.key).json(message).send().await
}

/// The agent's last message.
fn last(answer: &Answer) -> String {
    let run = answer.json();
    run["transcript"].as_array().unwrap().last().unwrap()["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_conversation_goes_on_until_its_end() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let template = freehold_voice::template::template_find("appointment_reminder").unwrap();
    let id = workflow(&app, &owner, &json!(template.graph)).await;
    let begun = run(&app, &owner, &id, &json!({ "live": true, "inputs": template.sample_inputs })).await.expect(201);
    assert_eq!((begun.at("/status"), begun.at("/waiting_at")), ("in_progress".into(), "identify".into()));
    assert!(last(&begun).ends_with("Am I speaking with Ada Miller?"), "{begun}");
    assert_eq!((begun.json()["outcome"].clone(), begun.json()["ended_at"].clone()), (Value::Null, Value::Null));
    assert_eq!(calls(&app, &owner).await, (0, 1));
    let run = begun.at("/id");

    app.advance_seconds(5);
    let reminded = say(&app, &owner, &run, &json!({ "text": "Yes, speaking." })).await.expect(200);
    assert_eq!(reminded.at("/waiting_at"), "remind");
    app.advance_seconds(70);
    let done = say(&app, &owner, &run, &json!({ "text": "Of course I will be there." })).await.expect(200);
    assert_eq!(
        (done.at("/status"), done.at("/outcome"), done.at("/success")),
        ("completed".into(), "confirmed".into(), "true".into())
    );
    assert_eq!((done.at("/ended_at"), done.at("/cost/minor")), ("2026-03-15T12:01:15Z".into(), "2".into()));
    assert!(last(&done).contains("Goodbye!"), "{done}");
    assert_eq!(calls(&app, &owner).await, (1, 0));

    for message in [json!({ "text": "Hello?" }), json!({ "event": "silence" }), json!({ "event": "hang_up" })] {
        say(&app, &owner, &run, &message).await.refused(409, "conflict");
    }
    assert_eq!(calls(&app, &owner).await, (1, 0));
    let kept = app.get(&format!("/api/v1/runs/{run}")).key(&owner.key).send().await.expect(200);
    assert_eq!(kept.json(), done.json());
}

#[tokio::test]
async fn who_hangs_up_ends_the_run_and_uses_the_call() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = greeting(&app, &owner).await;
    let run = run(&app, &owner, &id, &json!({ "live": true })).await.expect(201).at("/id");
    let ended = say(&app, &owner, &run, &json!({ "event": "hang_up" })).await.expect(200);
    assert_eq!((ended.at("/status"), ended.at("/success")), ("completed".into(), "false".into()));
    assert_eq!(calls(&app, &owner).await, (1, 0));
    say(&app, &owner, &run, &json!({ "text": "Hello?" })).await.refused(409, "conflict");
}

#[tokio::test]
async fn silence_is_asked_again_and_ends_the_run_at_last() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = greeting(&app, &owner).await;
    let run = run(&app, &owner, &id, &json!({ "live": true })).await.expect(201).at("/id");
    for _ in 0..2 {
        let again = say(&app, &owner, &run, &json!({ "event": "silence" })).await.expect(200);
        assert_eq!((again.at("/status"), last(&again)), ("in_progress".into(), "How are you?".into()));
    }
    let ended = say(&app, &owner, &run, &json!({ "event": "silence" })).await.expect(200);
    assert_eq!((ended.at("/status"), ended.at("/outcome")), ("completed".into(), "no_answer".into()));
}

#[tokio::test]
async fn a_live_run_that_fails_gives_its_call_back() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    // Every answer calls a webhook, and a run may call 100 of them.
    let nodes = json!([
        { "id": "start", "type": "start", "next": "again" },
        { "id": "again", "type": "ask", "variable": "more", "text": "More?", "next": "call", "no_match": "bye" },
        { "id": "call", "type": "webhook", "url": "https://example.com/", "next": "again", "on_error": "bye" },
        { "id": "bye", "type": "end", "outcome": "done" },
    ]);
    let id = workflow(&app, &owner, &json!({ "start": "start", "inputs": [], "nodes": nodes })).await;
    let run = run(&app, &owner, &id, &json!({ "live": true })).await.expect(201).at("/id");
    for _ in 0..100 {
        let on = say(&app, &owner, &run, &json!({ "text": "more" })).await.expect(200);
        assert_eq!(on.at("/status"), "in_progress");
    }
    assert_eq!(calls(&app, &owner).await, (0, 1));
    let failed = say(&app, &owner, &run, &json!({ "text": "more" })).await.expect(200);
    assert_eq!(
        (failed.at("/status"), failed.at("/reason"), failed.at("/cost/minor")),
        ("failed".into(), "request_limit".into(), "0".into())
    );
    assert_eq!(calls(&app, &owner).await, (0, 0));
}

#[tokio::test]
async fn two_messages_at_once_are_taken_one_after_the_other() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = greeting(&app, &owner).await;
    let run = run(&app, &owner, &id, &json!({ "live": true })).await.expect(201).at("/id");
    let message = json!({ "text": "Well." });
    let answers = futures_util::future::join_all((0..6).map(|_| say(&app, &owner, &run, &message))).await;
    let mut statuses: Vec<u16> = answers.iter().map(Answer::status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
    assert_eq!(calls(&app, &owner).await, (1, 0));
}

#[tokio::test]
async fn a_conversation_outlives_its_workflow_and_its_month() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = greeting(&app, &owner).await;
    // 31 March, half an hour before midnight.
    app.advance_seconds((16 * 24 + 11) * 3_600 + 1_800);
    let run = run(&app, &owner, &id, &json!({ "live": true })).await.expect(201).at("/id");
    app.delete(&format!("/api/v1/workflows/{id}")).key(&owner.key).send().await.expect(204);
    app.advance_seconds(3_600);
    let done = say(&app, &owner, &run, &json!({ "text": "Well." })).await.expect(200);
    assert_eq!((done.at("/status"), done.at("/outcome")), ("completed".into(), "greeted".into()));
    // The call is counted in March; April has all its calls.
    assert_eq!(calls(&app, &owner).await, (0, 0));
    let march =
        "select used from freehold.usage_totals where meter = 'calls' and period_start = '2026-03-01T00:00:00Z'";
    assert_eq!(app.count(march).await, 1);
}

#[tokio::test]
async fn what_is_no_message_is_told() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = greeting(&app, &owner).await;
    let run = run(&app, &owner, &id, &json!({ "live": true })).await.expect(201).at("/id");
    for (message, pointer) in [
        (json!({}), "/text"),
        (json!({ "text": "x", "event": "silence" }), "/event"),
        (json!({ "text": "x".repeat(2_001) }), "/text"),
        (json!({ "event": "cough" }), "/event"),
    ] {
        let refused = say(&app, &owner, &run, &message).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), pointer);
    }
}

#[tokio::test]
async fn an_idle_conversation_is_ended_after_an_hour_and_uses_nothing() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = greeting(&app, &owner).await;
    let old = run(&app, &owner, &id, &json!({ "live": true })).await.expect(201).at("/id");
    app.advance_seconds(1_800);
    let young = run(&app, &owner, &id, &json!({ "live": true })).await.expect(201).at("/id");
    app.advance_seconds(1_801);
    assert_eq!(calls(&app, &owner).await, (0, 2));
    // Also for an organization that was suspended meanwhile.
    app.suspend(&owner, true).await;
    let _works = Works::on(&app, 1);
    let read = async |run: &str| app.get(&format!("/api/v1/runs/{run}")).key(&owner.key).send().await.expect(200);
    eventually("the old one has ended", async || {
        // The next minute comes.
        app.advance_seconds(1);
        read(&old).await.at("/status") == "failed"
    })
    .await;
    let ended = read(&old).await;
    assert_eq!(
        (ended.at("/reason"), ended.at("/outcome"), ended.at("/cost/minor")),
        ("abandoned".into(), "failed".into(), "0".into())
    );
    assert!(ended.text().contains("the conversation was abandoned"), "{ended}");
    assert_eq!(read(&young).await.at("/status"), "in_progress");
    assert_eq!(calls(&app, &owner).await, (0, 1));
    assert_eq!(app.count("select count(*) from freehold.events where type = 'call.failed'").await, 1);
    app.suspend(&owner, false).await;
    say(&app, &owner, &old, &json!({ "text": "Hello?" })).await.refused(409, "conflict");
    say(&app, &owner, &young, &json!({ "text": "Well." })).await.expect(200);
    assert_eq!(calls(&app, &owner).await, (1, 0));
}
