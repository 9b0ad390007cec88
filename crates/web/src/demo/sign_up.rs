//! A user signs up, confirms the address, and creates an API key.

use std::time::Duration;

use freehold_core::Secret;
use serde_json::json;

use super::{
    play::{Broken, Play, Played},
    step::{Answer, Badge, Request, Step},
    text,
};

/// How often the demo looks for a mail, and the pause in between: a server delivers mails once a second.
const LOOKS: usize = 50;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// A user who has signed up, with their organization and key.
pub struct Member {
    /// The user's access token.
    pub token: Badge,
    /// The organization's API key.
    pub key: Badge,
    /// The key's id.
    pub key_id: String,
    /// The organization that the sign-up created.
    pub organization: Organization,
}

/// The organization of a member.
pub struct Organization {
    /// Id of the organization.
    pub id: String,
    /// Its slug, the name in URLs.
    pub slug: String,
}

/// Signs up `who` with an organization; returns the access token.
pub async fn sign_up(play: &mut Play, who: &str, organization: &str) -> Played<Badge> {
    let email = format!("demo-{:016x}@freehold.test", u64::from_le_bytes(play.random.bytes()));
    let password = format!("demo {:032x}", u128::from_le_bytes(play.random.bytes()));
    let body = json!({ "email": email, "password": password, "data": { "organization": organization } });
    let answer = play
        .step(Step::new(
            format!("{who} signs up"),
            Request::post("/auth/v1/signup", body),
            200,
            "There is a person, who owns an organization.",
        ))
        .await?;
    let answer = if answer.text("/access_token").is_empty() {
        let code = code_find(play, who, &email).await?;
        let body = json!({ "type": "signup", "email": email, "token": code });
        let step = Step::new(
            format!("{who} confirms the address"),
            Request::post("/auth/v1/verify", body),
            200,
            "The code was right: here are an access token and a refresh token.",
        );
        play.step(step).await?
    } else {
        play.printer.note("This server does not ask users to confirm addresses: the answer was a session already.");
        answer
    };
    let token = play.need(&answer, "/access_token")?;
    Ok(Badge { name: format!("{who}'s token"), secret: Secret::new(token) })
}

/// Waits for the mail and returns its code.
async fn code_find(play: &mut Play, who: &str, email: &str) -> Played<String> {
    let request = Request::get(format!("/dev/mail/messages?to={email}"));
    let step = Step::new(format!("{who} looks into the mailbox"), request, 200, "The mail with the code has arrived.");
    play.announce(&step);
    for _ in 0..LOOKS {
        match play.client.send(&step.request).await {
            Ok(answer) if answer.status == 200 => {
                if let Some(code) = answer.body.pointer("/data/0/code").and_then(|code| code.as_str()) {
                    play.printer.good(&step);
                    return Ok(code.to_owned());
                }
            }
            other => {
                mailbox_closed(play, other);
                return Err(Broken);
            }
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    play.fail("a mail with a code", "none within 5 seconds");
    Err(Broken)
}

fn mailbox_closed(play: &mut Play, answer: Result<Answer, String>) {
    match answer {
        Ok(answer) if answer.status == 404 => {
            play.fail("the local mailbox", "404");
            play.printer.note(
                "This server does not show its mails here, so the demo cannot confirm an address. Play it on the \
                 server's own machine with mailbox = \"always\" in [mail] of freehold.toml, or start the server with \
                 FREEHOLD_AUTH_AUTOCONFIRM=true. Neither is for production.",
            );
        }
        Ok(answer) => play.fail("200", &answer.status.to_string()),
        Err(why) => play.fail("200", &format!("no answer: {why}")),
    }
}

/// Reads the user of the token, and the user's organization.
pub async fn who_am_i(play: &mut Play, token: &Badge, organization: &str) -> Played<Organization> {
    let step = Step::new(
        "Who am I, and where do I belong?",
        Request::get("/api/v1/me").with(token),
        200,
        "The token stands for one person, who owns one organization.",
    );
    let answer = play.step(step).await?;
    let place = |name: &str| answer.text(&format!("/organizations/0/{name}")).to_owned();
    let (name, role, plan) = (place("name"), place("role"), place("plan"));
    play.printer.note(&format!("{} is {role} of {name}, on the plan {plan}.", answer.text("/email")));
    let id = play.need(&answer, "/organizations/0/id")?;
    let slug = play.need(&answer, "/organizations/0/slug")?;
    let request = Request::get(format!("/api/v1/organizations/{id}")).with(token);
    let step =
        Step::new("The organization", request, 200, "An organization of their own: it has no data of other users.");
    let answer = play.step(step).await?;
    play.hold("its name is the one of the sign-up", organization, answer.text("/name"));
    Ok(Organization { id, slug })
}

/// Creates an API key; returns its id and the key.
pub async fn key_make(play: &mut Play, token: &Badge) -> Played<(String, Badge)> {
    let who = token.name.split('\'').next().unwrap_or_default().to_owned();
    let step = Step::new(
        format!("{who} makes a key for programs"),
        Request::post("/api/v1/keys", json!({ "name": "demo" })).with(token),
        201,
        "The key is shown this once; the server keeps only its digest.",
    );
    let answer = play.step(step).await?;
    let key = play.need(&answer, "/key")?;
    play.printer.note(&format!("{}  (the demo shows only its beginning)", text::masked(&key)));
    let id = play.need(&answer, "/id")?;
    Ok((id, Badge { name: format!("{who}'s key"), secret: Secret::new(key) }))
}
