//! Progress by server-sent events.

use serde_json::{Value, json};

use super::{Scene, Works};

/// The events of an answer: name and data.
fn events(text: &str) -> Vec<(String, Value)> {
    let blocks = text.split("\n\n").filter(|block| block.contains("data:"));
    let line = |block: &str, field: &str| {
        let found = block.lines().find_map(|line| line.strip_prefix(field));
        found.map(|value| value.trim_start_matches(':').trim().to_owned()).unwrap_or_default()
    };
    blocks.map(|block| (line(block, "event"), serde_json::from_str(&line(block, "data")).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_sees_the_progress_to_the_end() {
    let scene = Scene::new().await;
    let id = scene.draft(&json!({ "concurrency": 4 }), 150).await;
    scene.command(&id, "start").await.expect(200);
    let path = format!("/campaigns/{id}/progress");
    let watching = tokio::spawn(scene.get(&path).send());
    let _works = Works::on(&scene.app, 1);
    scene.until(&id, "completed").await;
    let answer = watching.await.unwrap().expect(200);
    assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("text/event-stream", "no-cache"));
    let seen = events(answer.text());
    let done: Vec<i64> = seen.iter().map(|(_, data)| data["done"].as_i64().unwrap()).collect();
    assert!(done.len() >= 2 && done[0] < 150 && done.is_sorted() && done.last() == Some(&150), "{answer}");
    let names: Vec<&str> = seen.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.starts_with(&["progress"]) && names.ends_with(&["end"]), "{names:?}");
    assert_eq!(seen.last().unwrap().1, scene.progress(&id).await);
    assert!(answer.text().contains("retry:"), "{answer}");
    // Afterwards only the final event is sent.
    let after = events(scene.get(&path).send().await.expect(200).text());
    assert_eq!((after.len(), after[0].0.as_str(), &after[0].1["status"]), (1, "end", &json!("completed")));
}

#[tokio::test]
async fn where_nothing_moves_the_answer_ends_at_once_and_what_was_just_decided_is_seen() {
    let scene = Scene::new().await;
    let id = scene.draft(&json!({ "schedule": { "start_at": "2026-03-15T12:00:02Z" } }), 2).await;
    let path = format!("/campaigns/{id}/progress");
    let seen = events(scene.get(&path).send().await.expect(200).text());
    assert_eq!((seen.len(), seen[0].0.as_str(), &seen[0].1["status"]), (1, "end", &json!("draft")));
    scene.command(&id, "start").await.expect(200);
    let watching = tokio::spawn(scene.get(&path).send());
    let _works = Works::on(&scene.app, 1);
    scene.until(&id, "completed").await;
    let seen = events(watching.await.unwrap().expect(200).text());
    assert_eq!((seen[0].0.as_str(), &seen[0].1["status"]), ("progress", &json!("scheduled")));
    assert_eq!(seen[0].1["waits_until"], "2026-03-15T12:00:02Z");
    assert_eq!(seen.last().unwrap().1["status"], "completed");
}

#[tokio::test]
async fn no_stranger_watches_a_campaign() {
    let scene = Scene::new().await;
    let id = scene.draft(&json!({}), 1).await;
    let stranger = scene.app.stranger().await;
    let path = format!("/api/v1/campaigns/{id}/progress");
    scene.app.get(&path).key(&scene.owner.key).send().await.expect(200);
    scene.app.get(&path).key(&stranger.key).send().await.refused(404, "not_found");
    scene.app.get(&path).send().await.refused(401, "unauthenticated");
}
