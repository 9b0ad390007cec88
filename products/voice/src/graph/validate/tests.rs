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
        @""
    );
}

#[test]
fn a_node_that_cannot_be_reached_is_told() {
    assert_eq!(between(json!([say("a", "z"), say("b", "z")])), ["/nodes/2: node 'b' cannot be reached from the start"]);
}

#[test]
fn a_branch_without_otherwise_is_told() {
    let nodes = json!([ask("a", "b"), { "id": "b", "type": "branch", "variable": "answer",
        "cases": [{ "when": { "equals": "yes" }, "next": "z" }] }]);
    assert_eq!(
        between(nodes),
        ["/nodes/2/otherwise: node 'b' has no branch for when nothing matches: add 'otherwise'"]
    );
}

#[test]
fn a_branch_without_cases_is_told() {
    let nodes = json!([ask("a", "b"), { "id": "b", "type": "branch", "variable": "answer", "otherwise": "z" }]);
    assert_eq!(between(nodes), ["/nodes/2/cases: node 'b' decides nothing: add 'cases'"]);
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
    let asks_itself = json!([{ "id": "a", "type": "ask", "text": "Well?", "variable": "x", "next": "z", "no_match": "a" }]);
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
    assert_eq!(between(json!([ask("a", "b"), branch("b", "z", "c"), say("c", "gone")])), [
        "/nodes/3/next: node 'c' leads to 'gone', which is not there"
    ]);
    let no_next = json!([{ "id": "a", "type": "ask", "text": "Well?", "variable": "x", "no_match": "z" }]);
    assert_eq!(between(no_next), ["/nodes/1/next: node 'a' leads nowhere: add 'next'"]);
}

#[test]
fn an_id_that_is_there_twice_is_told_at_the_second() {
    assert_eq!(between(json!([say("a", "z"), say("a", "z")])), [
        "/nodes/2/id: node 'a' is there twice: ids are unique in a graph"
    ]);
}

#[test]
fn an_id_is_needed_and_of_few_letters() {
    let long = "x".repeat(65);
    assert_eq!(between(json!([say("a", "B"), say("B", &long), say(&long, "z")])), [
        "/nodes/2/id: node 'B' has an id that is not made of a-z, 0-9, '_' and '-', at most 64 characters".to_owned(),
        format!("/nodes/3/id: node '{long}' has an id that is not made of a-z, 0-9, '_' and '-', at most 64 characters"),
    ]);
    assert_eq!(between(json!([say("a", "z"), { "type": "say", "text": "Hi", "next": "z" }])), [
        "/nodes/2/id: node number 3 (without an id) needs one: add 'id'"
    ]);
}

#[test]
fn a_second_start_is_told() {
    assert_eq!(between(json!([say("a", "z"), { "id": "s", "type": "start", "next": "a" }])), [
        "/nodes/2/type: node 's' is a second start: the graph starts at node 'start'"
    ]);
}

#[test]
fn nothing_may_lead_to_the_start() {
    assert_eq!(between(json!([ask("a", "b"), branch("b", "z", "start")])), [
        "/nodes/2/otherwise: node 'b' leads to the start 'start', which nothing may lead to"
    ]);
}

#[test]
fn the_start_that_is_named_must_be_one() {
    let nodes = json!([{ "id": "s", "type": "start", "next": "z" }, { "id": "z", "type": "end", "outcome": "done" }]);
    assert_eq!(problems(json!({ "start": "s", "nodes": nodes })), [""; 0]);
    assert_eq!(problems(json!({ "start": "z", "nodes": nodes })), [
        "/start: 'start' names 'z', which is of type 'end', not 'start'"
    ]);
    assert_eq!(problems(json!({ "start": "x", "nodes": nodes })), ["/start: 'start' names 'x', which is not there"]);
}

#[test]
fn a_graph_without_an_end_is_told() {
    let nodes = json!([{ "id": "s", "type": "start", "next": "a" }, say("a", "b"), say("b", "a")]);
    assert_eq!(problems(json!({ "nodes": nodes })), [
        "/nodes: the graph has no end: add a node of type 'end' or 'transfer'",
        "/nodes/1: the cycle a -> b never reaches an end",
        "/nodes/0: node 's' can never reach an end: every way on from it goes in circles",
    ]);
}

#[test]
fn a_transfer_is_an_end() {
    let nodes = json!([{ "id": "s", "type": "start", "next": "t" }, { "id": "t", "type": "transfer", "to": "+4930901820" }]);
    assert_eq!(problems(json!({ "nodes": nodes })), [""; 0]);
}

