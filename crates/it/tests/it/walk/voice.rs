//! What the voice product brings to the walk.

use freehold_voice::template::template_find;
use serde_json::{Value, json};

use super::operations::{Sample, nothing, with};

/// A small runnable graph.
pub(crate) fn graph() -> Value {
    json!({ "start": "start", "inputs": [], "nodes": [
        { "id": "start", "type": "start", "next": "hello" },
        { "id": "hello", "type": "ask", "variable": "well", "text": "How are you?", "next": "bye" },
        { "id": "bye", "type": "end", "outcome": "greeted", "text": "Goodbye!" },
    ]})
}

/// A contact list for the template's workflow.
pub(super) const CONTACTS: &str =
    "phone,name,business,date,time,desk\n+4930901821,Ada,the practice,Thursday,ten,+4930901820\n";

/// A split of the first two versions.
pub(super) fn split() -> Value {
    json!({ "variants": [{ "version": 1, "weight": 1 }, { "version": 2, "weight": 1 }] })
}

/// Samples of the product's operations.
pub(super) fn sample(operation: &str) -> Option<Sample> {
    let template = template_find("appointment_reminder").unwrap();
    let (inputs, script) = (&template.sample_inputs, &template.sample_script);
    let sample = match operation {
        "POST /api/v1/workflows" | "PATCH /api/v1/workflows/{id}" => {
            with(json!({ "name": "Greeting", "graph": graph() }))
        }
        "POST /api/v1/workflows/{id}/runs" => with(json!({ "inputs": inputs, "script": script, "live": false })),
        "POST /api/v1/engines" | "PATCH /api/v1/engines/{id}" => with(json!({
            "name": "Switchboard", "url": "https://switchboard.example.org/runs", "lease_seconds": 30, "longest_seconds": 600
        })),
        "POST /api/v1/engines/{id}/secret" => with(json!({ "overlap_seconds": 60 })),
        "POST /api/v1/engine-callbacks" => Sample {
            body: Some(json!({ "run_id": "019cf1a0-7000-7000-8000-000000000000", "reports": [] })),
            file: None,
            query: "",
            public_status: 401,
        },
        "POST /api/v1/campaigns" => with(json!({ "name": "Another", "workflow_id": "{workflow}" })),
        "PATCH /api/v1/campaigns/{id}" => with(json!({ "name": "Another name", "concurrency": 9 })),
        "POST /api/v1/campaigns/{id}/contacts" | "POST /api/v1/campaigns/{id}/contacts/preview" => {
            Sample { body: None, file: Some(CONTACTS), query: "", public_status: 200 }
        }
        "POST /api/v1/workflows/{id}/splits" => with(split()),
        "POST /api/v1/splits/{id}/end" => with(json!({ "winner": 2 })),
        "POST /api/v1/runs/{id}/messages" => with(json!({ "text": "Yes, speaking." })),
        "DELETE /api/v1/workflows/{id}"
        | "DELETE /api/v1/engines/{id}"
        | "POST /api/v1/runs/{id}/cancel"
        | "POST /api/v1/campaigns/{id}/start"
        | "POST /api/v1/campaigns/{id}/pause"
        | "POST /api/v1/campaigns/{id}/resume"
        | "POST /api/v1/campaigns/{id}/cancel"
        | "DELETE /api/v1/campaigns/{id}" => nothing(),
        _ => return None,
    };
    Some(sample)
}
