mod fields;
mod flow;

use serde_json::{Value, json};

use super::*;

/// The problems of a graph as `pointer: message` lines.
fn problems(graph: Value) -> Vec<String> {
    let graph: Graph = serde_json::from_value(graph).expect("the graph reads");
    validate(&graph).into_iter().map(|problem| format!("{}: {}", problem.pointer, problem.message)).collect()
}

/// The problems of these nodes between a start that leads to `a` and an end called `z`.
fn between(nodes: Value) -> Vec<String> {
    let mut all = vec![json!({ "id": "start", "type": "start", "next": "a" })];
    all.extend(nodes.as_array().expect("nodes").clone());
    all.push(json!({ "id": "z", "type": "end", "outcome": "done" }));
    problems(json!({ "nodes": all }))
}

fn say(id: &str, next: &str) -> Value {
    json!({ "id": id, "type": "say", "text": "Hello", "next": next })
}

fn ask(id: &str, next: &str) -> Value {
    json!({ "id": id, "type": "ask", "text": "Well?", "variable": "answer", "next": next })
}

fn branch(id: &str, yes: &str, otherwise: &str) -> Value {
    json!({ "id": id, "type": "branch", "variable": "answer",
            "cases": [{ "when": { "any_of": ["yes"] }, "next": yes }], "otherwise": otherwise })
}

#[test]
fn a_graph_that_can_be_run_has_no_problems() {
    assert_eq!(between(json!([say("a", "b"), ask("b", "c"), branch("c", "z", "b")])), [""; 0]);
}

#[test]
fn an_empty_graph_has_no_start() {
    assert_eq!(problems(json!({ "nodes": [] })), ["/nodes: the graph has no start: add a node of type 'start'"]);
}

#[test]
fn all_problems_are_told_at_once() {
    insta::assert_snapshot!(
        problems(json!({
            "start": "begin",
            "nodes": [
                { "id": "start", "type": "start", "next": "greet" },
                { "id": "greet", "type": "say", "text": "Hello {{nam}}", "next": "decide" },
                { "id": "decide", "type": "branch", "variable": "answer", "cases": [] },
                { "id": "book", "type": "webhook", "url": "ftp://x", "next": "gone", "timeout_seconds": 99 },
                { "id": "Bye!", "type": "end" },
                { "type": "say" },
            ],
        }))
        .join("\n"),
        @r"
    /nodes/4/id: node 'Bye!' has an id that is not made of a-z, 0-9, '_' and '-', at most 64 characters
    /nodes/5/id: node number 6 (without an id) needs one: add 'id'
    /start: 'start' names 'begin', which is not there
    /nodes/2/cases: node 'decide' decides nothing: add 'cases'
    /nodes/2/otherwise: node 'decide' has no branch for when nothing matches: add 'otherwise'
    /nodes/3/url: node 'book' calls an address that is not http or https: begin it with 'https://'
    /nodes/3/timeout_seconds: node 'book' waits 99 seconds; 1 to 30 are allowed
    /nodes/4/outcome: node 'Bye!' ends without an outcome: add 'outcome'
    /nodes/5/text: node number 6 (without an id) has no 'text'
    /nodes/3/next: node 'book' leads to 'gone', which is not there
    /nodes/5/next: node number 6 (without an id) leads nowhere: add 'next'
    /nodes/3: node 'book' cannot be reached from the start
    /nodes/4: node 'Bye!' cannot be reached from the start
    /nodes/1/text: node 'greet' uses the variable 'nam', which nothing sets: declare it in 'inputs' or capture it in an 'ask'
    /nodes/2/variable: node 'decide' uses the variable 'answer', which nothing sets: declare it in 'inputs' or capture it in an 'ask'
    "
    );
}

#[test]
fn an_id_that_is_there_twice_is_told_at_the_second() {
    assert_eq!(
        between(json!([say("a", "z"), say("a", "z")])),
        ["/nodes/2/id: node 'a' is there twice: ids are unique in a graph"]
    );
}

#[test]
fn an_id_is_needed_and_of_few_letters() {
    let long = "x".repeat(65);
    assert_eq!(
        between(json!([say("a", "B"), say("B", &long), say(&long, "z")])),
        [
            "/nodes/2/id: node 'B' has an id that is not made of a-z, 0-9, '_' and '-', at most 64 characters"
                .to_owned(),
            format!(
                "/nodes/3/id: node '{long}' has an id that is not made of a-z, 0-9, '_' and '-', at most 64 characters"
            ),
        ]
    );
    assert_eq!(
        between(json!([say("a", "z"), { "type": "say", "text": "Hi", "next": "z" }])),
        ["/nodes/2/id: node number 3 (without an id) needs one: add 'id'"]
    );
}

