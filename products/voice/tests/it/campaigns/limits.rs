//! A campaign stops by itself at the plan's limit, and continues by itself when the limit allows it again.

use serde_json::json;

use super::{Scene, Works, silent};

#[tokio::test]
async fn at_the_plans_limit_it_stops_and_goes_on_after_an_upgrade() {
    let scene = Scene::new().await;
    let id = scene.draft(&json!({ "concurrency": 100 }), 120).await;
    // 50 calls a month.
    scene.plan("free").await;
    let works = Works::on(&scene.app, 2);
    scene.command(&id, "start").await.expect(200);
    let stopped = scene.until(&id, "stopped").await;
    assert_eq!(
        (&stopped["reason"], &stopped["done"], &stopped["left"], &stopped["in_progress"]),
        (&json!("quota_exceeded"), &json!(50), &json!(70), &json!(0))
    );
    assert_eq!(scene.calls().await, (50, 0));
    assert_eq!(scene.app.count("select count(*) from voice.runs").await, 50);
    assert_eq!(scene.app.count("select count(*) from voice.contacts where tries = 0").await, 70);
    let refused = scene.command(&id, "resume").await.refused(402, "quota_exceeded");
    assert_eq!(
        (refused.at("/limit"), refused.at("/used"), refused.at("/meter")),
        ("50".into(), "50".into(), "calls".into())
    );
    // Repeated checks change nothing.
    scene.until_idle().await;
    for _ in 0..3 {
        scene.until_looked_at().await;
    }
    assert_eq!(
        (scene.progress(&id).await["status"].clone(), scene.events("campaign.stopped").await),
        (json!("stopped"), 1)
    );
    scene.plan("pro").await;
    let done = scene.until(&id, "completed").await;
    assert_eq!((&done["done"], &done["calls"], &done["reason"]), (&json!(120), &json!(120), &json!(null)));
    assert_eq!(scene.calls().await, (120, 0));
    drop(works);
}

#[tokio::test]
async fn a_new_month_brings_new_calls() {
    let scene = Scene::new().await;
    let id = scene.draft(&json!({ "concurrency": 30 }), 80).await;
    scene.plan("free").await;
    let _works = Works::on(&scene.app, 2);
    scene.command(&id, "start").await.expect(200);
    scene.until(&id, "stopped").await;
    // It is the middle of March.
    scene.app.advance_seconds(17 * 24 * 3_600);
    let done = scene.until(&id, "completed").await;
    assert_eq!(&done["done"], &json!(80));
    assert_eq!(scene.calls().await, (30, 0));
    let march =
        "select used from freehold.usage_totals where meter = 'calls' and period_start = '2026-03-01T00:00:00Z'";
    assert_eq!(scene.app.count(march).await, 50);
}

#[tokio::test]
async fn a_stopped_campaign_that_is_paused_waits_to_be_resumed() {
    let scene = Scene::new().await;
    let id = scene.draft(&json!({ "concurrency": 100 }), 60).await;
    scene.plan("free").await;
    let _works = Works::on(&scene.app, 1);
    scene.command(&id, "start").await.expect(200);
    scene.until(&id, "stopped").await;
    let paused = scene.command(&id, "pause").await.expect(200);
    assert_eq!((paused.at("/progress/status"), paused.at("/progress/reason")), ("paused".into(), "null".into()));
    scene.plan("pro").await;
    scene.until_looked_at().await;
    scene.until_idle().await;
    assert_eq!(scene.progress(&id).await["done"], 50);
    scene.command(&id, "resume").await.expect(200);
    scene.until(&id, "completed").await;
}

#[tokio::test]
async fn two_campaigns_share_what_the_plan_has() {
    let scene = Scene::new().await;
    let fields = json!({ "concurrency": 100 });
    let (one, other) = (scene.draft(&fields, 40).await, scene.draft(&fields, 40).await);
    scene.plan("free").await;
    let _works = Works::on(&scene.app, 3);
    scene.command(&one, "start").await.expect(200);
    scene.command(&other, "start").await.expect(200);
    let over = |progress: &serde_json::Value| ["stopped", "completed"].contains(&progress["status"].as_str().unwrap());
    let one = scene.until_progress(&one, "over", over).await;
    let other = scene.until_progress(&other, "over", over).await;
    assert_eq!(one["done"].as_i64().unwrap() + other["done"].as_i64().unwrap(), 50, "{one} {other}");
    assert_eq!(scene.calls().await, (50, 0));
}

#[tokio::test]
async fn a_suspended_organization_makes_no_calls_until_that_is_lifted() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app, 2);
    let patient = json!({ "retry": { "tries": 2, "wait_minutes": 60 }, "scripts": [silent()] });
    let id = scene.draft(&patient, 30).await;
    scene.command(&id, "start").await.expect(200);
    scene.until_progress(&id, "all were tried", |progress| progress["calls"] == 30).await;
    scene.app.suspend(&scene.owner, true).await;
    scene.app.advance_seconds(3_600);
    let stopped = scene.until(&id, "stopped").await;
    assert_eq!((&stopped["reason"], &stopped["calls"]), (&json!("subscription_suspended"), &json!(30)));
    scene.command(&id, "resume").await.refused(402, "subscription_suspended");
    scene.app.suspend(&scene.owner, false).await;
    let done = scene.until(&id, "completed").await;
    assert_eq!((&done["unreached"], &done["calls"]), (&json!(30), &json!(60)));
}
