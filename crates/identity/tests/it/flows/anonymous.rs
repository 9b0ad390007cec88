//! Anonymous users, and how they add an address.

use serde_json::{Value, json};

use super::{ADA, auth, change, methods, type_code};
use crate::harness::app::{PASSWORD, Setup, TestApp};

async fn app(setup: Setup) -> TestApp {
    TestApp::with(setup.with_auth(|auth| auth.anonymous_users = true)).await
}

#[tokio::test]
async fn an_anonymous_user_signs_in_with_an_organization() {
    let app = app(Setup::default().confirming()).await;
    let session = auth(&app, "signup", &json!({ "data": { "color": "green" } })).await.expect(200);
    assert_eq!(session.json()["user"]["is_anonymous"], true);
    assert_eq!((session.at("/user/email"), session.at("/user/phone")), (String::new(), String::new()));
    assert_eq!(session.json()["user"]["identities"], json!([]));
    assert_eq!(session.json()["user"]["app_metadata"], json!({}));
    assert_eq!(session.at("/user/user_metadata/color"), "green");
    assert_eq!(methods(&session), ["anonymous"]);
    app.get("/api/v1/usage").token(&session.at("/access_token")).send().await.expect(200);
    app.refresh(&session.at("/refresh_token")).await.expect(200);
    let other = auth(&app, "signup", &json!({ "email": null, "phone": "" })).await.expect(200);
    assert_ne!(session.at("/user/id"), other.at("/user/id"));
}

#[tokio::test]
async fn where_they_are_not_wanted_they_are_told() {
    let app = TestApp::new().await;
    let refused = auth(&app, "signup", &json!({})).await.refused(422, "anonymous_provider_disabled");
    assert_eq!(refused.at("/msg"), "Anonymous sign-ins are disabled");
    let setup = Setup::default().with_auth(|auth| (auth.anonymous_users, auth.signup_disabled) = (true, true));
    let app = TestApp::with(setup).await;
    let refused = auth(&app, "signup", &json!({})).await.refused(422, "signup_disabled");
    assert_eq!(refused.at("/msg"), "Signups not allowed for this instance");
    assert_eq!(app.count("select count(*) from auth.users").await, 0);
}

#[tokio::test]
async fn an_anonymous_user_becomes_a_regular_one_once_the_address_is_confirmed() {
    let app = app(Setup::default().confirming()).await;
    let session = auth(&app, "signup", &json!({})).await.expect(200);
    let token = session.at("/access_token");
    let no_address = change(&app, &token, &json!({ "password": PASSWORD })).await.refused(400, "validation_failed");
    assert!(no_address.at("/msg").contains("anonymous user without an email"), "{no_address}");
    let user = change(&app, &token, &json!({ "email": ADA, "password": PASSWORD })).await.expect(200).json();
    assert_eq!((&user["is_anonymous"], &user["new_email"]), (&json!(true), &json!(ADA)));
    // There is only one address, so one confirmation is enough.
    let somebody = type_code(&app, "email_change", ADA, &app.code(ADA).await).await.expect(200);
    assert_eq!(somebody.at("/user/id"), session.at("/user/id"));
    check(&somebody.json()["user"]);
    let signed_in = app.sign_in(ADA).await.expect(200);
    assert_eq!(signed_in.at("/user/id"), session.at("/user/id"));
    assert_eq!(app.count("select count(*) from freehold.tenants").await, 1);
}

#[tokio::test]
async fn without_confirmation_an_anonymous_user_becomes_a_regular_one_at_once() {
    let app = app(Setup::default()).await;
    let session = auth(&app, "signup", &json!({})).await.expect(200);
    let user = change(&app, &session.at("/access_token"), &json!({ "email": ADA, "password": PASSWORD })).await;
    check(&user.expect(200).json());
    assert!(app.mails(ADA).await.is_empty());
    assert_eq!(app.sign_in(ADA).await.expect(200).at("/user/id"), session.at("/user/id"));
}

fn check(user: &Value) {
    assert_eq!((&user["is_anonymous"], &user["email"]), (&json!(false), &json!(ADA)));
    assert_eq!(user["app_metadata"], json!({ "provider": "email", "providers": ["email"] }));
    assert_eq!(user["identities"][0]["identity_data"]["email_verified"], true);
    assert!(user["email_confirmed_at"].is_string());
}
