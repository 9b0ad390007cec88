//! Reads usage, and runs until the plan's limit is reached.

use freehold_web::demo::{Answer, Badge, Broken, Play, Played, Request, Step, outcome};
use serde_json::{Value, json};

use super::{
    conversation::sample_request,
    workflow::{Template, Workflow},
};

/// The id of the meter of runs.
const CALLS: &str = "calls";
/// The most runs that the demo makes to reach a limit.
const PATIENCE: i64 = 1_000;

/// Reads and prints the usage of every meter.
pub(super) async fn usage(play: &mut Play, key: &Badge) -> Played<()> {
    let step = Step::new("What is used?", Request::get("/api/v1/usage").with(key), 200, "Counted when it happened:");
    let answer = play.step(step).await?;
    for meter in answer.list("/meters") {
        let (name, allowance) = (text(meter, "name"), text(meter, "allowance"));
        let (used, reserved) =
            (meter["used"].as_i64().unwrap_or_default(), meter["reserved"].as_i64().unwrap_or_default());
        let held = if reserved > 0 { format!(", {reserved} reserved") } else { String::new() };
        let until = text(meter, "period_end").split('T').next().unwrap_or_default();
        let until = if until.is_empty() { String::new() } else { format!("; counts from 0 again on {until}") };
        play.printer.note(&format!("{name}: {used} used{held}, the plan has {allowance}{until}"));
    }
    play.hold("the two conversations are counted", 2, used(&answer));
    Ok(())
}

/// Sends the same request twice with one Idempotency-Key: one run, one counted call.
pub(super) async fn replay(play: &mut Play, key: &Badge, workflow: &Workflow, template: &Template) -> Played<()> {
    let retry = format!("demo-{:016x}", u64::from_le_bytes(play.random.bytes()));
    let request = sample_request(workflow, key, template).retryable(&retry);
    let step = Step::new("A run that may be sent again", request.clone(), 201, "A third run.");
    let first = play.step(step).await?;
    let before = calls(play, key).await?;
    let meaning = "The answer of the first time: nothing was run, nothing was used.";
    let again = play.step(Step::new("The network lost the answer: send it again", request, 201, meaning)).await?;
    play.hold("it is the same run", first.text("/id"), again.text("/id"));
    play.hold("the answer says so: Idempotent-Replayed: true", "true", again.header("idempotent-replayed"));
    let after = calls(play, key).await?;
    play.hold(&format!("{} calls are used before and after", before.0), before.0, after.0);
    Ok(())
}

/// Creates one workflow more than the plan allows.
pub(super) async fn second_workflow(play: &mut Play, key: &Badge, template: &Template) {
    let usage = play.client.send(&Request::get("/api/v1/usage").with(key)).await;
    let unlimited = |meter: &Value| meter["meter"] == "workflows" && meter["limit"].is_null();
    if usage.is_ok_and(|usage| usage.list("/meters").iter().any(unlimited)) {
        play.printer.note("This server has workflows without an end, so nothing refuses a second one.");
        return;
    }
    let body = json!({ "name": "One too many", "template": template.id });
    let step = Step::new(
        "A second workflow",
        Request::post("/api/v1/workflows", body).with(key),
        402,
        "The plan has one. What exists is counted as well as what happens.",
    );
    if let Ok(answer) = play.step(step).await {
        play.printer.note(answer.text("/detail"));
        play.hold("the problem names the meter workflows", "workflows", answer.text("/meter"));
    }
}

/// Runs until the plan's limit refuses a run; returns whether it did so exactly at the limit.
pub(super) async fn quota(play: &mut Play, key: &Badge, workflow: &Workflow, template: &Template) -> Played<bool> {
    let (used, limit) = calls(play, key).await?;
    let Some(limit) = limit.filter(|limit| limit - used <= PATIENCE) else {
        play.printer.note("The plan of this server has more calls than a demo should make, so it does not say stop.");
        return Ok(false);
    };
    let request = sample_request(workflow, key, template);
    let step = Step::new(
        format!("Run until the plan says stop: {} more", limit - used),
        request.clone(),
        201,
        format!("All {limit} calls of the plan are used."),
    );
    play.announce(&step);
    run_through(play, &step, used..limit).await?;
    let meaning = "The plan does not reach, and the answer says what to do:";
    let answer = play.step(Step::new("One call more", request, 402, meaning)).await?;
    play.printer.problem(&answer.body);
    play.hold("the code for programs is quota_exceeded", "quota_exceeded", answer.text("/code"));
    play.hold(&format!("{limit} of {limit} are used"), limit, answer.number("/used").unwrap_or(-1));
    play.hold("the meter is calls", CALLS, answer.text("/meter"));
    let upgrade = answer.text("/upgrade_url").to_owned();
    play.printer.note(&format!("So: take a larger plan at {upgrade}, or wait for the next month."));
    play.hold("it says where to upgrade", true, upgrade.ends_with("/billing"));
    Ok(true)
}

async fn run_through(play: &mut Play, step: &Step, numbers: std::ops::Range<i64>) -> Played<()> {
    play.printer.progress_begin(CALLS);
    for number in numbers {
        let wrong = match play.client.send(&step.request).await {
            Ok(answer) if answer.status == step.expected => None,
            Ok(answer) => Some(outcome(&answer)),
            Err(why) => Some(format!("no answer: {why}")),
        };
        if let Some(wrong) = wrong {
            play.printer.progress_end();
            play.fail(&format!("{} for call {}", step.expected, number + 1), &wrong);
            return Err(Broken);
        }
        play.printer.progress(number + 1);
    }
    play.printer.progress_end();
    play.printer.good(step);
    Ok(())
}

/// The used calls and the limit; the request is not a step.
async fn calls(play: &mut Play, key: &Badge) -> Played<(i64, Option<i64>)> {
    match play.client.send(&Request::get("/api/v1/usage").with(key)).await {
        Ok(answer) if answer.status == 200 => {
            Ok((used(&answer), meter(&answer).and_then(|meter| meter["limit"].as_i64())))
        }
        Ok(answer) => {
            play.fail("the usage", &outcome(&answer));
            Err(Broken)
        }
        Err(why) => {
            play.fail("the usage", &why);
            Err(Broken)
        }
    }
}

fn meter(answer: &Answer) -> Option<&Value> {
    answer.list("/meters").iter().find(|meter| meter["meter"] == CALLS)
}

fn used(answer: &Answer) -> i64 {
    meter(answer).and_then(|meter| meter["used"].as_i64()).unwrap_or(-1)
}

fn text<'a>(meter: &'a Value, name: &str) -> &'a str {
    meter[name].as_str().unwrap_or_default()
}
