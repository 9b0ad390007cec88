//! Requests of another customer, who must not see the first one's data, and requests without a credential.

use freehold_web::demo::{Member, Play, Played, Request, Step, key_make, sign_up};
use serde_json::json;

use super::workflow::Workflow;

/// Another tenant requests everything of the first one, by its ids.
pub(super) async fn stranger(play: &mut Play, ann: &Member, workflow: &Workflow, runs: &[String]) -> Played<()> {
    let token = sign_up(play, "B", "Hillside Dental").await?;
    let (_, key) = key_make(play, &token).await?;
    play.printer.last_words("\n      B asks for everything of A's by its id, and there is no such thing:");
    for (title, request) in theirs(ann, workflow, runs) {
        play.step_brief(Step::new(title, request.with(&key), 404, "")).await;
    }
    play.printer.last_words("\n      The same request without a key is refused:");
    for (title, request) in theirs(ann, workflow, runs) {
        play.step_brief(Step::new(title, request, 401, "")).await;
    }
    untouched(play, ann, workflow).await;
    Ok(())
}

/// Every request that names an object of a tenant.
fn theirs(ann: &Member, workflow: &Workflow, runs: &[String]) -> Vec<(&'static str, Request)> {
    let path = workflow.path();
    let key = format!("/api/v1/keys/{}", ann.key_id);
    let mut requests = vec![
        ("read the workflow", Request::get(&path)),
        ("change the workflow", Request::patch(&path, json!({ "name": "Mine now" }))),
        ("delete the workflow", Request::delete(&path)),
        ("list its runs", Request::get(format!("{path}/runs"))),
        ("run it", Request::post(format!("{path}/runs"), json!({ "live": true }))),
    ];
    for run in runs {
        requests.push(("read a run", Request::get(format!("/api/v1/runs/{run}"))));
    }
    if let Some(run) = runs.last() {
        let message = json!({ "text": "Hello?" });
        requests.push(("speak in a run", Request::post(format!("/api/v1/runs/{run}/messages"), message)));
    }
    requests.extend([
        ("read the key", Request::get(&key)),
        ("revoke the key", Request::delete(&key)),
        ("read the organization", Request::get(format!("/api/v1/organizations/{}", ann.organization.id))),
    ]);
    requests
}

/// Checks that A's workflow has not changed.
async fn untouched(play: &mut Play, ann: &Member, workflow: &Workflow) {
    let request = Request::get(workflow.path()).with(&ann.key);
    let step = Step::new("A looks after the workflow", request, 200, "It is there, and A's key still works.");
    if let Ok(answer) = play.step(step).await {
        play.hold("it is unchanged: the ETag is the same", &workflow.etag, answer.header("etag"));
    }
}
