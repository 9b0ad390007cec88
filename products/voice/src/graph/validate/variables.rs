//! Checks that variables are set before they are used.

use std::collections::{HashMap, HashSet};

use super::flow::Flow;
use super::{Problem, is_variable, of_node};
use crate::graph::wording::{Piece, pieces};
use crate::graph::{Graph, Node};

/// For each variable, the indexes of the nodes that set it.
type Setters<'g> = HashMap<&'g str, Vec<usize>>;

pub(super) fn check(graph: &Graph, flow: &Flow, found: &mut Vec<Problem>) {
    let mut setters: Setters<'_> = HashMap::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        for name in node.sets() {
            setters.entry(name).or_default().push(index);
        }
    }
    for (index, node) in graph.nodes.iter().enumerate() {
        let mut told = HashSet::new();
        for (field, name) in uses(node) {
            if is_variable(name) && graph.input(name).is_none() && told.insert(name) {
                let setters = setters.get(name).map(Vec::as_slice).unwrap_or_default();
                if let Some(message) = unset(graph, flow, index, name, setters) {
                    found.push(of_node(index, node, &field, message));
                }
            }
        }
        if let Node::Transfer { to, .. } = node {
            check_dialled(graph, index, node, to, &setters, found);
        }
    }
}

/// The variables that a node uses, each with the JSON pointer of its field inside the node.
fn uses(node: &Node) -> Vec<(String, &str)> {
    let in_texts = node.texts().into_iter().flat_map(|(field, text)| {
        pieces(text).into_iter().filter_map(move |piece| match piece {
            Piece::Variable(name) => Some((field.to_owned(), name)),
            Piece::Plain(_) | Piece::Unclosed(_) => None,
        })
    });
    let named: Vec<(String, &str)> = match node {
        Node::Branch { variable, .. } => vec![("/variable".to_owned(), variable)],
        Node::Webhook { send: Some(send), .. } => {
            send.iter().enumerate().map(|(at, name)| (format!("/send/{at}"), name.as_str())).collect()
        }
        _ => Vec::new(),
    };
    in_texts.chain(named).collect()
}

/// Why a variable that is not an input cannot have a value at this node; none if it can.
fn unset(graph: &Graph, flow: &Flow, index: usize, name: &str, setters: &[usize]) -> Option<String> {
    if setters.iter().any(|&setter| flow.leads(setter, index)) {
        return None;
    }
    Some(match setters.first() {
        None => {
            format!("uses the variable '{name}', which nothing sets: declare it in 'inputs' or capture it in an 'ask'")
        }
        Some(&setter) => {
            let setter = graph.nodes[setter].id();
            format!("uses the variable '{name}', which is only set by node '{setter}', and that does not lead here")
        }
    })
}

/// Callees must not be able to choose a number that is then called at the customer's cost.
fn check_dialled(graph: &Graph, index: usize, node: &Node, to: &str, setters: &Setters<'_>, found: &mut Vec<Problem>) {
    let [Piece::Variable(name)] = pieces(to)[..] else { return };
    for &setter in setters.get(name).into_iter().flatten() {
        if let ask @ Node::Ask { .. } = &graph.nodes[setter] {
            let message =
                format!("transfers to what the callee says in node '{}': use an input or a webhook's answer", ask.id());
            found.push(of_node(index, node, "/to", message));
        }
    }
}
