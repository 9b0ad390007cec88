//! Conversations: one with a script, and one in which the callee answers message by message.

use freehold_web::demo::{Answer, Badge, Play, Played, Request, Step, text};
use serde_json::{Value, json};

use super::workflow::{Template, Workflow};

/// What a live callee says after the first reply of the sample: it takes another path through the graph than the
/// sample.
const AGREES: &str = "Yes, I will be there.";

/// The request for the template's sample run.
pub(super) fn sample_request(workflow: &Workflow, key: &Badge, template: &Template) -> Request {
    let body = json!({ "inputs": template.inputs, "script": template.script });
    Request::post(format!("{}/runs", workflow.path()), body).with(key)
}

/// Runs the sample, and reads the run; returns the run's id.
pub(super) async fn sample_run(
    play: &mut Play,
    key: &Badge,
    workflow: &Workflow,
    template: &Template,
) -> Played<String> {
    let step = Step::new(
        "Run it with the sample callee",
        sample_request(workflow, key, template),
        201,
        "The graph was walked to its end; this was said:",
    );
    let answer = play.step(step).await?;
    play.printer.transcript(answer.list("/transcript"));
    play.printer.note(&summary(&answer));
    play.hold(
        &format!("it came to what the template says: {}", template.outcome),
        &template.outcome,
        answer.text("/outcome"),
    );
    let id = play.need(&answer, "/id")?;
    let request = Request::get(format!("/api/v1/runs/{id}")).with(key);
    let again =
        play.step(Step::new("The run, read back", request, 200, "The transcript is kept with the run.")).await?;
    play.hold("every line is there", answer.list("/transcript").len(), again.list("/transcript").len());
    Ok(id)
}

/// Starts a run whose callee answers message by message; returns the run's id.
pub(super) async fn live_conversation(
    play: &mut Play,
    key: &Badge,
    workflow: &Workflow,
    template: &Template,
) -> Played<String> {
    let body = json!({ "inputs": template.inputs, "live": true });
    let step = Step::new(
        "A live conversation begins",
        Request::post(format!("{}/runs", workflow.path()), body).with(key),
        201,
        "The agent has said its first words and waits. One call is reserved and not used yet.",
    );
    let mut answer = play.step(step).await?;
    let id = play.need(&answer, "/id")?;
    play.printer.transcript(answer.list("/transcript"));
    for (said, message) in messages(&template.script).into_iter().enumerate() {
        if answer.text("/status") != "in_progress" {
            break;
        }
        let heard = answer.list("/transcript").len();
        let title = if message["event"].is_null() { "The callee says something" } else { "The callee hangs up" };
        let request = Request::post(format!("/api/v1/runs/{id}/messages"), message).with(key);
        let meaning = if said == 0 { "The agent has gone on:" } else { "And on:" };
        answer = play.step(Step::new(title, request, 200, meaning)).await?;
        let spoken = answer.list("/transcript");
        play.printer.transcript(spoken.get(heard..).unwrap_or(spoken));
    }
    play.printer.note(&summary(&answer));
    play.hold("the conversation has ended", "completed", answer.text("/status"));
    Ok(id)
}

/// What the callee says, as messages.
fn messages(script: &Value) -> Vec<Value> {
    let first = script["replies"].as_array().and_then(|replies| replies.iter().find_map(Value::as_str));
    let spoken = first.into_iter().chain([AGREES]).map(|text| json!({ "text": text }));
    // If the graph asks more questions, the callee ends the call.
    spoken.chain([json!({ "event": "hang_up" })]).collect()
}

fn summary(answer: &Answer) -> String {
    let duration = text::clock(answer.number("/duration_ms").and_then(|ms| u64::try_from(ms).ok()).unwrap_or_default());
    let cost = text::money(answer.number("/cost/minor").unwrap_or_default(), answer.text("/cost/currency"));
    let success = if answer.body["success"] == true { "a success" } else { "no success" };
    format!(
        "Status {}, outcome {} ({success}), duration {duration}, cost {cost}.",
        answer.text("/status"),
        answer.text("/outcome")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_callee_begins_like_the_script_and_hangs_up_in_the_end() {
        let script = json!({ "replies": [{ "event": "silence" }, "Yes, speaking.", "No."] });
        let expected = [json!({ "text": "Yes, speaking." }), json!({ "text": AGREES }), json!({ "event": "hang_up" })];
        assert_eq!(messages(&script), expected);
        assert_eq!(messages(&json!({})), expected[1..]);
    }
}