#[test]
fn a_variable_that_nothing_sets_is_told() {
    let nodes = json!([{ "id": "a", "type": "say", "text": "Hello {{name}}, {{ name }}", "next": "z" }]);
    assert_eq!(between(nodes), [
        "/nodes/1/text: node 'a' uses the variable 'name', which nothing sets: declare it in 'inputs' or capture it in an 'ask'"
    ]);
}

#[test]
fn a_variable_that_is_only_set_later_is_told() {
    let nodes = json!([{ "id": "a", "type": "say", "text": "You said {{answer}}", "next": "b" }, ask("b", "z")]);
    assert_eq!(between(nodes), [
        "/nodes/1/text: node 'a' uses the variable 'answer', which is only set by node 'b', and that does not lead here"
    ]);
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
    assert_eq!(between(nodes), [
        "/nodes/1/variable: node 'a' uses the variable 'answer', which nothing sets: declare it in 'inputs' or capture it in an 'ask'",
        "/nodes/2/send/0: node 'w' uses the variable 'x', which nothing sets: declare it in 'inputs' or capture it in an 'ask'",
    ]);
}

#[test]
fn placeholders_are_closed_and_name_variables() {
    let nodes = json!([{ "id": "a", "type": "say", "text": "Hello {{First Name}} {{", "next": "z" }]);
    assert_eq!(between(nodes), [
        "/nodes/1/text: node 'a' has '{{First Name}}' in its 'text', which is no name of a variable (a-z, 0-9 and '_', beginning with a letter)",
        "/nodes/1/text: node 'a' has a '{{' in its 'text' that is never closed",
    ]);
}

#[test]
fn texts_are_neither_empty_nor_too_long() {
    let nodes = json!([{ "id": "a", "type": "say", "text": " ", "next": "b" }, { "id": "b", "type": "say", "text": "x".repeat(2_001), "next": "z" }]);
    assert_eq!(between(nodes), [
        "/nodes/1/text: node 'a' has no 'text'",
        "/nodes/2/text: node 'b' has a 'text' longer than 2000 characters",
    ]);
}

#[test]
fn a_question_stays_within_its_limits() {
    let nodes = json!([{ "id": "a", "type": "ask", "text": "Well?", "variable": "My Answer", "retries": 6, "timeout_seconds": 0,
        "expect": "number", "min": 10, "max": 1, "next": "b" },
        { "id": "b", "type": "ask", "text": "Well?", "expect": "digits", "max": 0, "next": "c" },
        { "id": "c", "type": "ask", "text": "Well?", "variable": "x", "min": 1, "next": "z" }]);
    assert_eq!(between(nodes), [
        "/nodes/1/variable: node 'a' names the variable 'My Answer'; names begin with a letter and are made of a-z, 0-9 and '_', at most 64 characters",
        "/nodes/1/min: node 'a' has a 'min' of 10 above its 'max' of 1",
        "/nodes/1/retries: node 'a' asks again 6 times; at most 5 are allowed",
        "/nodes/1/timeout_seconds: node 'a' waits 0 seconds; 1 to 60 are allowed",
        "/nodes/2/variable: node 'b' names no variable: add 'variable'",
        "/nodes/2/max: node 'b' expects digits, but fewer than one",
        "/nodes/3/min: node 'c' has 'min', which is for 'expect' of 'number' or 'digits' only",
    ]);
}

#[test]
fn conditions_look_for_words() {
    let nodes = json!([ask("a", "b"), { "id": "b", "type": "branch", "variable": "answer", "otherwise": "z", "cases": [
        { "when": { "any_of": [] }, "next": "z" }, { "when": { "any_of": ["yes", "?!"] }, "next": "z" },
        { "when": { "equals": "x".repeat(201) }, "next": "z" }, { "when": { "contains": "" }, "next": "" } ] }]);
    assert_eq!(between(nodes), [
        "/nodes/2/cases/0/when/any_of: node 'b' looks for any of 0 phrases; 1 to 100 are allowed",
        "/nodes/2/cases/1/when/any_of/1: node 'b' looks for '?!', which has no words in it",
        "/nodes/2/cases/2/when/equals: node 'b' looks for a phrase longer than 200 characters",
        "/nodes/2/cases/3/when/contains: node 'b' looks for '', which has no words in it",
        "/nodes/2/cases/3/next: node 'b' leads nowhere: add 'next'",
    ]);
}

