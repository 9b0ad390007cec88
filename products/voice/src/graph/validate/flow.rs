//! Checks of where nodes lead: missing targets, unreachable nodes, and endless loops.

use std::collections::{HashMap, VecDeque};

use super::{Problem, name_of, of_node};
use crate::graph::{Graph, Node};

/// The edges of a graph between the indexes of its nodes, and which nodes can be reached along them.
///
/// Every pair is stored: with at most 500 nodes this is small, and each question below is one look-up.
pub(super) struct Flow {
    /// For each node, the nodes that it leads to directly.
    edges: Vec<Vec<usize>>,
    /// For each node, whether each other node can be reached from it in one or more steps.
    reach: Vec<Vec<bool>>,
    /// For each node, whether a call can stop there: it is an end, or its next node is missing. The latter is reported
    /// as a problem of its own and should not be reported again for every node that leads there.
    stops: Vec<bool>,
    /// The first start node.
    start: Option<usize>,
}

impl Flow {
    pub(super) fn of(graph: &Graph) -> Self {
        let mut by_id = HashMap::new();
        for (index, node) in graph.nodes.iter().enumerate() {
            by_id.entry(node.id()).or_insert(index);
        }
        let mut edges = Vec::with_capacity(graph.nodes.len());
        let mut stops = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            let targets = node.targets();
            let known: Vec<usize> = targets.iter().filter_map(|(_, id)| by_id.get(id).copied()).collect();
            let undecided = matches!(node, Node::Branch { otherwise: None, .. });
            stops.push(node.is_terminal() || undecided || known.len() < targets.len());
            edges.push(known);
        }
        let everywhere = vec![true; edges.len()];
        let reach = (0..edges.len()).map(|from| reached(&edges, from, &everywhere)).collect();
        let start = graph.nodes.iter().position(|node| matches!(node, Node::Start { .. }));
        Self { edges, reach, stops, start }
    }

    /// Whether a call can reach `to` after `from`.
    pub(super) fn leads(&self, from: usize, to: usize) -> bool {
        self.reach[from][to]
    }

    /// Whether a call can reach this node at all. In a graph without a start this is unknown, so true is assumed.
    pub(super) fn is_reached(&self, index: usize) -> bool {
        self.start.is_none_or(|start| start == index || self.reach[start][index])
    }

    pub(super) fn check(&self, graph: &Graph, found: &mut Vec<Problem>) {
        check_targets(graph, found);
        self.check_reached(graph, found);
        self.check_ends(graph, found);
        self.check_quiet(graph, found);
    }

    fn check_reached(&self, graph: &Graph, found: &mut Vec<Problem>) {
        for (index, node) in graph.nodes.iter().enumerate() {
            // A second start, a duplicate id and a node without an id are reported as problems of their own.
            let told = matches!(node, Node::Start { .. })
                || node.id().is_empty()
                || graph.nodes[..index].iter().any(|earlier| earlier.id() == node.id());
            if !told && !self.is_reached(index) {
                found.push(of_node(index, node, "", "cannot be reached from the start"));
            }
        }
    }

    /// Reports cycles without an exit, and nodes that lead only into such cycles.
    fn check_ends(&self, graph: &Graph, found: &mut Vec<Problem>) {
        let lost: Vec<bool> = (0..self.edges.len()).map(|index| !self.can_stop(index)).collect();
        let mut told = vec![false; self.edges.len()];
        for index in (0..self.edges.len()).filter(|&index| lost[index] && self.reach[index][index]) {
            if told[index] {
                continue;
            }
            let mut alike = 0;
            for (other, told) in told.iter_mut().enumerate() {
                if self.reach[index][other] && self.reach[other][index] {
                    *told = true;
                    alike += 1;
                }
            }
            // A node that leads only to itself is reported where its target is checked.
            if alike > 1 {
                let cycle = cycle_names(graph, &self.edges, index, &lost);
                found.push(of_cycle(index, &graph.nodes[index], format!("the cycle {cycle} never reaches an end")));
            }
        }
        for index in (0..self.edges.len()).filter(|&index| lost[index] && !self.reach[index][index]) {
            found.push(of_node(
                index,
                &graph.nodes[index],
                "",
                "can never reach an end: every way on from it goes in circles",
            ));
        }
    }

    /// Reports cycles of nodes that neither wait for an answer nor call a server: nothing can change inside such a
    /// cycle, so the call repeats it for ever, even if a branch in it has an exit.
    fn check_quiet(&self, graph: &Graph, found: &mut Vec<Problem>) {
        let quiet: Vec<bool> = graph
            .nodes
            .iter()
            .enumerate()
            .map(|(index, node)| {
                self.can_stop(index) && matches!(node, Node::Start { .. } | Node::Say { .. } | Node::Branch { .. })
            })
            .collect();
        let reach: Vec<Vec<bool>> = (0..quiet.len())
            .map(|from| if quiet[from] { reached(&self.edges, from, &quiet) } else { vec![false; quiet.len()] })
            .collect();
        for (index, node) in graph.nodes.iter().enumerate() {
            let told_before = (0..index).any(|earlier| reach[earlier][index] && reach[index][earlier]);
            let to_itself = self.edges[index].contains(&index);
            if reach[index][index] && !told_before && !to_itself {
                let cycle = cycle_names(graph, &self.edges, index, &quiet);
                let message =
                    format!("the cycle {cycle} asks nothing, so a call in it never leaves: add an 'ask' to it");
                found.push(of_cycle(index, node, message));
            }
        }
    }

    fn can_stop(&self, index: usize) -> bool {
        self.stops[index] || self.reach[index].iter().zip(&self.stops).any(|(reached, stops)| *reached && *stops)
    }
}

