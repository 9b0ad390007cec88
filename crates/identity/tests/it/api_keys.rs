//! API keys of organizations.

mod networks;
mod rotation;
mod usage;

use serde_json::{Value, json};

use crate::harness::app::{Answer, Ask, Person, Served, Setup, TestApp};

/// A server and an owner.
async fn scene() -> (TestApp, Person) {
    let app = TestApp::with(Setup::of("pharmacy")).await;
    let owner = app.owner().await;
    (app, owner)
}

/// Creates a key; returns its secret and its path.
async fn create(ask: impl Fn(Ask) -> Ask, app: &Served, body: Value) -> (String, String) {
    let made = ask(app.post("/api/v1/keys")).json(&body).send().await.expect(201);
    (made.at("/key"), format!("/api/v1/keys/{}", made.at("/id")))
}

/// The same by a user, with a name only.
async fn create_by(person: &Person, app: &Served) -> (String, String) {
    create(|ask| ask.person(person), app, json!({ "name": "program" })).await
}

/// Calls with a key.
async fn call(app: &Served, key: &str) -> Answer {
    app.get("/api/v1/usage").key(key).send().await
}