#[test]
fn a_second_start_is_told() {
    assert_eq!(
        between(json!([say("a", "z"), { "id": "s", "type": "start", "next": "a" }])),
        ["/nodes/2/type: node 's' is a second start: the graph starts at node 'start'"]
    );
}

#[test]
fn the_start_that_is_named_must_be_one() {
    let nodes = json!([{ "id": "s", "type": "start", "next": "z" }, { "id": "z", "type": "end", "outcome": "done" }]);
    assert_eq!(problems(json!({ "start": "s", "nodes": nodes })), [""; 0]);
    assert_eq!(
        problems(json!({ "start": "z", "nodes": nodes })),
        ["/start: 'start' names 'z', which is of type 'end', not 'start'"]
    );
    assert_eq!(problems(json!({ "start": "x", "nodes": nodes })), ["/start: 'start' names 'x', which is not there"]);
}

#[test]
fn a_variable_that_nothing_sets_is_told() {
    let nodes = json!([{ "id": "a", "type": "say", "text": "Hello {{name}}, {{ name }}", "next": "z" }]);
    assert_eq!(
        between(nodes),
        [
            "/nodes/1/text: node 'a' uses the variable 'name', which nothing sets: declare it in 'inputs' or capture it in an 'ask'"
        ]
    );
}

#[test]
fn a_variable_that_is_only_set_later_is_told() {
    let nodes = json!([{ "id": "a", "type": "say", "text": "You said {{answer}}", "next": "b" }, ask("b", "z")]);
    assert_eq!(
        between(nodes),
        [
            "/nodes/1/text: node 'a' uses the variable 'answer', which is only set by node 'b', and that does not lead here"
        ]
    );
}

#[test]
fn a_variable_may_come_from_an_input_an_answer_or_a_webhook() {
    let nodes = json!([
        { "id": "s", "type": "start", "next": "a" },
        ask("a", "w"),
        { "id": "w", "type": "webhook", "url": "https://x.test/{{answer}}", "send": ["name"], "save": { "slot": "/slot" }, "next": "z" },
        { "id": "z", "type": "end", "outcome": "done", "text": "{{name}}, {{answer}}, {{slot}}" },
    ]);
    assert_eq!(problems(json!({ "inputs": [{ "name": "name" }], "nodes": nodes })), [""; 0]);
}

#[test]
fn variables_of_branches_and_webhooks_are_looked_at_as_well() {
    let nodes = json!([branch("a", "w", "z"), { "id": "w", "type": "webhook", "url": "https://x.test", "send": ["x"], "next": "z" }]);
    assert_eq!(
        between(nodes),
        [
            "/nodes/1/variable: node 'a' uses the variable 'answer', which nothing sets: declare it in 'inputs' or capture it in an 'ask'",
            "/nodes/2/send/0: node 'w' uses the variable 'x', which nothing sets: declare it in 'inputs' or capture it in an 'ask'",
        ]
    );
}

#[test]
fn inputs_have_good_names_and_are_there_once() {
    let nodes = json!([{ "id": "s", "type": "start", "next": "z" }, { "id": "z", "type": "end", "outcome": "done" }]);
    assert_eq!(
        problems(json!({ "inputs": [{ "name": "a" }, { "name": "a" }, { "name": "1" }], "nodes": nodes })),
        [
            "/inputs/1/name: the input 'a' is there twice",
            "/inputs/2/name: the input's name '1' must begin with a letter and be made of a-z, 0-9 and '_', at most 64 characters",
        ]
    );
}

#[test]
fn a_problem_names_its_node_by_id() {
    let graph: Graph = serde_json::from_value(json!({ "nodes": [say("a", "b")] })).expect("the graph reads");
    let nodes: Vec<_> = validate(&graph).into_iter().map(|problem| problem.node).collect();
    assert_eq!(nodes, [None, None, Some("a".to_owned())]);
}

#[test]
fn inputs_given_to_a_run_must_fit_the_graph() {
    let graph: Graph = serde_json::from_value(json!({ "nodes": [], "inputs": [
        { "name": "name", "required": true }, { "name": "greeting", "required": true, "default": "Hello" }, { "name": "extra" } ] }))
    .expect("the graph reads");
    let given: Variables =
        [("nam/e", "Ada".to_owned()), ("extra", "x".repeat(2_001))].map(|(k, v)| (k.to_owned(), v)).into();
    let found: Vec<_> =
        validate_inputs(&graph, &given).into_iter().map(|p| format!("{}: {}", p.pointer, p.message)).collect();
    assert_eq!(
        found,
        [
            "/inputs/name: the input 'name' is required",
            "/inputs/extra: the input 'extra' is longer than 2000 characters",
            "/inputs/nam~1e: the workflow has no input 'nam/e'",
        ]
    );
}
