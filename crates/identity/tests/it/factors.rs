//! Second factors, passkeys, and sessions, as Supabase Auth's clients expect them.

mod api;
mod authenticator;
mod guessing;
mod passkeys;
mod recovery_codes;
mod refresh_limits;
mod sessions;
mod totp;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::harness::{
    AuthenticatorApp,
    app::{Answer, Served, TestApp},
};

const ADA: &str = "ada@example.org";

/// A client's session.
#[derive(Clone, Debug)]
struct Session {
    token: String,
    refresh: String,
}

impl Session {
    fn of(answer: &Answer) -> Self {
        Self { token: answer.at("/access_token"), refresh: answer.at("/refresh_token") }
    }

    fn id(&self) -> String {
        self.claims()["session_id"].as_str().unwrap().to_owned()
    }

    fn claims(&self) -> Value {
        let payload = self.token.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }

    fn aal(&self) -> String {
        self.claims()["aal"].as_str().unwrap().to_owned()
    }

    /// The session's authentication methods, the latest first.
    fn methods(&self) -> Vec<String> {
        let claims = self.claims();
        let amr = claims["amr"].as_array().unwrap();
        amr.iter().map(|entry| entry["method"].as_str().unwrap().to_owned()).collect()
    }
}

/// A user who has just signed up.
async fn newcomer(app: &Served) -> Session {
    Session::of(&app.sign_up(ADA).await.expect(200))
}

/// The same user on another device.
async fn elsewhere(app: &Served) -> Session {
    Session::of(&app.sign_in(ADA).await.expect(200))
}

/// A POST below `/auth/v1` in this session.
async fn ask(app: &Served, session: &Session, path: &str, body: &Value) -> Answer {
    app.post(&format!("/auth/v1/{path}")).token(&session.token).json(body).send().await
}

/// Enrolls an authenticator app with this name.
async fn enroll(app: &Served, session: &Session, name: &str) -> Answer {
    ask(app, session, "factors", &json!({ "factor_type": "totp", "friendly_name": name })).await
}

/// Creates a challenge and returns its id.
async fn challenge(app: &Served, session: &Session, factor: &str) -> String {
    ask(app, session, &format!("factors/{factor}/challenge"), &json!({})).await.expect(200).at("/id")
}

/// Creates a challenge, and sends this code.
async fn show(app: &Served, session: &Session, factor: &str, code: &str) -> Answer {
    let challenge = challenge(app, session, factor).await;
    let body = json!({ "challenge_id": challenge, "code": code });
    ask(app, session, &format!("factors/{factor}/verify"), &body).await
}

/// A user with an authenticator app, in a session that has just used it. The next code is a new one.
async fn protected(app: &TestApp) -> (Session, AuthenticatorApp) {
    let session = newcomer(app).await;
    let phone = AuthenticatorApp::of(&enroll(app, &session, "Telephone").await.expect(200));
    let answer = show(app, &session, &phone.factor, &phone.code(app.clock())).await.expect(200);
    app.advance_seconds(30);
    (Session::of(&answer), phone)
}
