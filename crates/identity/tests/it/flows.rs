//! Signing in with a password and by mail, and changes that users make to their account.

mod anonymous;
mod email_change;
mod known;
mod password;
mod per_tenant;
mod pkce;
mod reauthentication;
mod recovery;
mod resend;
mod verify;

use serde_json::{Value, json};

use crate::harness::app::{Answer, Served, Setup, TestApp};

const ADA: &str = "ada@example.org";
const NEW: &str = "ada@example.net";

/// A server where addresses must be confirmed, as in production.
async fn confirming() -> TestApp {
    TestApp::with(Setup::default().confirming()).await
}

async fn auth(app: &Served, path: &str, body: &Value) -> Answer {
    app.post(&format!("/auth/v1/{path}")).json(body).send().await
}

async fn change(app: &Served, token: &str, body: &Value) -> Answer {
    app.put("/auth/v1/user").token(token).json(body).send().await
}

/// Sends the code of a mail.
async fn type_code(app: &Served, kind: &str, email: &str, code: &str) -> Answer {
    auth(app, "verify", &json!({ "type": kind, "email": email, "token": code })).await
}

/// Sends the token of a link, as a program does.
async fn follow(app: &Served, kind: &str, token: &str) -> Answer {
    auth(app, "verify", &json!({ "type": kind, "token_hash": token })).await
}

/// A code other than the one in the mail.
fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

/// The authentication methods in the session's access token.
fn methods(session: &Answer) -> Vec<String> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let token = session.at("/access_token");
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["amr"].as_array().unwrap().iter().map(|amr| amr["method"].as_str().unwrap().to_owned()).collect()
}

/// Template of the newest mail.
async fn newest_mail(app: &Served, to: &str) -> String {
    let row = app.mails(to).await;
    row[0].mail.template().name.to_owned()
}
