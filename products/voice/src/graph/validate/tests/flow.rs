use serde_json::json;

use super::{ask, between, branch, problems, say};

#[test]
fn a_node_that_cannot_be_reached_is_told() {
    assert_eq!(between(json!([say("a", "z"), say("b", "z")])), ["/nodes/2: node 'b' cannot be reached from the start"]);
}

#[test]
fn a_cycle_that_never_ends_is_told_with_its_way() {
    assert_eq!(
        between(json!([ask("a", "b"), branch("b", "z", "c"), ask("c", "d"), say("d", "e"), say("e", "c")])),
        ["/nodes/3: the cycle c -> d -> e never reaches an end"]
    );
}

#[test]
fn a_cycle_with_a_way_out_is_allowed() {
    assert_eq!(between(json!([ask("a", "b"), branch("b", "z", "c"), say("c", "a")])), [""; 0]);
}

#[test]
fn a_node_that_only_leads_into_a_cycle_is_told_too() {
    assert_eq!(
        between(json!([ask("a", "b"), branch("b", "z", "c"), say("c", "d"), ask("d", "e"), say("e", "d")])),
        [
            "/nodes/4: the cycle d -> e never reaches an end",
            "/nodes/3: node 'c' can never reach an end: every way on from it goes in circles",
        ]
    );
}

#[test]
fn a_cycle_that_never_asks_is_told_though_it_has_a_way_out() {
    assert_eq!(
        between(json!([ask("a", "b"), branch("b", "z", "c"), say("c", "b")])),
        ["/nodes/2: the cycle b -> c asks nothing, so a call in it never leaves: add an 'ask' to it"]
    );
}

#[test]
fn a_node_that_leads_to_itself_is_told() {
    assert_eq!(
        between(json!([ask("a", "b"), branch("b", "z", "b")])),
        ["/nodes/2/otherwise: node 'b' leads to itself"]
    );
    let asks_itself =
        json!([{ "id": "a", "type": "ask", "text": "Well?", "variable": "x", "next": "z", "no_match": "a" }]);
    assert_eq!(between(asks_itself), ["/nodes/1/no_match: node 'a' leads to itself: to ask again set 'retries'"]);
}

#[test]
fn a_cycle_that_consists_of_one_node_is_told_once() {
    assert_eq!(
        between(json!([ask("a", "b"), branch("b", "z", "c"), say("c", "c")])),
        ["/nodes/3/next: node 'c' leads to itself"]
    );
}

#[test]
fn a_missing_target_is_told_and_what_leads_there_is_not() {
    assert_eq!(
        between(json!([ask("a", "b"), branch("b", "z", "c"), say("c", "gone")])),
        ["/nodes/3/next: node 'c' leads to 'gone', which is not there"]
    );
    let no_next = json!([{ "id": "a", "type": "ask", "text": "Well?", "variable": "x", "no_match": "z" }]);
    assert_eq!(between(no_next), ["/nodes/1/next: node 'a' leads nowhere: add 'next'"]);
}

#[test]
fn nothing_may_lead_to_the_start() {
    assert_eq!(
        between(json!([ask("a", "b"), branch("b", "z", "start")])),
        ["/nodes/2/otherwise: node 'b' leads to the start 'start', which nothing may lead to"]
    );
}

#[test]
fn a_graph_without_an_end_is_told() {
    let nodes = json!([{ "id": "s", "type": "start", "next": "a" }, say("a", "b"), say("b", "a")]);
    assert_eq!(
        problems(json!({ "nodes": nodes })),
        [
            "/nodes: the graph has no end: add a node of type 'end' or 'transfer'",
            "/nodes/1: the cycle a -> b never reaches an end",
            "/nodes/0: node 's' can never reach an end: every way on from it goes in circles",
        ]
    );
}

#[test]
fn a_transfer_is_an_end() {
    let nodes =
        json!([{ "id": "s", "type": "start", "next": "t" }, { "id": "t", "type": "transfer", "to": "+4930901820" }]);
    assert_eq!(problems(json!({ "nodes": nodes })), [""; 0]);
}
