//! What entries say about changes of webhooks, engines, workflows and campaigns.

use serde_json::{Value, json};

use super::audit;
use crate::harness::app::{Person, TestApp};

/// The newest entry of this action, and that there is one of it only.
async fn entry(app: &TestApp, person: &Person, action: &str) -> Value {
    let mut entries = audit(app, person, &format!("?action={action}")).await;
    assert_eq!(entries.len(), 1, "{action}: {entries:?}");
    entries.remove(0)
}

#[tokio::test]
async fn the_url_of_a_webhook_is_recorded_without_what_may_be_secret() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    for (area, created) in [("webhooks", "webhook.created"), ("engines", "engine.created")] {
        let url = "https://hooks.example.org/T00/secret-path?token=secret";
        let body = if area == "webhooks" { json!({ "url": url }) } else { json!({ "url": url, "name": "Engine" }) };
        let made = app.post(&format!("/api/v1/{area}")).person(&owner).json(&body).send().await.expect(201);
        let path = format!("/api/v1/{area}/{}", made.at("/id"));
        assert_eq!(entry(&app, &owner, created).await["detail"]["url"], "https://hooks.example.org");
        let other = json!({ "url": "https://hooks.example.org/other-secret" });
        app.patch(&path).person(&owner).json(&other).send().await.expect(200);
        let updated = entry(&app, &owner, &created.replace("created", "updated")).await;
        assert_eq!((&updated["before"], &updated["detail"]), (&Value::Null, &json!({ "url_changed": true })));
        let secret = app.post(&format!("{path}/secret")).person(&owner).json(&json!({})).send().await.expect(201);
        let rotated = entry(&app, &owner, &created.replace("created", "secret_rotated")).await;
        assert_eq!(rotated["actor"]["id"], owner.id.as_str());
        app.delete(&path).person(&owner).send().await.expect(204);
        assert_eq!(entry(&app, &owner, &created.replace("created", "deleted")).await["subject"], made.at("/id"));
        let all = audit(&app, &owner, "").await;
        let all = serde_json::to_string(&all).unwrap();
        for hidden in ["secret-path", "token=secret", "other-secret", &secret.at("/secret")] {
            assert!(!all.contains(hidden), "{hidden} is in the audit");
        }
    }
}

#[tokio::test]
async fn an_entry_has_the_fields_that_differ() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    crate::api::on_plan(&app, &owner, "pro").await;
    let workflow = crate::api::workflow(&app, &owner).await;
    let path = format!("/api/v1/workflows/{workflow}");
    app.patch(&path).person(&owner).json(&json!({ "name": "Renamed" })).send().await.expect(200);
    let updated = entry(&app, &owner, "workflow.updated").await;
    assert_eq!(updated["after"], json!({ "name": "Renamed" }));
    assert_ne!(updated["before"]["name"], "Renamed");

    let body = json!({ "name": "Recall", "workflow_id": workflow, "concurrency": 3 });
    let campaign = app.post("/api/v1/campaigns").person(&owner).json(&body).send().await.expect(201);
    let path = format!("/api/v1/campaigns/{}", campaign.at("/id"));
    app.patch(&path).person(&owner).json(&json!({ "concurrency": 5 })).send().await.expect(200);
    let updated = entry(&app, &owner, "campaign.updated").await;
    assert_eq!((&updated["before"], &updated["after"]), (&json!({ "concurrency": 3 }), &json!({ "concurrency": 5 })));
    app.post(&format!("{path}/cancel")).person(&owner).send().await.expect(200);
    let cancelled = entry(&app, &owner, "campaign.cancelled").await;
    assert_ne!(cancelled["before"]["status"], cancelled["after"]["status"]);
    // Cancelling again changes nothing and leaves no second entry.
    app.post(&format!("{path}/cancel")).person(&owner).send().await.expect(200);
    entry(&app, &owner, "campaign.cancelled").await;
}
