//! What a campaign does automatically.

use serde_json::{Value, json};

use super::{Scene, Works, list, silent, talkative};
use crate::graph;

#[tokio::test]
async fn every_contact_is_called_once_and_events_are_published() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app, 2);
    let id = scene.draft(&json!({ "concurrency": 60 }), 130).await;
    scene.command(&id, "start").await.expect(200);
    let progress = scene.until(&id, "completed").await;
    assert_eq!(
        progress,
        json!({
            "status": "completed", "reason": null, "total": 130, "done": 130, "reached": 130, "unreached": 0, "failed": 0,
            "succeeded": 130, "in_progress": 0, "left": 0, "calls": 130, "cost_minor": 130, "currency": "usd",
            "waits_until": null,
        })
    );
    assert_eq!(scene.calls().await, (130, 0));
    assert_eq!(scene.app.count("select count(distinct run_id) from voice.contacts").await, 130);
    assert_eq!(scene.app.count("select count(*) from voice.runs where campaign_id is not null").await, 130);
    assert_eq!((scene.events("campaign.started").await, scene.events("campaign.completed").await), (1, 1));
    assert_eq!((scene.events("call.completed").await, scene.events("campaign.stopped").await), (130, 0));
    let contacts = scene.get(&format!("/campaigns/{id}/contacts?status=reached&limit=1")).send().await.expect(200);
    assert_eq!((contacts.at("/data/0/outcome"), contacts.at("/data/0/tries")), ("greeted".into(), "1".into()));
    let run = scene.get(&format!("/runs/{}", contacts.at("/data/0/run_id"))).send().await.expect(200);
    assert_eq!((run.at("/status"), run.at("/campaign_id")), ("completed".into(), id.clone()));
    assert!(run.text().contains("Yes."), "{run}");
    scene.until_idle().await;
}

#[tokio::test]
async fn a_contact_who_is_not_reached_is_called_again() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app, 2);
    // Of four contacts, the first needs one attempt, the second and third do not answer at first, the fourth does not
    // answer three times.
    let fields = json!({
        "retry": { "tries": 3, "wait_minutes": 30 }, "scripts": [talkative(), silent(), silent(), silent()]
    });
    let id = scene.draft(&fields, 4).await;
    scene.command(&id, "start").await.expect(200);
    let first = scene.until_progress(&id, "waiting", |progress| progress["calls"] == 4).await;
    assert_eq!((&first["reached"], &first["left"], &first["status"]), (&json!(1), &json!(3), &json!("running")));
    scene.app.advance_seconds(1_780);
    assert_eq!(scene.progress(&id).await["calls"], 4);
    let second = scene.until_progress(&id, "half an hour later", |progress| progress["calls"] == 7).await;
    assert_eq!((&second["reached"], &second["left"]), (&json!(2), &json!(2)));
    let waited =
        "select (extract(epoch from max(called_at) - min(called_at)) >= 1800)::int::bigint from voice.contacts";
    assert_eq!(scene.app.count(waited).await, 1);
    scene.app.advance_seconds(1_800);
    let last = scene.until(&id, "completed").await;
    assert_eq!(
        (&last["reached"], &last["unreached"], &last["calls"], &last["done"]),
        (&json!(3), &json!(1), &json!(9), &json!(4))
    );
    let tries = scene.get(&format!("/campaigns/{id}/contacts")).send().await.expect(200).json();
    let tries: Vec<&Value> = tries["data"].as_array().unwrap().iter().rev().map(|contact| &contact["tries"]).collect();
    assert_eq!(tries, [1, 3, 3, 2]);
    // A call without an answer is a call.
    assert_eq!(scene.calls().await, (9, 0));
}

#[tokio::test]
async fn no_contact_is_called_outside_the_hours() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app, 1);
    // It is Sunday noon in Greenwich, and eight in the morning in New York.
    let hours = json!({ "schedule": {
        "time_zone": "America/New_York", "calling_hours": { "sunday": [{ "from": "09:00", "to": "09:30" }] }
    } });
    let id = scene.make(&hours).await.expect(201).at("/id");
    // Toll-free numbers have no location, so the campaign's time zone applies.
    scene.add(&id, "phone\n+18003569377\n+18003569378\n+18003569379\n").await.expect(201);
    let begun = scene.command(&id, "start").await.expect(200);
    assert_eq!(begun.at("/progress/waits_until"), "2026-03-15T13:00:00Z");
    scene.app.advance_seconds(3_590);
    let early = scene.progress(&id).await;
    assert_eq!((&early["status"], &early["calls"]), (&json!("running"), &json!(0)));
    scene.until(&id, "completed").await;
    let called = "select count(*) from voice.contacts where called_at >= '2026-03-15T13:00:00Z'";
    assert_eq!(scene.app.count(called).await, 3);
}

