//! Creating, updating, starting, pausing, resuming, cancelling, deleting.

use serde_json::{Value, json};

use super::{Scene, Works, list, talkative};

#[tokio::test]
async fn a_campaign_is_made_as_a_draft_with_everything_decided() {
    let scene = Scene::new().await;
    let made = scene.make(&json!({})).await.expect(201).json();
    assert_eq!((&made["version"], &made["channel"], &made["concurrency"]), (&json!(1), &json!("text"), &json!(5)));
    assert_eq!(made["schedule"], json!({ "time_zone": "UTC" }));
    assert_eq!(made["retry"], json!({ "tries": 1, "wait_minutes": 60 }));
    assert_eq!(made["scripts"], json!([{ "rules": [{ "reply": "Yes." }] }]));
    assert_eq!((&made["progress"]["status"], &made["progress"]["total"]), (&json!("draft"), &json!(0)));
    let full = json!({
        "name": " Recall ", "version": 1, "concurrency": 100, "retry": { "tries": 3, "wait_minutes": 90 },
        "scripts": [talkative()],
        "schedule": {
            "start_at": "2026-04-01T08:00:00Z", "time_zone": "europe/berlin",
            "calling_hours": { "monday": [{ "from": "09:00", "to": "12:00" }, { "from": "13:00", "to": "24:00" }] },
        },
    });
    let made = scene.make(&full).await.expect(201);
    let shown = scene.read(&made.at("/id")).await;
    assert_eq!(shown.json(), made.json());
    assert_eq!((shown.at("/name"), shown.at("/schedule/time_zone")), ("Recall".into(), "Europe/Berlin".into()));
    assert_eq!(shown.json()["schedule"]["calling_hours"], full["schedule"]["calling_hours"]);
    let listed = scene.get("/campaigns").send().await.expect(200);
    assert_eq!((listed.ids()[0].clone(), listed.ids().len()), (made.at("/id"), 2));
}

