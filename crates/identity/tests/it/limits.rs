//! Protection against guessing, flooding and impersonation.

mod cookies;
mod enumeration;
mod guessing;
mod hostile;
mod mails;
mod proxies;
mod rates;
mod redirects;
mod requests;
mod sweeps;

use serde_json::{Value, json};

use crate::harness::app::{Answer, PASSWORD, Served, Setup, TestApp};

const ADA: &str = "ada@example.org";
/// A network address that was not used before.
const ELSEWHERE: &str = "198.51.100.7:4711";

/// A server with rate limits, as in production.
async fn limited() -> TestApp {
    TestApp::with(Setup::default().with_auth(|auth| auth.limits.enabled = true)).await
}

/// Signs in from this network address.
async fn sign_in_from(app: &Served, peer: &str, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    app.post("/auth/v1/token?grant_type=password").json(&body).from(peer).send().await
}

/// Requests a mail from this network address.
async fn mail_from(app: &Served, peer: &str, email: &str) -> Answer {
    let body: Value = json!({ "email": email, "create_user": false });
    app.post("/auth/v1/otp").json(&body).from(peer).send().await
}

/// The address of one of many machines.
pub(super) fn machine(number: usize) -> String {
    format!("203.{}.{}.{}:40000", number / 62_500, number / 250 % 250, number % 250 + 1)
}

/// Signs in with the right password, from this network address.
async fn sign_in_right(app: &Served, peer: &str, email: &str) -> Answer {
    sign_in_from(app, peer, email, PASSWORD).await
}
