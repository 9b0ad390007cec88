//! The events of workflows.

use freehold_core::Id;
use freehold_jobs::outbox::Event;
use serde::Serialize;
use utoipa::ToSchema;

use super::WorkflowId;
use crate::sample::WORKFLOW;

/// The content of `workflow.created`.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowCreated {
    /// Id of the workflow.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// Name of the workflow.
    pub name: String,
    /// Version of the workflow; always 1.
    pub version: i32,
}

impl Event for WorkflowCreated {
    const TYPE: &'static str = "workflow.created";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A workflow was created.";
    fn sample() -> Self {
        Self { workflow_id: Id::new(WORKFLOW), name: "Appointment reminder".to_owned(), version: 1 }
    }
}
