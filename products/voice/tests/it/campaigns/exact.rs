//! Workers that are lost during a campaign: no contact is called twice, nothing is metered twice, no contact is left
//! out.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Scene, Works, silent, talkative};

const CONTACTS: usize = 300;
/// One in this many turns waits until there was another call: a slow machine has as many turns as a fast one.
const REST_EVERY: u32 = 4;

/// Waits until there were more calls than before, or the campaign is over.
async fn calls_go_on(scene: &Scene, id: &str, calls: &mut Option<i64>) {
    let more = |progress: &Value| progress["status"] == "completed" || progress["calls"].as_i64() > *calls;
    let progress = scene.until_progress(id, "another call", more).await;
    *calls = progress["calls"].as_i64();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_are_lost_at_any_moment_call_no_contact_twice_and_miss_none() {
    let scene = Scene::new().await;
    let id = scene.draft(&json!({ "concurrency": 20 }), CONTACTS).await;
    let mut works = Works::on(&scene.app, 3);
    scene.command(&id, "start").await.expect(200);
    let (mut lost, mut calls) = (0, None);
    let random = &scene.app.backbone.random;
    while scene.progress(&id).await["status"] != "completed" {
        tokio::time::sleep(Duration::from_millis(random.below(50).into())).await;
        // Longer than the lease in three turns, so that the lost worker's jobs are taken over.
        scene.app.advance_seconds(20);
        let victim = usize::try_from(random.below(3)).unwrap();
        works.0[victim].abort();
        works.0[victim] = Works::one(&scene.app);
        lost += 1;
        if lost % REST_EVERY == 0 {
            calls_go_on(&scene, &id, &mut calls).await;
        }
    }
    println!("{lost} workers were lost");
    assert!(lost > 3, "{lost}");
    assert_eq!(scene.calls().await, (i64::try_from(CONTACTS).unwrap(), 0));
    for (what, sql) in [
        ("runs", "select count(*) from voice.runs"),
        (
            "contacts that were called once",
            "select count(*) from voice.contacts where status = 'reached' and tries = 1",
        ),
        ("runs of contacts", "select count(*) from voice.runs as r join voice.contacts as c on c.run_id = r.id"),
        ("events that one was metered", "select count(*) from freehold.usage_events where meter = 'calls'"),
        ("calls told", "select count(distinct data->>'run_id') from freehold.events where type = 'call.completed'"),
        ("calls told, counted", "select count(*) from freehold.events where type = 'call.completed'"),
    ] {
        assert_eq!(scene.app.count(sql).await, i64::try_from(CONTACTS).unwrap(), "{what}");
    }
    assert_eq!(scene.events("campaign.completed").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_retries_and_pauses_too_every_try_is_metered_once() {
    let scene = Scene::new().await;
    // Two of three do not answer the first time, one of them not the second time either.
    let fields = json!({
        "concurrency": 50, "retry": { "tries": 3, "wait_minutes": 1 }, "scripts": [talkative(), silent(), silent()]
    });
    let id = scene.draft(&fields, CONTACTS).await;
    let mut works = Works::on(&scene.app, 2);
    scene.command(&id, "start").await.expect(200);
    let random = &scene.app.backbone.random;
    let (mut turns, mut calls) = (0, None);
    while scene.progress(&id).await["status"] != "completed" {
        tokio::time::sleep(Duration::from_millis(random.below(80).into())).await;
        scene.app.advance_seconds(15);
        match random.below(3) {
            0 => {
                works.0[0].abort();
                works.0[0] = Works::one(&scene.app);
            }
            1 => {
                // It may have ended by now.
                scene.command(&id, "pause").await;
                scene.command(&id, "resume").await;
            }
            _ => {}
        }
        turns += 1;
        if turns % REST_EVERY == 0 {
            calls_go_on(&scene, &id, &mut calls).await;
        }
    }
    let progress = scene.progress(&id).await;
    assert_eq!((&progress["reached"], &progress["calls"]), (&json!(300), &json!(600)));
    assert_eq!(scene.calls().await, (600, 0));
    assert_eq!(scene.app.count("select count(*) from voice.runs").await, 600);
    assert_eq!(scene.app.count("select sum(tries) from voice.contacts").await, 600);
    assert_eq!(scene.events("campaign.started").await, 1);
}

#[tokio::test]
async fn a_campaign_that_lost_the_job_that_drives_it_gets_another() {
    let scene = Scene::new().await;
    let id = scene.draft(&json!({}), 3).await;
    scene.command(&id, "start").await.expect(200);
    let admin = scene.app.test.admin().await;
    let lost = "update freehold.jobs set state = 'dead', finished_at = now() where kind = 'voice.campaign'";
    assert_eq!(admin.execute(lost, &[]).await.unwrap(), 1);
    let _works = Works::on(&scene.app, 1);
    scene.app.advance_seconds(120);
    scene.until(&id, "completed").await;
}
