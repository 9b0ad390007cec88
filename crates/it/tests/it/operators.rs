//! Operators of the server: their accounts, and what they do to organizations.

mod accounts;
mod audit;
mod background;
mod impersonation;
mod pages;
mod suspension;
mod tenants;
mod walk;

use freehold_operators::{
    OperatorRole,
    operator::{TokenSource, operator_create},
};
use serde_json::json;

use crate::harness::{
    AuthenticatorApp,
    app::{Answer, TestApp},
};

/// A password that an operator may have.
const PASSWORD: &str = "correct horse battery";

/// An operator who has signed in.
struct Operator {
    email: &'static str,
    token: String,
    phone: AuthenticatorApp,
}

/// The token with which a new operator sets up the account.
async fn invited(app: &TestApp, email: &str, role: OperatorRole) -> String {
    let source = TokenSource { vault: &app.backbone.vault, random: &app.backbone.random };
    let mut tx = app.backbone.db.system("test").begin().await.unwrap();
    let token = operator_create(&mut tx, source, email, role).await.unwrap();
    tx.commit().await.unwrap();
    token.expose().to_owned()
}

/// Sets up an account with this token, and signs in.
async fn set_up(app: &TestApp, email: &'static str, set_up: &str) -> Operator {
    let body = json!({ "token": set_up, "password": PASSWORD });
    let key = app.post("/operator/v1/set-up").json(&body).send().await.expect(200);
    assert_eq!(key.at("/email"), email);
    let phone = AuthenticatorApp::with_text("", &key.at("/secret"));
    let body = json!({ "token": set_up, "code": phone.code(app.clock()) });
    let token = app.post("/operator/v1/set-up/confirm").json(&body).send().await.expect(200).at("/token");
    // The code of the set-up is used up.
    app.advance_seconds(30);
    Operator { email, token, phone }
}

/// A new operator, who has signed in.
async fn operator(app: &TestApp, email: &'static str, role: OperatorRole) -> Operator {
    let token = invited(app, email, role).await;
    set_up(app, email, &token).await
}

/// An operator with the role `admin`.
async fn admin(app: &TestApp) -> Operator {
    operator(app, "root@example.org", OperatorRole::Admin).await
}

/// An operator with the role `support`.
async fn support(app: &TestApp) -> Operator {
    operator(app, "help@example.org", OperatorRole::Support).await
}

async fn sign_in(app: &TestApp, email: &str, password: &str, code: &str) -> Answer {
    let body = json!({ "email": email, "password": password, "code": code });
    app.post("/operator/v1/sign-in").json(&body).send().await
}