#[tokio::test]
async fn what_is_wrong_with_a_campaign_is_told_with_its_place() {
    let scene = Scene::new().await;
    let hours = |windows: Value| json!({ "schedule": { "calling_hours": { "monday": windows } } });
    for (fields, pointer) in [
        (json!({ "name": " " }), "/name"),
        (json!({ "concurrency": 0 }), "/concurrency"),
        (json!({ "concurrency": 101 }), "/concurrency"),
        (json!({ "retry": { "tries": 11 } }), "/retry/tries"),
        (json!({ "retry": { "wait_minutes": 10_081 } }), "/retry/wait_minutes"),
        (json!({ "schedule": { "time_zone": "Middle-earth/Shire" } }), "/schedule/time_zone"),
        (hours(json!([])), "/schedule/calling_hours"),
        (hours(json!([{ "from": "22:00", "to": "06:00" }])), "/schedule/calling_hours/monday/0"),
        (hours(json!([{ "from": "9:00", "to": "10:00" }])), "/schedule/calling_hours/monday/0/from"),
        (json!({ "schedule": { "start_at": "tomorrow" } }), "/schedule/start_at"),
        (json!({ "version": 7 }), "/version"),
        (json!({ "version": 1, "split": true }), "/split"),
        (json!({ "split": true }), "/split"),
        (json!({ "scripts": [] }), "/scripts"),
        (json!({ "scripts": [{ "rules": [{ "node": "gone", "reply": "x" }] }] }), "/scripts/0/rules/0/node"),
        (json!({ "channel": "http", "scripts": [{}] }), "/scripts"),
        (json!({ "channel": "telepathy" }), "/channel"),
        (json!({ "colour": "red" }), "/colour"),
    ] {
        let refused = scene.make(&fields).await.refused(422, "validation_failed");
        let pointers: Vec<Value> =
            refused.json()["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
        assert!(pointers.contains(&json!(pointer)), "{fields}: {refused}");
    }
    let unknown = json!({ "workflow_id": scene.app.test.uuid().to_string() });
    scene.make(&unknown).await.refused(404, "not_found");
    assert!(scene.get("/campaigns").send().await.expect(200).ids().is_empty());
}

#[tokio::test]
async fn commands_are_answered_the_same_when_they_are_repeated_and_refused_where_they_make_no_sense() {
    let scene = Scene::new().await;
    let empty = scene.make(&json!({})).await.expect(201).at("/id");
    let refused = scene.command(&empty, "start").await.refused(409, "conflict");
    assert!(refused.at("/detail").contains("no contacts yet"), "{refused}");
    let id = scene.draft(&json!({}), 3).await;
    scene.command(&id, "pause").await.refused(409, "conflict");
    scene.command(&id, "resume").await.refused(409, "conflict");
    for command in ["start", "start", "resume"] {
        assert_eq!(scene.command(&id, command).await.expect(200).at("/progress/status"), "running", "{command}");
    }
    assert_eq!(scene.app.count("select count(*) from freehold.jobs where kind = 'voice.campaign'").await, 1);
    assert_eq!(scene.app.count("select turns::bigint from voice.campaigns where turns > 0").await, 1);
    for command in ["pause", "pause"] {
        assert_eq!(scene.command(&id, command).await.expect(200).at("/progress/status"), "paused");
    }
    scene.command(&id, "start").await.refused(409, "conflict");
    assert_eq!(scene.command(&id, "resume").await.expect(200).at("/progress/status"), "running");
    for command in ["cancel", "cancel"] {
        assert_eq!(scene.command(&id, command).await.expect(200).at("/progress/status"), "cancelled");
    }
    for command in ["start", "pause", "resume"] {
        let refused = scene.command(&id, command).await.refused(409, "conflict");
        assert!(refused.at("/detail").contains("cancelled"), "{refused}");
    }
    scene.add(&id, &list(50..51)).await.refused(409, "conflict");
    assert_eq!(scene.events("campaign.started").await, 1);
    assert_eq!(scene.progress(&id).await["left"], 3);
}

#[tokio::test]
async fn a_campaign_is_changed_until_it_is_over() {
    let scene = Scene::new().await;
    let id = scene.draft(&json!({}), 1).await;
    let change =
        |fields: Value| scene.app.patch(&format!("/api/v1/campaigns/{id}")).key(&scene.owner.key).json(&fields);
    let before = scene.read(&id).await;
    let tag = before.header("etag").to_owned();
    let changed = change(json!({ "concurrency": 7, "retry": { "tries": 2, "wait_minutes": 0 } }));
    let changed = changed.header("if-match", &tag).send().await.expect(200);
    assert_eq!((changed.at("/concurrency"), changed.at("/name")), ("7".into(), "Recall".into()));
    assert_eq!(changed.header("etag"), scene.read(&id).await.header("etag"));
    scene.command(&id, "start").await.expect(200);
    change(json!({ "name": "Late" })).header("if-match", &tag).send().await.refused(412, "stale_edit");
    change(json!({ "concurrency": 0 })).send().await.refused(422, "validation_failed");
    change(json!({ "name": "Second" })).send().await.expect(200);
    scene.command(&id, "cancel").await.expect(200);
    change(json!({ "name": "Third" })).send().await.refused(409, "conflict");
}

#[tokio::test]
async fn a_deleted_campaign_takes_its_contacts_along_and_gives_its_room_back() {
    let scene = Scene::new().await;
    scene.plan("starter").await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(scene.draft(&json!({}), 2).await);
    }
    let refused = scene.make(&json!({})).await.refused(402, "quota_exceeded");
    assert_eq!((refused.at("/limit"), refused.at("/used")), ("3".into(), "3".into()));
    let delete = |id: &str| scene.app.delete(&format!("/api/v1/campaigns/{id}")).key(&scene.owner.key).send();
    scene.command(&ids[0], "start").await.expect(200);
    delete(&ids[0]).await.refused(409, "conflict");
    scene.command(&ids[0], "pause").await.expect(200);
    delete(&ids[0]).await.expect(204);
    delete(&ids[0]).await.refused(404, "not_found");
    assert_eq!(scene.app.count("select count(*) from voice.contacts").await, 4);
    scene.make(&json!({})).await.expect(201);
    scene.plan("free").await;
    scene.make(&json!({})).await.refused(402, "quota_exceeded");
}

#[tokio::test]
async fn a_campaign_runs_the_version_it_was_made_for() {
    let scene = Scene::new().await;
    let id = scene.draft(&json!({}), 2).await;
    let mut other = crate::graph();
    other["nodes"][1]["text"] = json!("How do you do?");
    let path = format!("/api/v1/workflows/{}", scene.workflow);
    scene.app.patch(&path).key(&scene.owner.key).json(&json!({ "graph": other })).send().await.expect(200);
    let _works = Works::on(&scene.app, 1);
    scene.command(&id, "start").await.expect(200);
    scene.until(&id, "completed").await;
    assert_eq!(scene.app.count("select count(*) from voice.runs where version = 1").await, 2);
}
