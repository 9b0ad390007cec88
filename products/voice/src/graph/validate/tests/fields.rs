use serde_json::{Value, json};

use super::{ask, between, problems, say};

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
fn placeholders_are_closed_and_name_variables() {
    let nodes = json!([{ "id": "a", "type": "say", "text": "Hello {{First Name}} {{", "next": "z" }]);
    assert_eq!(
        between(nodes),
        [
            "/nodes/1/text: node 'a' has '{{First Name}}' in its 'text', which is no name of a variable (a-z, 0-9 and '_', beginning with a letter)",
            "/nodes/1/text: node 'a' has a '{{' in its 'text' that is never closed",
        ]
    );
}

#[test]
fn texts_are_neither_empty_nor_too_long() {
    let nodes = json!([{ "id": "a", "type": "say", "text": " ", "next": "b" }, { "id": "b", "type": "say", "text": "x".repeat(2_001), "next": "z" }]);
    assert_eq!(
        between(nodes),
        ["/nodes/1/text: node 'a' has no 'text'", "/nodes/2/text: node 'b' has a 'text' longer than 2000 characters",]
    );
}

#[test]
fn a_question_stays_within_its_limits() {
    let nodes = json!([{ "id": "a", "type": "ask", "text": "Well?", "variable": "My Answer", "retries": 6, "timeout_seconds": 0,
        "expect": "number", "min": 10, "max": 1, "next": "b" },
        { "id": "b", "type": "ask", "text": "Well?", "expect": "digits", "max": 0, "next": "c" },
        { "id": "c", "type": "ask", "text": "Well?", "variable": "x", "min": 1, "next": "z" }]);
    assert_eq!(
        between(nodes),
        [
            "/nodes/1/variable: node 'a' names the variable 'My Answer'; names begin with a letter and are made of a-z, 0-9 and '_', at most 64 characters",
            "/nodes/1/min: node 'a' has a 'min' of 10 above its 'max' of 1",
            "/nodes/1/retries: node 'a' asks again 6 times; at most 5 are allowed",
            "/nodes/1/timeout_seconds: node 'a' waits 0 seconds; 1 to 60 are allowed",
            "/nodes/2/variable: node 'b' names no variable: add 'variable'",
            "/nodes/2/max: node 'b' expects digits, but fewer than one",
            "/nodes/3/min: node 'c' has 'min', which is for 'expect' of 'number' or 'digits' only",
        ]
    );
}

#[test]
fn conditions_look_for_words() {
    let nodes = json!([ask("a", "b"), { "id": "b", "type": "branch", "variable": "answer", "otherwise": "z", "cases": [
        { "when": { "any_of": [] }, "next": "z" }, { "when": { "any_of": ["yes", "?!"] }, "next": "z" },
        { "when": { "equals": "x".repeat(201) }, "next": "z" }, { "when": { "contains": "" }, "next": "" } ] }]);
    assert_eq!(
        between(nodes),
        [
            "/nodes/2/cases/0/when/any_of: node 'b' looks for any of 0 phrases; 1 to 50 are allowed",
            "/nodes/2/cases/1/when/any_of/1: node 'b' looks for '?!', which has no words in it",
            "/nodes/2/cases/2/when/equals: node 'b' looks for a phrase longer than 100 characters",
            "/nodes/2/cases/3/when/contains: node 'b' looks for '', which has no words in it",
            "/nodes/2/cases/3/next: node 'b' leads nowhere: add 'next'",
        ]
    );
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
    assert_eq!(
        between(saves),
        [
            "/nodes/1/save/a~1b: node 'a' names the variable 'a/b'; names begin with a letter and are made of a-z, 0-9 and '_', at most 64 characters",
            "/nodes/1/save/slot: node 'a' saves 'slot' from 'slot', which is no JSON pointer: begin it with '/', as in '/slot/time'",
        ]
    );
}

#[test]
fn a_transfer_goes_to_a_number_and_never_to_what_the_callee_says() {
    for (to, problem) in [
        ("", "has no 'to'"),
        (
            "reception",
            "transfers to 'reception', which is not a number with its country code, as in '+4930901820', a 'sip:' address, or one variable",
        ),
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
        let nodes =
            json!([{ "id": "s", "type": "start", "next": "e" }, { "id": "e", "type": "end", "outcome": outcome }]);
        assert_eq!(problems(json!({ "nodes": nodes })), [format!("/nodes/1/outcome: node 'e' {problem}")]);
    }
}

#[test]
fn too_many_of_anything_is_told() {
    let nodes: Vec<Value> = (0..501).map(|at| say(&format!("n{at}"), "z")).collect();
    assert_eq!(problems(json!({ "nodes": nodes })), ["/nodes: the graph has 501 nodes; at most 500 are allowed"]);
    let cases: Vec<Value> = (0..51).map(|_| json!({ "when": { "equals": "x" }, "next": "z" })).collect();
    let nodes =
        json!([ask("a", "b"), { "id": "b", "type": "branch", "variable": "answer", "cases": cases, "otherwise": "z" }]);
    assert_eq!(between(nodes), ["/nodes/2/cases: node 'b' has 51 cases; at most 50 are allowed"]);
}
