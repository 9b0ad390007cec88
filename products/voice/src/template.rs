//! Workflows to begin with: whole, and ready to run.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::callee::Script;
use crate::graph::{Graph, Variables};

const FILES: [&str; 3] = [
    include_str!("../templates/appointment_reminder.json"),
    include_str!("../templates/lead_qualification.json"),
    include_str!("../templates/satisfaction_survey.json"),
];

/// A workflow to begin with, and a sample that shows it at work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The template's id, such as `appointment_reminder`.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// What the agent does, in a sentence or two.
    pub description: String,
    /// Who uses it and what it is good for.
    pub purpose: String,
    /// The graph. It validates, and is the customer's to change.
    pub graph: Graph,
    /// Inputs for a sample run.
    #[schema(value_type = BTreeMap<String, String>)]
    pub sample_inputs: Variables,
    /// A callee for a sample run.
    pub sample_script: Script,
    /// What the sample run comes to.
    pub sample_outcome: String,
}

/// All templates, in the order they are shown.
pub fn template_list() -> Vec<Template> {
    // The files are part of the binary, and a test reads every one.
    FILES.iter().filter_map(|file| serde_json::from_str(file).ok()).collect()
}

/// The template of this id.
pub fn template_find(id: &str) -> Option<Template> {
    template_list().into_iter().find(|template| template.id == id)
}

#[cfg(test)]
mod tests;
