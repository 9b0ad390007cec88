//! No answer reveals whether an address has an account.

use serde_json::{Value, json};

use super::{ADA, auth, confirming};
use crate::harness::app::{Answer, PASSWORD};

const NOBODY: &str = "nobody@example.org";

#[tokio::test]
async fn known_and_unknown_addresses_get_the_same_answers_again_and_again() {
    for (path, body) in [
        ("recover", json!({})),
        ("resend", json!({ "type": "signup" })),
        ("resend", json!({ "type": "email_change" })),
        ("otp", json!({})),
        ("magiclink", json!({})),
    ] {
        let app = confirming().await;
        app.somebody(ADA).await;
        app.advance_seconds(600);
        for step in 0..6 {
            let ask = async |email: &str| -> Answer {
                let mut body = body.clone();
                body["email"] = json!(email);
                auth(&app, path, &body).await
            };
            let (known, unknown) = (ask(ADA).await, ask(NOBODY).await);
            assert_eq!((known.status(), known.json()), (unknown.status(), unknown.json()), "{path} {step}");
            assert_eq!(known.header("retry-after"), unknown.header("retry-after"), "{path} {step}");
            app.advance_seconds(25);
        }
    }
}

#[tokio::test]
async fn signing_up_looks_the_same_again_and_again() {
    let app = confirming().await;
    app.somebody(ADA).await;
    app.advance_seconds(600);
    for step in 0..6 {
        let ask = async |email: &str| auth(&app, "signup", &json!({ "email": email, "password": PASSWORD })).await;
        let (known, unknown) = (ask(ADA).await, ask(NOBODY).await);
        assert_eq!(known.status(), unknown.status(), "{step}");
        assert_eq!(names(&known.json()), names(&unknown.json()), "{step}");
        app.advance_seconds(25);
    }
}

fn names(object: &Value) -> Vec<&String> {
    object.as_object().unwrap().keys().collect()
}

#[tokio::test]
async fn an_unknown_address_gets_no_mail_and_is_not_stored() {
    let app = confirming().await;
    app.somebody(ADA).await;
    app.advance_seconds(600);
    auth(&app, "recover", &json!({ "email": NOBODY })).await.expect(200);
    auth(&app, "recover", &json!({ "email": ADA })).await.expect(200);
    assert_eq!(app.count("select count(*) from freehold.mails where recipient = 'nobody@example.org'").await, 0);
    assert_eq!(app.count("select count(*) from auth.users").await, 1);
    // The waits are stored under digests, and deleted when they are over.
    assert_eq!(app.count("select count(*) from freehold.mail_requests").await, 2);
    app.advance_seconds(60);
    auth(&app, "recover", &json!({ "email": "another@example.org" })).await.expect(200);
    assert_eq!(app.count("select count(*) from freehold.mail_requests").await, 1);
}

#[tokio::test]
async fn where_sign_up_is_closed_a_link_is_answered_alike() {
    let setup = crate::harness::app::Setup::default().confirming().with_auth(|auth| auth.signup_disabled = true);
    let app = crate::harness::app::TestApp::with(setup).await;
    assert_eq!(auth(&app, "otp", &json!({ "email": NOBODY })).await.expect(200).text(), "{}");
    assert_eq!(app.count("select count(*) from auth.users").await, 0);
    assert_eq!(app.count("select count(*) from freehold.mails").await, 0);
    let body = json!({ "email": NOBODY, "password": PASSWORD });
    let refused = auth(&app, "signup", &body).await.refused(422, "signup_disabled");
    assert_eq!(refused.at("/msg"), "Signups not allowed for this instance");
}
