//! Templates: complete workflows that can be run at once.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::callee::Script;
use crate::graph::{Graph, Variables};

const FILES: [&str; 3] = [
    include_str!("../templates/appointment_reminder.json"),
    include_str!("../templates/lead_qualification.json"),
    include_str!("../templates/satisfaction_survey.json"),
];

/// A template of a workflow, with a sample run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WorkflowTemplate)]
pub struct Template {
    /// Id of the template, such as `appointment_reminder`.
    pub id: String,
    /// Display name of the template.
    pub name: String,
    /// What the agent does, in a sentence or two.
    pub description: String,
    /// Who uses the template, and for what.
    pub purpose: String,
    /// The graph of the template, which is valid and can be changed in your workflow.
    pub graph: Graph,
    /// Inputs of the sample run, by name.
    #[schema(value_type = BTreeMap<String, String>)]
    pub sample_inputs: Variables,
    /// Script of the callee for the sample run.
    pub sample_script: Script,
    /// Outcome of the sample run, such as `booked`.
    pub sample_outcome: String,
}

/// All templates, in the order in which they are shown.
pub fn template_list() -> Vec<Template> {
    // The files are part of the binary, and a test reads every one.
    FILES.iter().filter_map(|file| serde_json::from_str(file).ok()).collect()
}

/// The template with this id.
pub fn template_find(id: &str) -> Option<Template> {
    template_list().into_iter().find(|template| template.id == id)
}

#[cfg(test)]
mod tests;