#[test]
fn a_webhook_has_an_address_whose_host_is_written_out() {
    for (url, problem) in [
        ("ftp://x.test", "calls an address that is not http or https: begin it with 'https://'"),
        ("javascript:alert(1)", "calls an address that is not http or https: begin it with 'https://'"),
        ("https:///path", "calls an address without a host"),
        ("https://{{answer}}/x", "has a variable in the host of its address: write the host out"),
        ("https://me:secret@x.test", "has a user name or password in its address: leave it out"),
        ("https://x.test/a b", "has a space in its address"),
        ("", "has no 'url'"),
    ] {
        let nodes = json!([ask("a", "w"), { "id": "w", "type": "webhook", "url": url, "next": "z" }]);
        assert_eq!(between(nodes), [format!("/nodes/2/url: node 'w' {problem}")]);
    }
    let saves = json!([{ "id": "a", "type": "webhook", "url": "HTTPS://x.test", "save": { "a/b": "", "slot": "slot" }, "next": "z" }]);
    assert_eq!(between(saves), [
        "/nodes/1/save/a~1b: node 'a' names the variable 'a/b'; names begin with a letter and are made of a-z, 0-9 and '_', at most 64 characters",
        "/nodes/1/save/slot: node 'a' saves 'slot' from 'slot', which is no JSON pointer: begin it with '/', as in '/slot/time'",
    ]);
}

#[test]
fn a_transfer_goes_to_a_number_and_never_to_what_the_callee_says() {
    for (to, problem) in [
        ("", "has no 'to'"),
        ("reception", "transfers to 'reception', which is not a number with its country code, as in '+4930901820', a 'sip:' address, or one variable"),
        ("{{answer}}", "transfers to what the callee says in node 'a': use an input or a webhook's answer"),
    ] {
        let nodes = json!([ask("a", "t"), { "id": "t", "type": "transfer", "to": to, "on_error": "z" }]);
        assert_eq!(between(nodes), [format!("/nodes/2/to: node 't' {problem}")]);
    }
}

#[test]
fn an_end_has_an_outcome_that_is_not_the_calls_own() {
    for (outcome, problem) in [
        ("", "ends without an outcome: add 'outcome'"),
        ("Booked!", "ends as 'Booked!'; outcomes are made of a-z, 0-9, '_' and '-', at most 64 characters"),
        ("transferred", "ends as 'transferred', which only the call itself can tell"),
    ] {
        let nodes = json!([{ "id": "s", "type": "start", "next": "e" }, { "id": "e", "type": "end", "outcome": outcome }]);
        assert_eq!(problems(json!({ "nodes": nodes })), [format!("/nodes/1/outcome: node 'e' {problem}")]);
    }
}

#[test]
fn inputs_have_good_names_and_are_there_once() {
    let nodes = json!([{ "id": "s", "type": "start", "next": "z" }, { "id": "z", "type": "end", "outcome": "done" }]);
    assert_eq!(problems(json!({ "inputs": [{ "name": "a" }, { "name": "a" }, { "name": "1" }], "nodes": nodes })), [
        "/inputs/1/name: the input 'a' is there twice",
        "/inputs/2/name: the input's name '1' must begin with a letter and be made of a-z, 0-9 and '_', at most 64 characters",
    ]);
}

#[test]
fn too_many_of_anything_is_told() {
    let nodes: Vec<Value> = (0..501).map(|at| say(&format!("n{at}"), "z")).collect();
    assert_eq!(problems(json!({ "nodes": nodes })), ["/nodes: the graph has 501 nodes; at most 500 are allowed"]);
    let cases: Vec<Value> = (0..51).map(|_| json!({ "when": { "equals": "x" }, "next": "z" })).collect();
    let nodes = json!([ask("a", "b"), { "id": "b", "type": "branch", "variable": "answer", "cases": cases, "otherwise": "z" }]);
    assert_eq!(between(nodes), ["/nodes/2/cases: node 'b' has 51 cases; at most 50 are allowed"]);
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
    let given: Variables = [("nam/e", "Ada".to_owned()), ("extra", "x".repeat(2_001))].map(|(k, v)| (k.to_owned(), v)).into();
    let found: Vec<_> = validate_inputs(&graph, &given).into_iter().map(|p| format!("{}: {}", p.pointer, p.message)).collect();
    assert_eq!(found, [
        "/inputs/name: the input 'name' is required",
        "/inputs/extra: the input 'extra' is longer than 2000 characters",
        "/inputs/nam~1e: the workflow has no input 'nam/e'",
    ]);
}
