//! Validating a graph: it returns everything that is wrong, not only the first problem.

mod fields;
mod flow;
mod identity;
mod variables;

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::{Graph, ID_MAX, NODES_MAX, Node, VALUE_MAX, Variables};
use flow::Flow;

/// A problem with a graph, its inputs or a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The location, as a JSON pointer (RFC 6901) into the graph, such as `/nodes/3/next`. Empty for the graph as a
    /// whole.
    pub pointer: String,
    /// What is wrong and, if there is only one way, how to correct it: a clause without a full stop, in English.
    pub message: String,
    /// The id of the node with the problem; none: the problem is not in a node, or the node has no id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

impl Problem {
    pub(crate) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into(), node: None }
    }
}

/// Returns everything that is wrong with a graph; an empty list if it can be run.
///
/// For a graph that is too large to be checked, the only problem returned is its size.
pub fn validate(graph: &Graph) -> Vec<Problem> {
    if graph.nodes.len() > NODES_MAX {
        let count = graph.nodes.len();
        return vec![Problem::new("/nodes", format!("the graph has {count} nodes; at most {NODES_MAX} are allowed"))];
    }
    let mut found = Vec::new();
    identity::check(graph, &mut found);
    fields::check(graph, &mut found);
    let flow = Flow::of(graph);
    flow.check(graph, &mut found);
    variables::check(graph, &flow, &mut found);
    found
}

/// Returns everything that is wrong with the inputs for a run of this graph. Pointers are into `{ "inputs": { … } }`.
pub fn validate_inputs(graph: &Graph, inputs: &Variables) -> Vec<Problem> {
    let mut found = Vec::new();
    for input in &graph.inputs {
        let given = inputs.get(&input.name).is_some_and(|value| !value.trim().is_empty());
        if input.required && input.default.is_none() && !given {
            found.push(Problem::new(input_pointer(&input.name), format!("the input '{}' is required", input.name)));
        }
    }
    for (name, value) in inputs {
        if graph.input(name).is_none() {
            found.push(Problem::new(input_pointer(name), format!("the workflow has no input '{name}'")));
        }
        if value.chars().count() > VALUE_MAX {
            let message = format!("the input '{name}' is longer than {VALUE_MAX} characters");
            found.push(Problem::new(input_pointer(name), message));
        }
    }
    found
}

fn input_pointer(name: &str) -> String {
    format!("/inputs/{}", pointer_token(name))
}

/// A key in the form of a JSON pointer's token.
fn pointer_token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The name of a node in a message.
fn name_of(index: usize, node: &Node) -> String {
    if node.id().is_empty() {
        format!("node number {} (without an id)", index + 1)
    } else {
        format!("node '{}'", node.id())
    }
}

/// A problem of one node. `field` is the pointer inside the node; the message continues after the node's name.
fn of_node(index: usize, node: &Node, field: &str, message: impl Display) -> Problem {
    Problem {
        pointer: format!("/nodes/{index}{field}"),
        message: format!("{} {message}", name_of(index, node)),
        node: Some(node.id().to_owned()).filter(|id| !id.is_empty()),
    }
}

/// Whether the text is a valid id of a node or a valid outcome.
pub(crate) fn is_id(id: &str) -> bool {
    let allowed = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, b'_' | b'-');
    !id.is_empty() && id.len() <= ID_MAX && id.bytes().all(allowed)
}

/// Whether the text is a valid name of a variable.
fn is_variable(name: &str) -> bool {
    let allowed = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_';
    name.len() <= ID_MAX && name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests;
