//! The graph of a workflow, as customers post it and runs execute it.

pub(crate) mod answer;
mod condition;
pub(crate) mod destination;
mod input;
mod node;
pub mod validate;
pub(crate) mod wording;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use answer::Expect;
pub use condition::{Case, Condition};
pub use input::{Input, Variables};
pub use node::{Method, Node};

/// Most nodes a graph may hold.
pub const NODES_MAX: usize = 500;
/// Most inputs a graph may declare.
pub const INPUTS_MAX: usize = 50;
/// Most cases of one branch.
pub const CASES_MAX: usize = 50;
/// Most phrases of one `any_of`.
pub const PHRASES_MAX: usize = 50;
/// Longest text the agent says, in characters, before its variables are filled in.
pub const TEXT_MAX: usize = 2_000;
/// Longest value a variable keeps, in characters; what is longer is cut.
pub const VALUE_MAX: usize = 2_000;
/// Longest id of a node, name of a variable, and outcome, in characters.
pub const ID_MAX: usize = 64;
/// Longest phrase of a condition, in characters.
pub const PHRASE_MAX: usize = 100;
/// Most variables that a webhook sends by name, and most that it saves from the response.
pub const EXCHANGED_MAX: usize = 50;
/// Most times a question is asked again.
pub const RETRIES_MAX: u32 = 5;

/// The graph of a workflow. A run begins at the only `start` node and follows `next` to an `end` or a `transfer`.
///
/// ```json
/// { "inputs": [{ "name": "name", "default": "there" }],
///   "nodes": [
///     { "id": "start", "type": "start", "next": "greet" },
///     { "id": "greet", "type": "say", "text": "Hello {{name}}!", "next": "done" },
///     { "id": "done", "type": "end", "outcome": "greeted" } ] }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WorkflowGraph)]
pub struct Graph {
    /// Id of the start node; may be left out, since a graph has exactly one node of type `start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// The variables that a run gets when it begins, such as the callee's name; at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub inputs: Vec<Input>,
    /// The nodes, in any order; at most 500.
    #[schema(max_items = 500)]
    pub nodes: Vec<Node>,
}

impl Graph {
    /// The node with this id; if there are several (which validation refuses), the first.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id() == id)
    }

    /// The first node of type `start`.
    pub fn start_node(&self) -> Option<&Node> {
        self.nodes.iter().find(|node| matches!(node, Node::Start { .. }))
    }

    /// The declared input with this name.
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name == name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_graph_reads_and_writes_the_same_json() {
        let posted = json!({
            "inputs": [{ "name": "name", "required": true }],
            "nodes": [
                { "id": "start", "type": "start", "next": "ask" },
                { "id": "ask", "type": "ask", "text": "Shall I book you in?", "variable": "answer", "expect": "yes_no",
                  "retries": 1, "timeout_seconds": 5, "next": "decide" },
                { "id": "decide", "type": "branch", "variable": "answer", "otherwise": "bye",
                  "cases": [{ "when": { "any_of": ["yes"] }, "next": "bye" }] },
                { "id": "bye", "type": "end", "outcome": "done", "success": true },
            ],
        });
        let graph: Graph = serde_json::from_value(posted.clone()).expect("the graph reads");
        assert_eq!(serde_json::to_value(&graph).expect("the graph writes"), posted);
    }

    #[test]
    fn an_unknown_field_is_refused_with_its_name() {
        let posted = json!({ "nodes": [{ "id": "a", "type": "say", "txt": "Hello", "next": "b" }] });
        let refusal = serde_json::from_value::<Graph>(posted).expect_err("the field is unknown").to_string();
        assert!(refusal.contains("unknown field `txt`"), "{refusal}");
    }

    #[test]
    fn an_unknown_type_is_refused_with_the_known_ones() {
        let posted = json!({ "nodes": [{ "id": "a", "type": "shout", "next": "b" }] });
        let refusal = serde_json::from_value::<Graph>(posted).expect_err("the type is unknown").to_string();
        assert!(refusal.contains("shout") && refusal.contains("transfer"), "{refusal}");
    }

    #[test]
    fn a_missing_field_is_left_to_validation_so_that_all_are_told_at_once() {
        let posted = json!({ "nodes": [{ "type": "say" }] });
        assert!(serde_json::from_value::<Graph>(posted).is_ok());
    }
}
