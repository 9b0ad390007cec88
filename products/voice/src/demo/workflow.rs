//! Creates a workflow from a template.

use freehold_web::demo::{Badge, Broken, Play, Played, Request, Step};
use serde_json::{Value, json};

/// A template, with the data of its sample run.
pub(super) struct Template {
    /// Id of the template.
    pub(super) id: String,
    /// Inputs of the sample run.
    pub(super) inputs: Value,
    /// The callee of the sample run.
    pub(super) script: Value,
    /// The expected outcome of the sample run.
    pub(super) outcome: String,
}

/// A workflow.
pub(super) struct Workflow {
    /// Id of the workflow.
    pub(super) id: String,
    /// Its version, from the `ETag`.
    pub(super) etag: String,
}

impl Workflow {
    /// Its path.
    pub(super) fn path(&self) -> String {
        format!("/api/v1/workflows/{}", self.id)
    }
}

/// Reads the first template of the list.
pub(super) async fn template_choose(play: &mut Play, key: &Badge) -> Played<Template> {
    let step =
        Step::new("What is there to begin with?", Request::get("/api/v1/templates").with(key), 200, "Templates:");
    let Ok(answer) = play.step(step).await else {
        play.printer.note("The demo plays the product voice: start the server with --product voice.");
        return Err(Broken);
    };
    for template in answer.list("/data") {
        let text = |name: &str| template[name].as_str().unwrap_or_default().to_owned();
        play.printer.note(&format!("{}: {}", text("id"), text("description")));
    }
    let id = play.need(&answer, "/data/0/id")?;
    let step = Step::new(
        "One of them, whole",
        Request::get(format!("/api/v1/templates/{id}")).with(key),
        200,
        "A graph, and inputs and a callee for a sample run.",
    );
    let answer = play.step(step).await?;
    let nodes = answer.list("/graph/nodes").len();
    play.printer.note(&format!(
        "{}: {nodes} nodes, and it should come to {:?}",
        answer.text("/name"),
        answer.text("/sample_outcome")
    ));
    let outcome = play.need(&answer, "/sample_outcome")?;
    let part = |name: &str| answer.body[name].clone();
    Ok(Template { id, inputs: part("sample_inputs"), script: part("sample_script"), outcome })
}

/// Creates a workflow from the template, and reads it with its version.
pub(super) async fn workflow_make(play: &mut Play, key: &Badge, template: &Template) -> Played<Workflow> {
    let step = Step::new(
        "A workflow from the template",
        Request::post("/api/v1/workflows", json!({ "template": template.id })).with(key),
        201,
        "It is the customer's own from now on, checked and ready to run.",
    );
    let answer = play.step(step).await?;
    let id = play.need(&answer, "/id")?;
    let step = Step::new(
        "Read it back",
        Request::get(format!("/api/v1/workflows/{id}")).with(key),
        200,
        "The same, with its version as ETag: an update that sends it as If-Match overwrites no other change.",
    );
    let answer = play.step(step).await?;
    let etag = answer.header("etag").to_owned();
    play.hold(&format!("the ETag is there: {etag}"), true, etag.starts_with('"'));
    Ok(Workflow { id, etag })
}
