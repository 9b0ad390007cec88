//! Variables are set before they are used.

use super::flow::Flow;
use super::{Problem, is_variable, of_node};
use crate::graph::wording::{Piece, pieces};
use crate::graph::{Graph, Node};

pub(super) fn check(graph: &Graph, flow: &Flow, found: &mut Vec<Problem>) {
    for (index, node) in graph.nodes.iter().enumerate() {
        let mut told = Vec::new();
        for (field, name) in uses(node) {
            if !told.contains(&name) && is_variable(name) && graph.input(name).is_none() {
                told.push(name);
                if let Some(message) = unset(graph, flow, index, name) {
                    found.push(of_node(index, node, &field, message));
                }
            }
        }
        if let Node::Transfer { to, .. } = node {
            check_dialled(graph, index, node, to, found);
        }
    }
}

/// The variables a node uses, each with the JSON pointer of its field inside the node.
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

/// Why a variable that is no input cannot have a value at this node; none if it can.
fn unset(graph: &Graph, flow: &Flow, index: usize, name: &str) -> Option<String> {
    let setters: Vec<usize> = setters(graph, name).collect();
    if setters.iter().any(|&setter| flow.leads(setter, index)) {
        return None;
    }
    Some(match setters.first() {
        None => format!("uses the variable '{name}', which nothing sets: declare it in 'inputs' or capture it in an 'ask'"),
        Some(&setter) => {
            let setter = graph.nodes[setter].id();
            format!("uses the variable '{name}', which is only set by node '{setter}', and that does not lead here")
        }
    })
}

/// A callee must not be able to say the number that is then called at the customer's cost.
fn check_dialled(graph: &Graph, index: usize, node: &Node, to: &str, found: &mut Vec<Problem>) {
    let [Piece::Variable(name)] = pieces(to)[..] else { return };
    for setter in setters(graph, name) {
        if let ask @ Node::Ask { .. } = &graph.nodes[setter] {
            let message = format!("transfers to what the callee says in node '{}': use an input or a webhook's answer", ask.id());
            found.push(of_node(index, node, "/to", message));
        }
    }
}

fn setters(graph: &Graph, name: &str) -> impl Iterator<Item = usize> {
    graph.nodes.iter().enumerate().filter(move |(_, node)| node.sets().contains(&name)).map(|(index, _)| index)
}
