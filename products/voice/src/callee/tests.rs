use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::execution::STEPS_MAX;
use crate::graph::validate::validate as validate_graph;

fn graph(nodes: Value) -> Graph {
    serde_json::from_value(json!({ "nodes": nodes })).expect("the graph reads")
}

/// A graph with two questions, a webhook that returns a seat, and a transfer.
fn sample() -> Graph {
    graph(json!([
        { "id": "start", "type": "start", "next": "day" },
        { "id": "day", "type": "ask", "text": "On which day?", "variable": "day", "retries": 1, "next": "book" },
        { "id": "book", "type": "webhook", "url": "https://x.test", "save": { "seat": "/seat" }, "next": "seated", "on_error": "full" },
        { "id": "seated", "type": "branch", "variable": "seat", "cases": [{ "when": { "is_empty": true }, "next": "help" }], "otherwise": "done" },
        { "id": "help", "type": "ask", "text": "Shall a person help?", "variable": "help", "expect": "yes_no", "retries": 0, "next": "desk" },
        { "id": "desk", "type": "transfer", "to": "+4930901820", "on_error": "full" },
        { "id": "done", "type": "end", "outcome": "booked" },
        { "id": "full", "type": "end", "outcome": "full", "success": false },
    ]))
}

fn outcome(script: Value) -> String {
    let script: Script = serde_json::from_value(script).expect("the script reads");
    let graph = sample();
    assert_eq!(validate(&script, &graph), []);
    let execution = run(&graph, &Variables::new(), &script);
    execution.ended().expect("a scripted run ends").outcome.clone()
}

#[test]
fn replies_are_given_in_order() {
    assert_eq!(outcome(json!({ "replies": ["Friday", "yes"] })), "transferred");
}

#[test]
fn a_rule_answers_before_the_replies_do() {
    let rules = json!([{ "node": "help", "reply": "yes" }, { "asked": "which day", "reply": "Friday" }]);
    assert_eq!(outcome(json!({ "rules": rules })), "transferred");
}

#[test]
fn a_rule_answers_no_more_often_than_it_says() {
    let rules = json!([{ "node": "day", "reply": "", "times": 1 }]);
    assert_eq!(outcome(json!({ "rules": rules, "replies": ["Friday", "yes"] })), "transferred");
}

#[test]
fn webhooks_answer_what_the_script_says() {
    let booked = json!({ "book": { "body": { "seat": "12A" } } });
    assert_eq!(outcome(json!({ "replies": ["Friday"], "webhooks": booked })), "booked");
    assert_eq!(outcome(json!({ "replies": ["Friday"], "webhooks": { "book": { "status": 409 } } })), "full");
}

#[test]
fn a_transfer_the_script_leaves_unanswered_fails() {
    assert_eq!(outcome(json!({ "replies": ["Friday", "yes"], "unanswered_transfers": ["desk"] })), "full");
}

#[test]
fn a_callee_hangs_up_after_so_many_replies() {
    assert_eq!(outcome(json!({ "replies": ["Friday", "yes"], "hang_up_after": 1 })), "hung_up");
    assert_eq!(outcome(json!({ "replies": ["Friday", "yes"], "hang_up_after": 0 })), "hung_up");
}

#[test]
fn a_script_that_runs_out_is_a_silent_callee() {
    assert_eq!(outcome(json!({ "replies": ["Friday"] })), "no_match");
    assert_eq!(outcome(json!({})), "no_answer");
}

#[test]
fn a_silent_line_ends_before_anything_is_said() {
    let script = Script { silent: true, ..Script::default() };
    let execution = run(&sample(), &Variables::new(), &script);
    assert_eq!(execution.ended().map(|ended| ended.outcome.as_str()), Some("no_answer"));
    assert!(execution.transcript().iter().all(|line| line.speaker == Speaker::System));
}

#[test]
fn a_callee_who_asks_to_repeat_for_ever_meets_the_step_limit() {
    let circle = graph(json!([
        { "id": "start", "type": "start", "next": "ask" },
        { "id": "ask", "type": "ask", "text": "Well?", "variable": "x", "next": "again" },
        { "id": "again", "type": "branch", "variable": "x", "cases": [{ "when": { "equals": "repeat" }, "next": "ask" }], "otherwise": "done" },
        { "id": "done", "type": "end", "outcome": "done" },
    ]));
    assert_eq!(validate_graph(&circle), []);
    let rule = Rule { node: Some("ask".to_owned()), reply: "repeat".to_owned(), ..Rule::default() };
    let execution = run(&circle, &Variables::new(), &Script { rules: vec![rule], ..Script::default() });
    assert_eq!(execution.ended().map(|ended| ended.outcome.as_str()), Some("failed"));
}

#[test]
fn a_script_names_nodes_that_are_there() {
    let script: Script = serde_json::from_value(json!({
        "replies": ["x".repeat(2_001)],
        "rules": [{ "node": "desk", "reply": "yes" }],
        "webhooks": { "day": {} },
        "unanswered_transfers": ["nobody"],
    }))
    .expect("the script reads");
    let found =
        validate(&script, &sample()).into_iter().map(|problem| format!("{}: {}", problem.pointer, problem.message));
    assert_eq!(
        found.collect::<Vec<_>>(),
        [
            "/replies/0: the reply is longer than 2000 characters",
            "/rules/0/node: the workflow has no node 'desk' of type 'ask'",
            "/webhooks: the workflow has no node 'day' of type 'webhook'",
            "/unanswered_transfers/0: the workflow has no node 'nobody' of type 'transfer'",
        ]
    );
}