fn check_targets(graph: &Graph, found: &mut Vec<Problem>) {
    for (index, node) in graph.nodes.iter().enumerate() {
        for (field, target) in node.targets() {
            let name = field.rsplit('/').next().unwrap_or_default();
            let message = match graph.node(target) {
                _ if target.is_empty() => format!("leads nowhere: add '{name}'"),
                None => format!("leads to '{target}', which is not there"),
                Some(Node::Start { .. }) => format!("leads to the start '{target}', which nothing may lead to"),
                Some(_) if target == node.id() => match node {
                    Node::Ask { .. } => "leads to itself: to ask again set 'retries'".to_owned(),
                    _ => "leads to itself".to_owned(),
                },
                Some(_) => continue,
            };
            found.push(of_node(index, node, &field, message));
        }
    }
}

/// A problem of a cycle, reported at its first node.
fn of_cycle(index: usize, node: &Node, message: String) -> Problem {
    Problem { message, ..of_node(index, node, "", "") }
}

/// The nodes that can be reached from this one in one or more steps along allowed nodes.
fn reached(edges: &[Vec<usize>], from: usize, allowed: &[bool]) -> Vec<bool> {
    let mut reached = vec![false; edges.len()];
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        for &next in &edges[node] {
            if allowed[next] && !reached[next] {
                reached[next] = true;
                open.push(next);
            }
        }
    }
    reached
}

/// The shortest path from a node back to itself along allowed nodes: `a -> b -> c`.
fn cycle_names(graph: &Graph, edges: &[Vec<usize>], from: usize, allowed: &[bool]) -> String {
    let mut came_from: HashMap<usize, usize> = HashMap::new();
    let mut open = VecDeque::from([from]);
    while let Some(node) = open.pop_front() {
        for &next in edges[node].iter().filter(|&&next| allowed[next] && next != node) {
            if let std::collections::hash_map::Entry::Vacant(unseen) = came_from.entry(next) {
                unseen.insert(node);
                open.push_back(next);
            }
        }
        if came_from.contains_key(&from) {
            break;
        }
    }
    let mut cycle = vec![from];
    let mut node = from;
    while let Some(&before) = came_from.get(&node).filter(|&&before| before != from) {
        cycle.insert(1, before);
        node = before;
    }
    let names = cycle.iter().map(|&index| match graph.nodes[index].id() {
        "" => name_of(index, &graph.nodes[index]),
        id => id.to_owned(),
    });
    names.collect::<Vec<_>>().join(" -> ")
}
