use serde_json::{Value, json};

use super::*;

fn graph(nodes: Value) -> Graph {
    serde_json::from_value(json!({ "inputs": [{ "name": "name", "default": "there" }], "nodes": nodes }))
        .expect("the graph reads")
}

/// A graph that asks for yes or no and ends as `yes` or `no`; after one retry it continues at `no_match`.
fn question(no_match: Option<&str>) -> Graph {
    graph(json!([
        { "id": "start", "type": "start", "next": "greet" },
        { "id": "greet", "type": "say", "text": "Hello {{name}}!", "next": "ask" },
        { "id": "ask", "type": "ask", "text": "Shall I book?", "reprompt": "Yes or no?", "variable": "answer", "expect": "yes_no",
          "retries": 1, "next": "decide", "no_match": no_match },
        { "id": "decide", "type": "branch", "variable": "answer", "cases": [{ "when": { "equals": "yes" }, "next": "yes" }], "otherwise": "no" },
        { "id": "yes", "type": "end", "outcome": "booked", "text": "Booked." },
        { "id": "no", "type": "end", "outcome": "declined", "success": false },
        { "id": "sorry", "type": "end", "outcome": "unclear", "success": false },
    ]))
}

fn webhook(on_error: Option<&str>) -> Graph {
    graph(json!([
        { "id": "start", "type": "start", "next": "book" },
        { "id": "book", "type": "webhook", "url": "https://x.test/{{name}}?q=1", "send": ["name"], "next": "done", "on_error": on_error,
          "save": { "slot": "/slots/0", "seats": "/seats", "gone": "/gone", "none": "/none" } },
        { "id": "done", "type": "end", "outcome": "booked", "text": "See you {{slot}}." },
        { "id": "sorry", "type": "end", "outcome": "sorry", "success": false },
    ]))
}

fn transfer(to: &str, on_error: Option<&str>) -> Graph {
    graph(json!([
        { "id": "start", "type": "start", "next": "desk" },
        { "id": "desk", "type": "transfer", "to": to, "text": "One moment.", "on_error": on_error },
        { "id": "sorry", "type": "end", "outcome": "sorry", "success": false },
    ]))
}

fn start(graph: &Graph) -> Execution {
    Execution::start(graph, &Variables::new(), Pace::Simulated)
}

fn advance(execution: &mut Execution, graph: &Graph, event: Event) {
    execution.advance(graph, event, Pace::Simulated).expect("the run waits for this");
}

fn hear(execution: &mut Execution, graph: &Graph, text: &str) {
    advance(execution, graph, Event::Heard { text: text.to_owned() });
}

fn outcome(execution: &Execution) -> &str {
    execution.ended().map_or("", |ended| &ended.outcome)
}