#[test]
fn an_unknown_field_of_a_script_is_refused() {
    assert!(serde_json::from_value::<Script>(json!({ "reply": [] })).is_err());
}

/// A node between the start and the end. Its main edge leads to `forward`, its other edges lead to any nodes.
fn any_node(id: usize, forward: String, count: usize, kinds: std::ops::Range<u8>) -> impl Strategy<Value = Value> {
    (kinds, 0..count, 0..count, 0_u32..=5, any::<bool>()).prop_map(move |(kind, left, right, retries, flag)| {
        let (id, left, right) = (format!("n{id}"), format!("n{left}"), format!("n{right}"));
        let other = flag.then_some(left.clone());
        match kind {
            0 => json!({ "id": id, "type": "say", "text": "Say {{v}}", "next": forward }),
            1 => json!({ "id": id, "type": "ask", "text": "Ask {{v}}", "variable": "v", "retries": retries, "next": forward, "no_match": other,
                         "expect": (["any", "yes_no", "number", "digits"][(retries % 4) as usize]) }),
            2 => json!({ "id": id, "type": "branch", "variable": "v", "otherwise": forward,
                         "cases": [{ "when": { "any_of": ["yes"] }, "next": left }, { "when": { "at_least": 5 }, "next": right }] }),
            3 => json!({ "id": id, "type": "webhook", "url": "https://x.test/{{v}}", "save": { "w": "/w" }, "next": forward, "on_error": other }),
            4 => json!({ "id": id, "type": "transfer", "to": "+4930901820", "on_error": forward }),
            5 => json!({ "id": id, "type": "end", "outcome": "done" }),
            6 => json!({ "id": left, "type": "start", "next": right }),
            _ => json!({ "id": id, "type": "say", "text": "{{", "next": "gone" }),
        }
    })
}

/// A chain of nodes with further edges between them. With `kinds` below 5 a third to a half of the graphs are valid.
fn any_graph(kinds: std::ops::Range<u8>) -> impl Strategy<Value = Graph> {
    (1_usize..10).prop_flat_map(move |count| {
        let forward = |at: usize| if at + 1 < count { format!("n{}", at + 1) } else { "z".to_owned() };
        let nodes: Vec<_> = (0..count).map(|at| any_node(at, forward(at), count, kinds.clone())).collect();
        nodes.prop_map(|nodes| {
            let mut all = vec![json!({ "id": "start", "type": "start", "next": "n0" })];
            all.extend(nodes);
            all.push(json!({ "id": "z", "type": "end", "outcome": "done", "text": "Bye {{v}}" }));
            serde_json::from_value(json!({ "inputs": [{ "name": "v" }], "nodes": all })).expect("the graph reads")
        })
    })
}

fn any_script() -> impl Strategy<Value = Script> {
    let reply = prop_oneof![Just("yes"), Just("no"), Just("7"), Just("12 34"), Just(""), Just("repeat")]
        .prop_map(str::to_owned);
    let rule = prop::option::of(reply.clone());
    (
        prop::collection::vec(reply, 0..20),
        rule,
        prop::option::of(0_u32..10),
        prop::option::of(prop_oneof![Just(200), Just(500)]),
    )
        .prop_map(|(replies, always, hang_up_after, status)| Script {
            replies,
            rules: always.map(|reply| Rule { reply, ..Rule::default() }).into_iter().collect(),
            webhooks: status
                .map(|status| ("n1".to_owned(), WebhookAnswer { status, body: json!({ "w": 1 }) }))
                .into_iter()
                .collect(),
            unanswered_transfers: vec!["n2".to_owned()],
            hang_up_after,
            silent: false,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn validating_any_graph_and_running_it_never_panics(graph in any_graph(0..8), script in any_script()) {
        validate_graph(&graph);
        prop_assert!(run(&graph, &Variables::new(), &script).ended().is_some());
    }

    #[test]
    fn a_valid_graph_always_ends_in_time_and_is_never_found_broken(graph in any_graph(0..5), script in any_script()) {
        prop_assume!(validate_graph(&graph).is_empty());
        let execution = run(&graph, &Variables::new(), &script);
        let ended = execution.ended().cloned();
        prop_assert!(execution.steps() <= STEPS_MAX);
        prop_assert!(ended.is_some_and(|ended| ended.reason != Some(crate::execution::Reason::GraphBroken)));
        prop_assert!(execution.transcript().is_sorted_by_key(|line| line.at_ms));
        prop_assert_eq!(run(&graph, &Variables::new(), &script), execution);
    }

    #[test]
    fn a_valid_graph_never_goes_in_circles_without_the_callee(graph in any_graph(0..3)) {
        prop_assume!(validate_graph(&graph).is_empty());
        let execution = run(&graph, &Variables::new(), &Script::default());
        prop_assert!(execution.ended().is_some_and(|ended| ended.outcome != "failed"), "{:?}", execution.transcript());
    }
}
