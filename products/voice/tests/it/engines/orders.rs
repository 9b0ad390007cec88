//! Reports come at least once, in any order, and several at a time.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Scene, Works, failure, line, progress, result};

fn permutations(items: &[Value]) -> Vec<Vec<Value>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (index, first) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(index);
        all.extend(permutations(&rest).into_iter().map(|rest| [vec![first.clone()], rest].concat()));
    }
    all
}

/// The run without its own ids and times.
fn story(mut run: Value) -> Value {
    for field in ["id", "started_at", "ended_at"] {
        run[field] = Value::Null;
    }
    run["engine"]["accepted_at"] = Value::Null;
    run
}

#[tokio::test]
async fn whatever_order_reports_come_in_and_however_often_the_run_is_the_same() {
    let scene = Scene::new().await;
    let reports =
        [progress(1, "answered"), line(2, "agent", "How are you?"), line(3, "callee", "Well."), result(9, "greeted")];
    let mut stories = Vec::new();
    let orders = permutations(&reports);
    for order in &orders {
        let id = scene.begin().await;
        for report in order {
            // Each arrives twice, the second time together with the one before it.
            scene.report(&id, json!([report])).await.expect(200);
            scene.report(&id, json!([order[0], report, report])).await.expect(200);
        }
        stories.push(story(scene.read(&id).await.json()));
    }
    assert_eq!(stories.len(), 24);
    for other in &stories[1..] {
        assert_eq!(*other, stories[0]);
    }
    let one = &stories[0];
    assert_eq!(
        (&one["status"], &one["outcome"], &one["success"]),
        (&json!("completed"), &json!("greeted"), &json!(true))
    );
    assert_eq!((&one["duration_ms"], &one["cost"]["minor"]), (&json!(61_000), &json!(10)));
    assert_eq!(one["engine"]["stage"], "answered");
    let said: Vec<&str> =
        one["transcript"].as_array().unwrap().iter().filter_map(|line| line["text"].as_str()).collect();
    assert_eq!(said, ["How are you?", "Well."]);
    assert_eq!(scene.calls().await, (24, 0));
    for name in ["call.started", "call.completed", "workflow.finished"] {
        assert_eq!(scene.events(name).await, 24, "{name}");
    }
    assert_eq!(scene.app.count("select count(*) from voice.engine_reports").await, 24 * 4);
}

#[tokio::test]
async fn what_happened_after_the_result_does_not_count() {
    let scene = Scene::new().await;
    let id = scene.begin().await;
    scene.report(&id, json!([result(5, "greeted")])).await.expect(200);
    let before = scene.read(&id).await.json();
    let late = json!([progress(7, "ringing"), line(8, "callee", "Hello?"), failure(9, "broken")]);
    let answer = scene.report(&id, late).await.expect(200);
    assert_eq!((answer.at("/status"), answer.at("/new")), ("completed".into(), "3".into()));
    assert_eq!(scene.read(&id).await.json(), before);
    assert_eq!(scene.calls().await, (1, 0));
    let kept = scene.app.get(&format!("/api/v1/runs/{id}/reports")).key(&scene.owner.key).send().await.expect(200);
    assert_eq!(kept.json()["data"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_result_that_says_failed_uses_nothing() {
    let scene = Scene::new().await;
    let id = scene.begin().await;
    scene.report(&id, json!([failure(1, "line_broken")])).await.expect(200);
    let failed = scene.read(&id).await;
    assert_eq!(
        (failed.at("/status"), failed.at("/outcome"), failed.at("/reason")),
        ("failed".into(), "line_broken".into(), "engine_failed".into())
    );
    assert_eq!((failed.at("/cost/minor"), failed.at("/duration_ms")), ("0".into(), "5000".into()));
    assert_eq!((scene.calls().await, scene.events("call.failed").await), ((0, 0), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_that_race_are_paid_for_once() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app);
    for round in 1..=5 {
        let id = scene.begin().await;
        let messages = (0..12).map(|number| {
            let one = if number % 3 == 2 { failure(number, "broken") } else { result(number, "done") };
            scene.report(&id, json!([one, line(100, "agent", "Hello!")]))
        });
        let answers = join_all(messages).await;
        let statuses: Vec<String> = answers.into_iter().map(|answer| answer.expect(200).at("/status")).collect();
        assert!(statuses.iter().all(|status| *status == statuses[0]), "{statuses:?}");
        let ended = scene.read(&id).await.json();
        assert_eq!(ended["status"], statuses[0].as_str());
        let (used, reserved) = scene.calls().await;
        let ledger = "select coalesce(sum(quantity), 0)::bigint from freehold.usage_events where meter = 'calls'";
        assert_eq!((used, reserved), (scene.app.count(ledger).await, 0));
        let ends = scene.events("call.completed").await + scene.events("call.failed").await;
        assert_eq!((ends, scene.events("call.completed").await), (round, used));
    }
}
