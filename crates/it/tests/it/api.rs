//! The API, through the real router.

mod audit;
mod documents;
mod edits;
mod keys;
mod malformed;
mod members;
mod organizations;
mod paging;
mod plans;
pub(crate) mod profiles;
mod quotas;
mod rates;
mod retries;

use serde_json::json;

use crate::harness::app::{Person, TestApp};

/// Creates a workflow from a template.
async fn workflow(app: &TestApp, owner: &Person) -> String {
    let body = json!({ "template": "appointment_reminder" });
    app.post("/api/v1/workflows").key(&owner.key).json(&body).send().await.expect(201).at("/id")
}

/// Puts the user on a plan and clears caches, so that the test need not wait for it.
async fn on_plan(app: &TestApp, owner: &Person, plan: &str) {
    app.put_on_plan(owner, plan, 1).await;
    app.backbone.resolver.forget();
}