fn lines(execution: &Execution) -> String {
    let lines = execution.transcript().iter();
    lines
        .map(|line| format!("{} {:?} [{}] {}", line.at_ms, line.speaker, line.node, line.text))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_run_speaks_until_it_needs_an_answer() {
    let graph = question(None);
    let execution = start(&graph);
    assert_eq!(
        serde_json::to_value(execution.state()).expect("the state writes"),
        json!({ "state": "waiting_for_reply", "node": "ask", "expect": "yes_no", "timeout_seconds": 8 })
    );
    insta::assert_snapshot!(lines(&execution), @r"
    300 Agent [greet] Hello there!
    1400 Agent [ask] Shall I book?
    ");
}

#[test]
fn an_answer_is_kept_in_its_plain_form_and_decides_the_way() {
    let graph = question(None);
    let mut execution = start(&graph);
    hear(&mut execution, &graph, "Sure, go ahead!");
    assert_eq!(execution.variables()["answer"], "yes");
    assert_eq!(
        serde_json::to_value(execution.state()).expect("the state writes"),
        json!({ "state": "ended", "outcome": "booked", "status": "completed", "success": true, "reason": null })
    );
}

#[test]
fn an_end_says_whether_it_is_a_success() {
    let graph = question(None);
    let mut execution = start(&graph);
    hear(&mut execution, &graph, "No, thanks");
    assert_eq!(execution.ended(), Some(&Ended::with("declined", false)));
}

#[test]
fn an_answer_of_another_kind_is_asked_for_again_and_then_given_up() {
    let graph = question(None);
    let mut execution = start(&graph);
    hear(&mut execution, &graph, "Bananas");
    assert_eq!(execution.transcript().last().map(|line| line.text.as_str()), Some("Yes or no?"));
    hear(&mut execution, &graph, "Apples");
    assert_eq!(outcome(&execution), "no_match");
    assert_eq!(execution.variables()["answer"], "");
}

#[test]
fn a_question_given_up_goes_where_no_match_leads() {
    let graph = question(Some("sorry"));
    let mut execution = start(&graph);
    advance(&mut execution, &graph, Event::Silence);
    advance(&mut execution, &graph, Event::Silence);
    assert_eq!(outcome(&execution), "unclear");
}

#[test]
fn a_callee_who_never_says_a_word_has_not_answered() {
    let graph = question(None);
    let mut execution = start(&graph);
    advance(&mut execution, &graph, Event::Silence);
    hear(&mut execution, &graph, "   ");
    assert_eq!(outcome(&execution), "no_answer");
    insta::assert_snapshot!(lines(&execution), @r"
    300 Agent [greet] Hello there!
    1400 Agent [ask] Shall I book?
    10600 System [ask] silence
    10900 Agent [ask] Yes or no?
    20100 System [ask] silence
    20100 System [ask] no usable answer after asking 2 times
    ");
}

#[test]
fn a_call_that_is_not_answered_ends_before_anything_is_said() {
    let graph = question(None);
    let execution = Execution::unanswered(&graph, &Variables::new());
    assert_eq!(outcome(&execution), "no_answer");
    assert_eq!(execution.elapsed_ms(), 0);
}

#[test]
fn a_callee_may_hang_up_whatever_the_run_waits_for() {
    for graph in [question(None), webhook(None), transfer("+4930901820", None)] {
        let mut execution = start(&graph);
        advance(&mut execution, &graph, Event::HungUp);
        assert_eq!(execution.ended(), Some(&Ended::with("hung_up", false)));
    }
}

#[test]
fn an_event_the_run_does_not_wait_for_is_refused_and_changes_nothing() {
    let graph = question(None);
    let mut execution = start(&graph);
    let before = execution.clone();
    let refused = execution.advance(&graph, Event::TransferConnected, Pace::Live { elapsed_ms: 9_000_000 });
    assert_eq!(refused, Err(Refused::Unexpected { waiting_for: "waiting_for_reply" }));
    assert_eq!(execution, before);
    advance(&mut execution, &graph, Event::HungUp);
    assert_eq!(execution.advance(&graph, Event::Silence, Pace::Simulated), Err(Refused::Ended));
}

#[test]
fn a_run_goes_on_from_its_json_as_if_it_had_never_stopped() {
    let graph = question(None);
    let mut straight = start(&graph);
    let stored = serde_json::to_string(&straight).expect("the run writes");
    let mut resumed: Execution = serde_json::from_str(&stored).expect("the run reads");
    for execution in [&mut straight, &mut resumed] {
        hear(execution, &graph, "What?");
        hear(execution, &graph, "Yes");
    }
    assert_eq!(straight, resumed);
}

#[test]
fn a_webhook_is_described_and_parts_of_its_answer_are_kept() {
    let graph = webhook(None);
    let inputs = Variables::from([("name".to_owned(), "Ada & Co".to_owned())]);
    let mut execution = Execution::start(&graph, &inputs, Pace::Simulated);
    assert_eq!(
        serde_json::to_value(execution.state()).expect("the state writes"),
        json!({ "state": "waiting_for_webhook", "node": "book", "method": "POST", "url": "https://x.test/Ada%20%26%20Co?q=1",
                "body": { "node": "book", "variables": { "name": "Ada & Co" } }, "timeout_seconds": 10 })
    );
    let body = json!({ "slots": ["Friday"], "seats": 4, "none": null });
    advance(&mut execution, &graph, Event::WebhookAnswered(WebhookAnswer { status: 201, body }));
    let kept = ["slot", "seats", "gone", "none"].map(|name| execution.variables()[name].as_str());
    assert_eq!(kept, ["Friday", "4", "", ""]);
    assert_eq!(lines(&execution), "250 System [book] webhook 'book' answered 201\n550 Agent [done] See you Friday.");
}

#[test]
fn a_webhook_that_fails_goes_where_on_error_leads_or_fails_the_run() {
    let events = [
        Event::WebhookAnswered(WebhookAnswer { status: 500, ..WebhookAnswer::default() }),
        Event::WebhookFailed { reason: "no answer in 10 seconds".to_owned() },
    ];
    for event in events {
        let graph = webhook(Some("sorry"));
        let mut execution = start(&graph);
        advance(&mut execution, &graph, event.clone());
        assert_eq!(outcome(&execution), "sorry");
        let graph = webhook(None);
        let mut execution = start(&graph);
        advance(&mut execution, &graph, event);
        assert_eq!(execution.ended(), Some(&Ended::failed(Reason::WebhookFailed)));
    }
}

#[test]
fn a_transfer_that_connects_ends_the_call() {
    let graph = transfer("+49 30 901820", None);
    let mut execution = start(&graph);
    assert_eq!(*execution.state(), State::WaitingForTransfer { node: "desk".to_owned(), to: "+4930901820".to_owned() });
    advance(&mut execution, &graph, Event::TransferConnected);
    assert_eq!(execution.ended(), Some(&Ended::with("transferred", true)));
}

#[test]
fn a_transfer_that_is_not_answered_continues_at_on_error_or_fails_the_run() {
    let failed = Event::TransferFailed { reason: "busy".to_owned() };
    let graph = transfer("+4930901820", Some("sorry"));
    let mut execution = start(&graph);
    advance(&mut execution, &graph, failed.clone());
    assert_eq!(outcome(&execution), "sorry");
    let graph = transfer("+4930901820", None);
    let mut execution = start(&graph);
    advance(&mut execution, &graph, failed);
    assert_eq!(execution.ended(), Some(&Ended::failed(Reason::TransferFailed)));
}

#[test]
fn a_transfer_to_a_variable_without_a_number_counts_as_not_taken() {
    let graph = transfer("{{name}}", Some("sorry"));
    assert_eq!(outcome(&start(&graph)), "sorry");
}

#[test]
fn a_run_that_goes_in_circles_is_stopped_and_says_so() {
    let graph = graph(json!([
        { "id": "start", "type": "start", "next": "a" },
        { "id": "a", "type": "say", "text": "Again.", "next": "b" },
        { "id": "b", "type": "say", "text": "And again.", "next": "a" },
    ]));
    let execution = start(&graph);
    assert_eq!(execution.ended(), Some(&Ended::failed(Reason::StepLimit)));
    assert_eq!(execution.steps(), STEPS_MAX);
    let last = execution.transcript().last().map(|line| line.text.as_str());
    assert_eq!(last, Some("the run was stopped after 1000 steps: the conversation went in circles"));
}

#[test]
fn a_run_that_calls_the_same_webhook_over_and_over_is_stopped_sooner() {
    let graph = graph(json!([
        { "id": "start", "type": "start", "next": "poll" },
        { "id": "poll", "type": "webhook", "url": "https://x.test", "next": "wait" },
        { "id": "wait", "type": "say", "text": "One moment.", "next": "poll" },
    ]));
    let mut execution = start(&graph);
    let mut calls = 0;
    while execution.ended().is_none() {
        calls += 1;
        advance(&mut execution, &graph, Event::WebhookAnswered(WebhookAnswer::default()));
    }
    assert_eq!(calls, REQUESTS_MAX);
    assert_eq!(execution.ended(), Some(&Ended::failed(Reason::RequestLimit)));
}

#[test]
fn a_line_that_stays_silent_in_a_loop_counts_as_hung_up() {
    let graph = graph(json!([
        { "id": "start", "type": "start", "next": "ask" },
        { "id": "ask", "type": "ask", "text": "Hello?", "variable": "x", "next": "more", "no_match": "more" },
        { "id": "more", "type": "say", "text": "I am still here.", "next": "ask" },
    ]));
    let mut execution = start(&graph);
    hear(&mut execution, &graph, "Yes?");
    while execution.ended().is_none() {
        advance(&mut execution, &graph, Event::Silence);
    }
    assert_eq!(outcome(&execution), "hung_up");
}

#[test]
fn a_graph_that_was_never_validated_fails_the_run_and_no_more() {
    let no_start = graph(json!([]));
    let no_target = graph(json!([{ "id": "start", "type": "start", "next": "gone" }]));
    for graph in [no_start, no_target] {
        assert_eq!(start(&graph).ended(), Some(&Ended::failed(Reason::GraphBroken)));
    }
    let whole = question(None);
    let mut execution = start(&whole);
    advance(&mut execution, &graph(json!([])), Event::Silence);
    assert_eq!(execution.ended(), Some(&Ended::failed(Reason::GraphBroken)));
}

#[test]
fn a_live_call_takes_the_time_it_takes_and_time_never_runs_back() {
    let graph = question(None);
    let mut execution = Execution::start(&graph, &Variables::new(), Pace::Live { elapsed_ms: 0 });
    let heard = |text: &str| Event::Heard { text: text.to_owned() };
    execution.advance(&graph, heard("What?"), Pace::Live { elapsed_ms: 5_000 }).expect("the run waits for a reply");
    execution.advance(&graph, heard("Yes"), Pace::Live { elapsed_ms: 4_000 }).expect("the run waits for a reply");
    let times: Vec<u64> = execution.transcript().iter().map(|line| line.at_ms).collect();
    assert_eq!(times, [0, 0, 5_000, 5_000, 5_000, 5_000]);
    assert_eq!(execution.elapsed_ms(), 5_000);
}

#[test]
fn inputs_that_are_missing_or_empty_take_their_default() {
    let graph = question(None);
    for inputs in [Variables::new(), Variables::from([("name".to_owned(), "  ".to_owned())])] {
        let execution = Execution::start(&graph, &inputs, Pace::Simulated);
        assert_eq!(execution.transcript()[0].text, "Hello there!");
    }
}

#[test]
fn what_is_kept_of_a_long_answer_is_bounded() {
    let graph = graph(json!([
        { "id": "start", "type": "start", "next": "ask" },
        { "id": "ask", "type": "ask", "text": "Well?", "variable": "x", "next": "done" },
        { "id": "done", "type": "end", "outcome": "done" },
    ]));
    let mut execution = start(&graph);
    hear(&mut execution, &graph, &"ä".repeat(5_000));
    assert_eq!(execution.variables()["x"].chars().count(), VALUE_MAX);
}
