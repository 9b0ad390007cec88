//! A key is revoked, and refused within a second.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    play::{Broken, Play, Played},
    print::outcome,
    sign_up::Member,
    step::{Request, Step},
};

/// The time within which every server refuses a revoked key.
const WITHIN: Duration = Duration::from_secs(1);
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Revokes the key and sends requests with it until it is refused.
pub async fn revocation(play: &mut Play, ann: &Member) -> Played<()> {
    let request = Request::delete(format!("/api/v1/keys/{}", ann.key_id)).with(&ann.token);
    let step = Step::new("A revokes the key", request, 200, "It is kept in the list, with the time of its end.");
    let answer = play.step(step).await?;
    play.hold("the time of its end is there", true, !answer.text("/revoked_at").is_empty());

    let request = Request::get("/api/v1/usage").with(&ann.key);
    let step = Step::new("A finder of the key tries it", request, 401, "The key is refused.");
    play.announce(&step);
    let revoked = Instant::now();
    loop {
        let (tried, asked) = (play.client.send(&step.request).await, revoked.elapsed());
        match tried {
            Ok(answer) if answer.status == step.expected => {
                play.printer.good(&step);
                play.printer.note(&format!("{} ms after it was revoked", asked.as_millis()));
                return Ok(());
            }
            Ok(_) if asked < WITHIN => tokio::time::sleep(BETWEEN_TRIES).await,
            Ok(answer) => {
                play.fail("401 within a second", &outcome(&answer));
                return Err(Broken);
            }
            Err(why) => {
                play.fail("401 within a second", &format!("no answer: {why}"));
                return Err(Broken);
            }
        }
    }
}
