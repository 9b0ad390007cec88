//! Pages, mails and invitations.

mod counting;
mod factor;
mod inviting;
mod joining;
mod links;
mod pages;
mod seats;
mod wording;

use serde_json::json;

use crate::harness::app::{Answer, Person, Served};

const ADA: &str = "ada@example.org";

/// Invites an address.
async fn invite(app: &Served, by: &Person, email: &str, role: &str) -> Answer {
    let body = json!({ "email": email, "role": role });
    app.post("/api/v1/invitations").person(by).json(&body).send().await
}

/// The token in the newest invitation to an address.
async fn token(app: &Served, email: &str) -> String {
    let mails = app.mails(email).await;
    let newest = mails.iter().find(|mail| mail.mail.template().name == "organization_invitation").unwrap();
    newest.mail.link().unwrap().split_once("token=").unwrap().1.to_owned()
}

async fn accept(app: &Served, access_token: &str, token: &str) -> Answer {
    app.post("/api/v1/invitations/accept").token(access_token).json(&json!({ "token": token })).send().await
}

/// Encodes a form value.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
