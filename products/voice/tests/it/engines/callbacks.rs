//! Who may send reports.

use serde_json::{Value, json};

use super::{CALLBACKS, Scene, Works, engine_create, line, progress, result, signed, signed_at};
use crate::harness::app::{Answer, Ask};

/// The answer without its trace id.
fn said(answer: &Answer) -> Value {
    let mut body = answer.json();
    body["trace_id"] = Value::Null;
    body
}

#[tokio::test]
async fn only_the_runs_engine_learns_and_changes_anything() {
    let scene = Scene::new().await;
    let (app, id) = (&scene.app, scene.begin().await);
    let stranger = app.stranger().await;
    let theirs = engine_create(app, &stranger, "https://theirs.example.org/").await.at("/secret");
    let other = engine_create(app, &scene.owner, "https://other.example.org/").await.at("/secret");
    let body = json!({ "run_id": id, "reports": [result(1, "done")] });
    let good = || signed(app, &scene.secret, &body);
    let tampered = json!({ "run_id": id, "reports": [result(1, "gone")] }).to_string();
    let of_nobody = json!({ "run_id": app.test.uuid(), "reports": [result(1, "done")] });
    let made_up = format!("whsec_{}", "A".repeat(44));
    let wrong: Vec<(&str, Ask)> = vec![
        ("another engine's secret", signed(app, &other, &body)),
        ("a stranger's secret", signed(app, &theirs, &body)),
        ("a made-up secret", signed(app, &made_up, &body)),
        ("a body that was changed", good().bytes(tampered)),
        ("a body that goes on", good().bytes(format!("{body} "))),
        ("a run that nobody has", signed(app, &scene.secret, &of_nobody)),
        ("six minutes ago", signed_at(app, &scene.secret, &body, -301)),
        ("in six minutes", signed_at(app, &scene.secret, &body, 301)),
        ("another time", good().header("webhook-timestamp", "1773576001")),
        ("another id", good().header("webhook-id", "msg_2")),
        ("no signature", good().without("webhook-signature")),
        ("no time", good().without("webhook-timestamp")),
        ("no id", good().without("webhook-id")),
        ("an empty signature", good().header("webhook-signature", "v1,")),
        ("the owner's key alone", app.post(CALLBACKS).json(&body).key(&scene.owner.key)),
        ("no run", signed(app, &scene.secret, &json!({ "reports": [] }))),
        ("no JSON", good().bytes("run")),
    ];
    let mut answers = Vec::new();
    for (what, ask) in wrong {
        let answer = ask.send().await.refused(401, "unauthenticated");
        answers.push((what, said(&answer)));
    }
    for (what, answer) in &answers {
        assert_eq!(*answer, answers[0].1, "{what}");
    }
    assert_eq!(app.count("select count(*) from voice.engine_reports").await, 0);
    assert_eq!((scene.read(&id).await.at("/status"), scene.calls().await), ("queued".into(), (0, 1)));
    // Both ends of the tolerance are accepted, and so was the valid message.
    signed_at(app, &scene.secret, &body, -300).send().await.expect(200);
    signed_at(app, &scene.secret, &body, 300).send().await.expect(200);
    good().send().await.expect(200);
    assert_eq!(scene.read(&id).await.at("/status"), "completed");
}

