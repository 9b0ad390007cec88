//! All steps of the demo, in order.

use freehold_web::demo::{Broken, Member, Play, Played, Request, Step, key_make, revocation, sign_up, who_am_i};

use super::{
    conversation::{live_conversation, sample_run},
    purchase::purchase,
    quota::{quota, replay, second_workflow, usage},
    stranger::stranger,
    workflow::{template_choose, workflow_make},
};

/// The name of A's organization.
const PRACTICE: &str = "Riverside Dental";

/// Runs all parts, in the order in which a customer would meet them.
pub(crate) async fn script(play: &mut Play) -> Played<()> {
    play.printer.part("A customer arrives");
    health(play).await?;
    let token = sign_up(play, "A", PRACTICE).await?;
    let organization = who_am_i(play, &token, PRACTICE).await?;
    let (key_id, key) = key_make(play, &token).await?;
    let ann = Member { token, key, key_id, organization };

    play.printer.part("An agent is built");
    let template = template_choose(play, &ann.key).await?;
    let workflow = workflow_make(play, &ann.key, &template).await?;

    play.printer.part("It talks");
    let run = sample_run(play, &ann.key, &workflow, &template).await?;
    let conversation = live_conversation(play, &ann.key, &workflow, &template).await?;

    play.printer.part("What is used is counted");
    usage(play, &ann.key).await?;
    replay(play, &ann.key, &workflow, &template).await?;
    second_workflow(play, &ann.key, &template).await;
    if quota(play, &ann.key, &workflow, &template).await? {
        play.printer.part("It is paid for");
        purchase(play, &ann.key, &workflow, &template).await?;
    }

    play.printer.part("Other organizations cannot see it");
    stranger(play, &ann, &workflow, &[run, conversation]).await?;

    play.printer.part("A lost key is worth nothing");
    revocation(play, &ann).await?;
    epilogue(play, &ann);
    Ok(())
}

async fn health(play: &mut Play) -> Played<()> {
    let step = Step::new("Does the server live?", Request::get("/healthz"), 200, "The process answers.");
    let Ok(answer) = play.step(step).await else {
        play.printer.note("Something else seems to listen there; --url names the server to play against.");
        return Err(Broken);
    };
    play.hold("it is a Freehold", "ok", answer.body.as_str().unwrap_or_default().trim());
    let step = Step::new("Can it work?", Request::get("/readyz"), 200, "The database answers, too.");
    play.step(step).await.map(drop)
}

fn epilogue(play: &mut Play, ann: &Member) {
    let base = play.client.base().to_owned();
    play.printer.part("What to do next");
    for line in [
        format!("  Read the API and try it    {base}/docs"),
        format!("  See what the plans hold    {base}/plans"),
        format!("  See what A pays            {base}/billing"),
        format!("  Give A a plan by hand      freehold plan {} pro", ann.organization.slug),
    ] {
        play.printer.last_words(&line);
    }
}
