//! Sign-in as Supabase Auth's clients expect it.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod addresses;
mod admin;
mod api_keys;
mod client;
mod codes;
mod confirm;
mod errors;
mod factors;
mod flows;
mod invitations;
mod keys;
mod limits;
mod links;
mod mailbox;
mod providers;
mod refresh;
mod sign_in;
mod sign_up;
mod tokens;
mod user;

use freehold_testing as harness;

use serde_json::{Value, json};

use crate::harness::app::{Answer, Served, Setup, TestApp};

const ADA: &str = "ada@example.org";

/// A server where addresses must be confirmed, as in production.
async fn confirming() -> TestApp {
    TestApp::with(Setup::default().confirming()).await
}

async fn auth(app: &Served, path: &str, body: &Value) -> Answer {
    app.post(&format!("/auth/v1/{path}")).json(body).send().await
}

/// Sends the code of a mail.
async fn type_code(app: &Served, email: &str, code: &str) -> Answer {
    auth(app, "verify", &json!({ "type": "signup", "email": email, "token": code })).await
}

/// A code other than the one in the mail.
fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}