#[tokio::test]
async fn both_secrets_are_good_during_a_rotation_and_one_after_it() {
    let scene = Scene::new().await;
    let works = Works::on(&scene.app);
    let rotate = |body: Value| {
        let path = format!("/api/v1/engines/{}/secret", scene.engine);
        scene.app.post(&path).key(&scene.owner.key).json(&body).send()
    };
    let rotated = rotate(json!({ "overlap_seconds": 7_200 })).await.expect(201);
    let new = rotated.at("/secret");
    assert_ne!(new, scene.secret);
    assert_eq!(rotated.at("/previous_secret_until"), "2026-03-15T14:00:00Z");
    let id = scene.taken().await;
    let heard = scene.stand_in.heard().remove(0);
    assert_eq!(heard.header("webhook-signature").split(' ').count(), 2);
    for secret in [&new, &scene.secret] {
        let key = freehold_outbound::signature::Key::parse(secret).unwrap();
        let now = scene.app.clock().now();
        freehold_outbound::signature::verify(&[key.verifier()], &heard.headers, &heard.body, now).unwrap();
        signed(&scene.app, secret, &json!({ "run_id": id, "reports": [] })).send().await.expect(200);
    }

    drop(works);
    scene.app.advance_seconds(2 * 3_600);
    let body = json!({ "run_id": id, "reports": [] });
    signed(&scene.app, &scene.secret, &body).send().await.refused(401, "unauthenticated");
    signed(&scene.app, &new, &body).send().await.expect(200);
    // Without an overlap the old secret is invalid at once.
    let newest = rotate(json!({ "overlap_seconds": 0 })).await.expect(201).at("/secret");
    signed(&scene.app, &new, &body).send().await.refused(401, "unauthenticated");
    signed(&scene.app, &newest, &body).send().await.expect(200);
    let refused = rotate(json!({ "overlap_seconds": 604_801 })).await.refused(422, "validation_failed");
    assert_eq!(refused.at("/errors/0/pointer"), "/overlap_seconds");
}

#[tokio::test]
async fn what_is_wrong_with_a_report_is_told_and_nothing_of_the_message_is_kept() {
    let scene = Scene::new().await;
    let id = scene.begin().await;
    let mut long = line(2, "agent", "x");
    long["text"] = json!("x".repeat(4_001));
    let mut named = progress(2, "ringing");
    named["id"] = json!("a b");
    for (second, pointer) in [
        (long, "/reports/1/text"),
        (named, "/reports/1/id"),
        (progress(-1, "ringing"), "/reports/1/sequence"),
        (progress(2, "Ringing!"), "/reports/1/stage"),
        (result(2, ""), "/reports/1/outcome"),
        (json!({ "type": "song", "id": "r2", "sequence": 2 }), "/reports/1"),
        (json!({ "type": "progress", "id": "r2", "sequence": 2, "stage": "x", "tenant_id": id }), "/reports/1"),
    ] {
        let refused =
            scene.report(&id, json!([progress(1, "ringing"), second])).await.refused(422, "validation_failed");
        assert!(refused.at("/errors/0/pointer").starts_with(pointer), "{refused}");
    }
    let many: Vec<Value> = (0..101).map(|number| progress(number, "ringing")).collect();
    let refused = scene.report(&id, json!(many)).await.refused(422, "validation_failed");
    assert_eq!(refused.at("/errors/0/pointer"), "/reports");
    assert_eq!(scene.app.count("select count(*) from voice.engine_reports").await, 0);
    assert_eq!(scene.read(&id).await.at("/status"), "queued");
}

#[tokio::test]
async fn a_run_keeps_five_thousand_reports_and_its_result() {
    let scene = Scene::new().await;
    let id = scene.begin().await;
    for hundred in 0..50 {
        let many: Vec<Value> = (0..100).map(|number| progress(hundred * 100 + number, "talking")).collect();
        scene.report(&id, json!(many)).await.expect(200);
    }
    scene.report(&id, json!([progress(5_000, "talking")])).await.refused(409, "conflict");
    scene.report(&id, json!([progress(5_000, "talking"), result(5_001, "done")])).await.refused(409, "conflict");
    scene.report(&id, json!([result(5_001, "done")])).await.expect(200);
    scene.report(&id, json!([result(5_002, "done")])).await.refused(409, "conflict");
    assert_eq!(scene.read(&id).await.at("/status"), "completed");
}

#[tokio::test]
async fn a_call_under_way_is_reported_though_the_organization_is_suspended() {
    let scene = Scene::new().await;
    let works = Works::on(&scene.app);
    let id = scene.taken().await;
    drop(works);
    scene.app.suspend(&scene.owner, true).await;
    scene.report(&id, json!([result(1, "done")])).await.expect(200);
    let read = scene.read(&id).await;
    assert_eq!((read.at("/status"), scene.calls().await), ("completed".into(), (1, 0)));
}