#[tokio::test]
async fn every_contact_is_called_in_their_own_time_zone() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app, 1);
    // It is Sunday noon in Greenwich, one in the afternoon in Berlin, and eight in the morning in New York.
    let hours = json!({ "schedule": {
        "time_zone": "Asia/Tokyo", "calling_hours": { "sunday": [{ "from": "12:30", "to": "13:30" }] }
    } });
    let id = scene.make(&hours).await.expect(201).at("/id");
    let list =
        "phone,time_zone\n+4930901820,\n+12125550132,\n+4930901821,America/New_York\n+14155550132,Europe/London\n";
    scene.add(&id, list).await.expect(201);
    let begun = scene.command(&id, "start").await.expect(200);
    assert_eq!(begun.json()["progress"]["waits_until"], Value::Null, "it is one in Berlin");
    scene.until_progress(&id, "one called", |progress| progress["calls"] == 1).await;
    assert!(scene.app.clock().now() < "2026-03-15T12:30:00Z".parse().unwrap());
    scene.app.advance_seconds(31 * 60);
    scene.until_progress(&id, "two called", |progress| progress["calls"] == 2).await;
    let waits = scene.progress(&id).await;
    scene.app.advance_seconds(4 * 3_600);
    scene.until(&id, "completed").await;
    assert_eq!(waits["left"], 2, "{waits}");
    let called = |from: &str, to: &str| {
        format!(
            "select count(*) from voice.contacts where called_at >= '2026-03-15T{from}Z' and called_at < '2026-03-15T{to}Z'"
        )
    };
    assert_eq!(scene.app.count(&called("12:00", "12:30")).await, 1);
    assert_eq!(scene.app.count(&called("12:30", "13:30")).await, 1);
    assert_eq!(scene.app.count(&called("16:30", "17:30")).await, 2);
}

#[tokio::test]
async fn a_campaign_begins_at_its_time_and_another_time_holds_at_once() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app, 1);
    let later = json!({ "schedule": { "start_at": "2026-03-16T12:00:00Z" } });
    let (one, other) = (scene.draft(&later, 2).await, scene.draft(&later, 2).await);
    for id in [&one, &other] {
        let begun = scene.command(id, "start").await.expect(200);
        assert_eq!(begun.at("/progress/status"), "scheduled");
        assert_eq!(begun.at("/progress/waits_until"), "2026-03-16T12:00:00Z");
    }
    assert_eq!(scene.events("campaign.started").await, 0);
    let sooner = json!({ "schedule": { "start_at": "2026-03-15T12:10:00Z" } });
    let change = scene.app.patch(&format!("/api/v1/campaigns/{one}")).key(&scene.owner.key).json(&sooner);
    change.send().await.expect(200);
    scene.app.advance_seconds(595);
    scene.until(&one, "completed").await;
    assert_eq!(scene.progress(&other).await["status"], "scheduled");
    scene.app.advance_seconds(24 * 3_600);
    scene.until(&other, "completed").await;
    assert_eq!(scene.events("campaign.started").await, 2);
    let began = scene.read(&one).await.at("/started_at");
    assert!(began.starts_with("2026-03-15T12:1"), "{began}");
}

#[tokio::test]
async fn a_paused_campaign_makes_no_calls_and_continues_where_it_was() {
    let scene = Scene::new().await;
    let works = Works::on(&scene.app, 2);
    let id = scene.draft(&json!({ "concurrency": 5 }), 200).await;
    scene.command(&id, "start").await.expect(200);
    scene.until_progress(&id, "under way", |progress| progress["done"].as_i64() > Some(10)).await;
    scene.command(&id, "pause").await.expect(200);
    // Calls in progress have ended when the last job has.
    scene.until_idle().await;
    let paused = scene.progress(&id).await;
    assert!(paused["left"].as_i64() > Some(0), "{paused}");
    scene.until_looked_at().await;
    scene.until_idle().await;
    assert_eq!(scene.progress(&id).await, paused);
    scene.command(&id, "resume").await.expect(200);
    let done = scene.until(&id, "completed").await;
    assert_eq!((&done["done"], &done["calls"]), (&json!(200), &json!(200)));
    assert_eq!(scene.calls().await, (200, 0));
    assert_eq!(scene.events("campaign.started").await, 1);
    drop(works);
}

#[tokio::test]
async fn a_cancelled_campaign_is_over() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app, 2);
    let id = scene.draft(&json!({ "concurrency": 2 }), 200).await;
    scene.command(&id, "start").await.expect(200);
    scene.until_progress(&id, "under way", |progress| progress["done"].as_i64() > Some(4)).await;
    let cancelled = scene.command(&id, "cancel").await.expect(200);
    assert_eq!(cancelled.at("/progress/status"), "cancelled");
    scene.until_idle().await;
    let progress = scene.progress(&id).await;
    let (done, left) = (progress["done"].as_i64().unwrap(), progress["left"].as_i64().unwrap());
    assert!(done < 200 && done + left == 200, "{progress}");
    assert_eq!(scene.calls().await, (done, 0));
    assert_eq!(scene.events("campaign.completed").await, 0);
}

