//! Access to campaigns.

use serde_json::json;

use super::{Scene, Works, list};

#[tokio::test]
async fn a_stranger_finds_nothing_and_changes_nothing() {
    let scene = Scene::new().await;
    let id = scene.draft(&json!({}), 2).await;
    let stranger = scene.app.stranger().await;
    scene.app.put_on_plan(&stranger, "pro", 1).await;
    scene.app.backbone.resolver.forget();
    let at = |path: &str| format!("/api/v1/campaigns/{id}{path}");
    for path in ["", "/contacts", "/progress"] {
        scene.app.get(&at(path)).key(&stranger.key).send().await.refused(404, "not_found");
    }
    for command in ["/start", "/pause", "/resume", "/cancel"] {
        scene.app.post(&at(command)).key(&stranger.key).send().await.refused(404, "not_found");
    }
    let file = scene.app.post(&at("/contacts")).key(&stranger.key).header("content-type", "text/csv").bytes(list(5..6));
    file.send().await.refused(404, "not_found");
    let change = scene.app.patch(&at("")).key(&stranger.key).json(&json!({ "name": "Mine" }));
    change.send().await.refused(404, "not_found");
    scene.app.delete(&at("")).key(&stranger.key).send().await.refused(404, "not_found");
    assert!(scene.app.get("/api/v1/campaigns").key(&stranger.key).send().await.expect(200).ids().is_empty());
    // Nor can the stranger use another organization's workflow.
    let body = json!({ "name": "Theirs", "workflow_id": scene.workflow });
    scene.app.post("/api/v1/campaigns").key(&stranger.key).json(&body).send().await.refused(404, "not_found");
    let untouched = scene.read(&id).await;
    assert_eq!((untouched.at("/name"), untouched.at("/progress/total")), ("Recall".into(), "2".into()));
}

#[tokio::test]
async fn one_tenants_campaign_does_not_hold_up_another_s() {
    let scene = Scene::new().await;
    let big = scene.draft(&json!({ "concurrency": 100 }), 2_000).await;
    let other = scene.app.stranger().await;
    scene.app.put_on_plan(&other, "pro", 1).await;
    scene.app.backbone.resolver.forget();
    let workflow = crate::workflow(&scene.app, &other, &crate::graph()).await;
    let small = Scene { app: scene.app, owner: other, workflow };
    let id = small.draft(&json!({}), 5).await;
    let scene = Scene { app: small.app, owner: scene.owner, workflow: scene.workflow };
    scene.command(&big, "start").await.expect(200);
    let start = scene.app.post(&format!("/api/v1/campaigns/{id}/start")).key(&small.owner.key);
    start.send().await.expect(200);
    let _works = Works::on(&scene.app, 1);
    let small = Scene { app: scene.app, owner: small.owner, workflow: small.workflow };
    small.until(&id, "completed").await;
    let done = "select count(*) from voice.contacts where status = 'reached'";
    let done = small.app.count(done).await;
    println!("the other's 5 calls were made after {} of 2,000", done - 5);
    assert!(done < 1_500, "{done}");
}
