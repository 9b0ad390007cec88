//! Account enumeration: neither the answer, nor the work done for it, nor its time reveals whether an address has an
//! account.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::ADA;
use crate::harness::app::{Answer, PASSWORD, Served, Setup, TestApp};

const NOBODY: &str = "nobody@example.org";

/// The answer, without the values that differ each time.
fn shown(answer: &Answer) -> (u16, Value, String, String) {
    let mut body = answer.json();
    if let Some(fields) = body.as_object_mut() {
        for made_anew in ["id", "created_at", "updated_at", "confirmation_sent_at", "email", "user_metadata"] {
            fields.remove(made_anew);
        }
        // Supabase's own sign: applications check whether it is empty.
        fields.remove("identities");
        fields.remove("role");
    }
    let header = |name: &str| answer.header(name).to_owned();
    (answer.status(), body, header("x-sb-error-code"), header("retry-after"))
}

/// The answer, and the number of hashes it cost.
async fn asked(app: &Served, path: &str, body: &Value) -> ((u16, Value, String, String), u64) {
    let passwords = &app.backbone.identity.passwords;
    let before = passwords.hashed();
    let answer = app.post(&format!("/auth/v1/{path}")).json(body).send().await;
    (shown(&answer), passwords.hashed() - before)
}

#[tokio::test]
async fn known_and_unknown_addresses_get_the_same_answer_for_the_same_work() {
    let app = TestApp::with(Setup::default().confirming()).await;
    app.somebody(ADA).await;
    app.advance_seconds(120);
    for (path, body) in [
        ("token?grant_type=password", json!({ "password": "wrong password" })),
        ("token?grant_type=password", json!({ "password": "x".repeat(300) })),
        ("signup", json!({ "password": PASSWORD })),
        ("signup", json!({ "password": "short" })),
        ("otp", json!({})),
        ("recover", json!({})),
        ("resend", json!({ "type": "signup" })),
        ("verify", json!({ "type": "email", "token": "123456" })),
        ("verify", json!({ "type": "recovery", "token": "123456" })),
    ] {
        let of = |email: &str| {
            let mut body = body.clone();
            body["email"] = json!(email);
            body
        };
        let known = asked(&app, path, &of(ADA)).await;
        let unknown = asked(&app, path, &of(NOBODY)).await;
        assert_eq!(known, unknown, "{path} {body}");
        // The same when requested again at once.
        let known = asked(&app, path, &of(ADA)).await;
        let unknown = asked(&app, path, &of(NOBODY)).await;
        assert_eq!(known, unknown, "{path} {body}, again");
        app.advance_seconds(120);
        // A user whom a request has created would be known from here on.
        let admin = app.test.admin().await;
        admin.execute("delete from auth.users where email = $1", &[&NOBODY]).await.unwrap();
    }
}

#[tokio::test]
async fn the_cookie_way_tells_no_more() {
    let app = TestApp::with(Setup::default().confirming()).await;
    app.somebody(ADA).await;
    app.advance_seconds(120);
    for (path, body) in [("magic-link/request", json!({})), ("magic-link/verify", json!({ "token": "123456" }))] {
        let mut answers = Vec::new();
        for email in [ADA, NOBODY] {
            let mut body = body.clone();
            body["email"] = json!(email);
            let answer = app.post(&format!("/api/v1/auth/{path}")).json(&body).send().await;
            let mut text = answer.json();
            text.as_object_mut().unwrap().remove("trace_id");
            answers.push((answer.status(), text));
        }
        assert_eq!(answers[0], answers[1], "{path}");
    }
}

/// The work takes longer for some addresses than for others, so these answers are delayed to a common time.
/// `make bench` measures how constant the time is.
#[tokio::test]
async fn what_could_tell_who_has_an_account_is_answered_in_even_time() {
    let app = TestApp::with(Setup::default().confirming()).await;
    app.somebody(ADA).await;
    app.advance_seconds(120);
    for (path, body) in [
        ("auth/v1/token?grant_type=password", json!({ "password": "wrong password" })),
        ("auth/v1/otp", json!({})),
        ("auth/v1/otp", json!({ "create_user": false })),
        ("auth/v1/recover", json!({})),
        ("auth/v1/magiclink", json!({})),
        ("auth/v1/resend", json!({ "type": "signup" })),
        ("auth/v1/resend", json!({ "type": "email_change" })),
        ("auth/v1/verify", json!({ "type": "email", "token": "123456" })),
        ("api/v1/auth/magic-link/request", json!({})),
        ("api/v1/auth/magic-link/verify", json!({ "token": "123456" })),
    ] {
        for email in [ADA, NOBODY] {
            let mut body = body.clone();
            body["email"] = json!(email);
            let begun = Instant::now();
            app.post(&format!("/{path}")).json(&body).send().await;
            let took = begun.elapsed();
            assert!(took >= Duration::from_millis(50), "{path} for {email} answered after {took:?}");
        }
        app.advance_seconds(120);
    }
}
