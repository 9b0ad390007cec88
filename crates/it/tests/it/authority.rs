//! Derived authority: the limits of keys, invitations and replayed answers when their giver has lost rights.
//!
//! [`keys`], [`invitations`], [`roles`] and [`replays`] test single faults, [`standing`] operations that work whatever the
//! standing of the organization, [`upgrade`] rows from before, [`sequences`] random sequences against a model.

mod invitations;
mod keys;
mod replays;
mod roles;
mod sequences;
mod standing;
mod upgrade;

use freehold_compose as compose;
use freehold_core::Role;
use freehold_jobs::{Worker, WorkerSettings};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::harness::{
    app::{Answer, Person, Served, TestApp},
    eventually,
};

/// Creates a key as this caller.
async fn key_create(app: &Served, by: By<'_>, body: &Value) -> Answer {
    by.ask(app.post("/api/v1/keys")).json(body).send().await
}

/// The key of an answer, with its id.
fn key_of(made: Answer) -> (String, String) {
    let made = made.expect(201);
    (made.at("/key"), made.at("/id"))
}

/// The sender of a request.
#[derive(Clone, Copy)]
enum By<'a> {
    Person(&'a Person),
    Key(&'a str),
}

impl By<'_> {
    fn ask(self, ask: crate::harness::app::Ask) -> crate::harness::app::Ask {
        match self {
            Self::Person(person) => ask.person(person),
            Self::Key(key) => ask.key(key),
        }
    }
}

fn member_path(owner: &Person, whom: &Person) -> String {
    format!("/api/v1/organizations/{}/members/{}", owner.organization, whom.id)
}

async fn change_role(app: &Served, owner: &Person, whom: &Person, role: Role) {
    let body = json!({ "role": role.name() });
    app.patch(&member_path(owner, whom)).person(owner).json(&body).send().await.expect(200);
}

/// Bans a user, as an operator does.
async fn ban(app: &TestApp, whom: &Person, until: &str) {
    let ban = format!("update auth.users set banned_until = timestamptz '{until}' where id = '{}'", whom.id);
    app.test.admin().await.batch_execute(&ban).await.unwrap();
    app.backbone.resolver.forget();
}

/// Runs all waiting jobs.
async fn run_jobs(app: &TestApp) {
    let backbone = &app.backbone;
    let handlers = compose::handlers(backbone);
    let (db, random) = (backbone.db.clone(), app.test.random.clone());
    let worker = Worker::new(db, random, handlers, Vec::new(), WorkerSettings::default());
    let (stop, stopping) = watch::channel(false);
    let working = tokio::spawn(worker.run(stopping));
    let waiting = "select count(*) from freehold.jobs where state in ('waiting', 'running')";
    eventually("no job waits", async || app.count(waiting).await == 0).await;
    stop.send_replace(true);
    working.await.unwrap();
}
