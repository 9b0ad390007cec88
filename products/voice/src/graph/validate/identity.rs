//! Checks of ids, of the single start node, and of the declared inputs.

use std::collections::HashSet;

use super::{Problem, is_id, is_variable, name_of, of_node};
use crate::graph::{Graph, ID_MAX, INPUTS_MAX, Node, TEXT_MAX, VALUE_MAX};

pub(super) fn check(graph: &Graph, found: &mut Vec<Problem>) {
    check_ids(graph, found);
    check_start(graph, found);
    check_inputs(graph, found);
}

fn check_ids(graph: &Graph, found: &mut Vec<Problem>) {
    let mut seen = HashSet::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let id = node.id();
        if id.is_empty() {
            found.push(of_node(index, node, "/id", "needs one: add 'id'"));
        } else if !is_id(id) {
            let rule = format!("has an id that is not made of a-z, 0-9, '_' and '-', at most {ID_MAX} characters");
            found.push(of_node(index, node, "/id", rule));
        } else if !seen.insert(id) {
            found.push(of_node(index, node, "/id", "is there twice: ids are unique in a graph"));
        }
    }
    if !graph.nodes.is_empty() && !graph.nodes.iter().any(Node::is_terminal) {
        found.push(Problem::new("/nodes", "the graph has no end: add a node of type 'end' or 'transfer'"));
    }
}

fn check_start(graph: &Graph, found: &mut Vec<Problem>) {
    let mut starts = graph.nodes.iter().enumerate().filter(|(_, node)| matches!(node, Node::Start { .. }));
    match starts.next() {
        None => found.push(Problem::new("/nodes", "the graph has no start: add a node of type 'start'")),
        Some((first_index, first)) => {
            for (index, node) in starts {
                let first = name_of(first_index, first);
                found.push(of_node(index, node, "/type", format!("is a second start: the graph starts at {first}")));
            }
        }
    }
    let Some(named) = &graph.start else { return };
    match graph.node(named) {
        None => found.push(Problem::new("/start", format!("'start' names '{named}', which is not there"))),
        Some(node) if !matches!(node, Node::Start { .. }) => {
            let message = format!("'start' names '{named}', which is of type '{}', not 'start'", node.kind());
            found.push(Problem::new("/start", message));
        }
        Some(_) => {}
    }
}

fn check_inputs(graph: &Graph, found: &mut Vec<Problem>) {
    if graph.inputs.len() > INPUTS_MAX {
        let count = graph.inputs.len();
        found.push(Problem::new("/inputs", format!("the graph has {count} inputs; at most {INPUTS_MAX} are allowed")));
        return;
    }
    let mut seen = HashSet::new();
    for (index, input) in graph.inputs.iter().enumerate() {
        let name = &input.name;
        let mut report =
            |field: &str, message: String| found.push(Problem::new(format!("/inputs/{index}/{field}"), message));
        if !is_variable(name) {
            let rule = "must begin with a letter and be made of a-z, 0-9 and '_'";
            report("name", format!("the input's name '{name}' {rule}, at most {ID_MAX} characters"));
        } else if !seen.insert(name) {
            report("name", format!("the input '{name}' is there twice"));
        }
        if input.description.as_ref().is_some_and(|text| text.chars().count() > TEXT_MAX) {
            report(
                "description",
                format!("the description of the input '{name}' is longer than {TEXT_MAX} characters"),
            );
        }
        if input.default.as_ref().is_some_and(|value| value.chars().count() > VALUE_MAX) {
            report("default", format!("the default of the input '{name}' is longer than {VALUE_MAX} characters"));
        }
    }
}