#[tokio::test]
async fn contacts_that_come_while_it_calls_are_called_too() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app, 2);
    let id = scene
        .draft(&json!({ "concurrency": 3, "retry": { "tries": 2, "wait_minutes": 60 }, "scripts": [silent()] }), 40)
        .await;
    scene.command(&id, "start").await.expect(200);
    scene.until_progress(&id, "all were tried", |progress| progress["calls"] == 40).await;
    // It waits until the next attempts.
    scene.add(&id, &list(40..60)).await.expect(201);
    let more = scene.until_progress(&id, "the new ones, too", |progress| progress["calls"] == 60).await;
    assert_eq!((&more["total"], &more["left"]), (&json!(60), &json!(60)));
    scene.app.advance_seconds(3_600);
    let done = scene.until(&id, "completed").await;
    assert_eq!((&done["unreached"], &done["calls"]), (&json!(60), &json!(120)));
}

#[tokio::test]
async fn a_campaign_whose_workflow_is_deleted_fails_and_says_so() {
    let scene = Scene::new().await;
    let id = scene.draft(&json!({}), 3).await;
    let path = format!("/api/v1/workflows/{}", scene.workflow);
    scene.app.delete(&path).key(&scene.owner.key).send().await.expect(204);
    let _works = Works::on(&scene.app, 1);
    scene.command(&id, "start").await.expect(200);
    let failed = scene.until(&id, "failed").await;
    assert_eq!((&failed["reason"], &failed["left"]), (&json!("workflow_deleted"), &json!(3)));
    assert_eq!(scene.events("campaign.stopped").await, 1);
    scene.command(&id, "resume").await.refused(409, "conflict");
    assert_eq!(scene.calls().await, (0, 0));
}

#[tokio::test]
async fn calls_that_fail_are_told_apart_and_use_nothing() {
    let scene = Scene::new().await;
    let nodes = json!([
        { "id": "start", "type": "start", "next": "call" },
        { "id": "call", "type": "webhook", "url": "https://example.com/", "next": "bye" },
        { "id": "bye", "type": "end", "outcome": "done" },
    ]);
    let failing = crate::workflow(&scene.app, &scene.owner, &json!({ "inputs": [], "nodes": nodes })).await;
    let broken = json!({ "webhooks": { "call": { "status": 500, "body": null } } });
    let _works = Works::on(&scene.app, 2);
    let fields = json!({ "workflow_id": failing, "scripts": [broken, {}], "retry": { "tries": 3 } });
    let id = scene.draft(&fields, 9).await;
    scene.command(&id, "start").await.expect(200);
    let done = scene.until(&id, "completed").await;
    assert_eq!((&done["failed"], &done["reached"], &done["calls"]), (&json!(5), &json!(4), &json!(9)));
    assert_eq!(scene.calls().await, (4, 0));
}

#[tokio::test]
async fn a_split_divides_the_contacts_and_contacts_that_no_longer_fit_are_not_called() {
    let scene = Scene::new().await;
    let mut other = graph();
    other["nodes"][1]["text"] = json!("How do you do?");
    let path = format!("/api/v1/workflows/{}", scene.workflow);
    let change = |graph: &Value| scene.app.patch(&path).key(&scene.owner.key).json(&json!({ "graph": graph })).send();
    change(&other).await.expect(200);
    let variants = json!({ "variants": [{ "version": 1, "weight": 1 }, { "version": 2, "weight": 1 }] });
    let split = scene.post(&format!("/workflows/{}/splits", scene.workflow)).json(&variants).send().await.expect(201);
    let _works = Works::on(&scene.app, 2);
    let id = scene.draft(&json!({ "split": true, "concurrency": 50 }), 200).await;
    assert_eq!(scene.read(&id).await.json()["version"], Value::Null);
    scene.command(&id, "start").await.expect(200);
    scene.until(&id, "completed").await;
    let first = scene.app.count("select count(*) from voice.runs where version = 1 and split_id is not null").await;
    assert!((70..=130).contains(&first), "{first}");
    assert_eq!(scene.app.count("select count(*) from voice.runs where split_id is not null").await, 200);
    // The split ends, and the current version requires fields that the list does not have.
    let id = scene.draft(&json!({ "split": true }), 3).await;
    scene.post(&format!("/splits/{}/end", split.at("/id"))).json(&json!({ "winner": null })).send().await.expect(200);
    other["inputs"] = json!([{ "name": "name", "required": true }]);
    change(&other).await.expect(200);
    scene.command(&id, "start").await.expect(200);
    let done = scene.until(&id, "completed").await;
    assert_eq!((&done["failed"], &done["calls"]), (&json!(3), &json!(0)));
    let contacts = scene.get(&format!("/campaigns/{id}/contacts")).send().await.expect(200);
    assert_eq!((contacts.at("/data/0/outcome"), contacts.at("/data/0/run_id")), ("not_callable".into(), "null".into()));
    assert_eq!(scene.calls().await, (200, 0));
}
