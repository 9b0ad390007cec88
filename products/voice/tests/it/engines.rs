//! Voice engines: runs are handed over by HTTP, and reported back.

mod callbacks;
mod campaigns;
mod cancelling;
mod example;
mod handover;
mod lost;
mod orders;
mod setting_up;
mod stand_in;

use freehold_core::Id;
use freehold_jobs::{Worker, WorkerSettings};
use freehold_outbound::{
    HeaderMap,
    signature::{Key, sign_headers},
};
use serde_json::{Value, json};
use stand_in::StandIn;
use tokio::{sync::watch, task::JoinHandle};

use super::{calls, greeting, owner, run};
use crate::harness::{
    app::{Answer, Ask, Person, Served, TestApp},
    eventually,
};

const CALLBACKS: &str = "/api/v1/engine-callbacks";

/// A worker for the product's jobs; stops when this is dropped.
struct Works(JoinHandle<()>);

impl Works {
    fn on(app: &Served) -> Self {
        let backbone = &app.backbone;
        let module = freehold_voice::MODULE;
        let worker = Worker::new(
            backbone.db.clone(),
            backbone.random.clone(),
            (module.jobs)(backbone),
            module.schedules.to_vec(),
            WorkerSettings::default(),
        );
        let (stop, stopping) = watch::channel(false);
        Self(tokio::spawn(async move {
            Box::pin(worker.run(stopping)).await;
            drop(stop);
        }))
    }
}

impl Drop for Works {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An owner with a workflow and an engine that the test simulates.
struct Scene {
    app: TestApp,
    owner: Person,
    workflow: String,
    engine: String,
    secret: String,
    stand_in: StandIn,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::with(crate::voice()).await;
        let owner = owner(&app).await;
        let workflow = greeting(&app, &owner).await;
        let stand_in = StandIn::new().await;
        let made = engine_create(&app, &owner, &stand_in.url).await;
        Self { app, owner, workflow, engine: made.at("/id"), secret: made.at("/secret"), stand_in }
    }

    /// Creates a run for the engine.
    async fn begin(&self) -> String {
        let made = run(&self.app, &self.owner, &self.workflow, &json!({ "channel": "http" })).await.expect(201);
        assert_eq!((made.at("/status"), made.at("/channel")), ("queued".into(), "http".into()));
        made.at("/id")
    }

    /// Creates a run, and waits until the engine has it.
    async fn taken(&self) -> String {
        let id = self.begin().await;
        self.becomes(&id, "in_progress").await;
        id
    }

    async fn read(&self, run: &str) -> Answer {
        self.app.get(&format!("/api/v1/runs/{run}")).key(&self.owner.key).send().await.expect(200)
    }

    /// Waits until the run has this status.
    async fn becomes(&self, run: &str, status: &str) -> Answer {
        eventually(&format!("the run is {status}"), async || self.read(run).await.at("/status") == status).await;
        self.read(run).await
    }

    /// Sends a report of the engine, signed with its secret.
    async fn report(&self, run: &str, reports: Value) -> Answer {
        signed(&self.app, &self.secret, &json!({ "run_id": run, "reports": reports })).send().await
    }

    async fn calls(&self) -> (i64, i64) {
        calls(&self.app, &self.owner).await
    }

    /// Number of events of this type.
    async fn events(&self, name: &str) -> i64 {
        self.app.count(&format!("select count(*) from freehold.events where type = '{name}'")).await
    }

    /// The outcome of the run that the engine is told.
    fn outcome(run: &Answer) -> (String, String, String) {
        (run.at("/status"), run.at("/outcome"), run.at("/success"))
    }
}

async fn engine_create(app: &Served, owner: &Person, url: &str) -> Answer {
    let body = json!({ "name": "Telephone", "url": url });
    app.post("/api/v1/engines").key(&owner.key).json(&body).send().await.expect(201)
}

/// A message to the server with this secret's signature and the present time.
fn signed(app: &Served, secret: &str, body: &Value) -> Ask {
    signed_at(app, secret, body, 0)
}

/// The same with a time this many seconds from now.
fn signed_at(app: &Served, secret: &str, body: &Value, seconds: i64) -> Ask {
    let body = body.to_string();
    let mut headers = HeaderMap::new();
    let at = app.clock().now() + jiff::SignedDuration::from_secs(seconds);
    let id = Id::<()>::new(uuid::Uuid::from_u128(7)).uuid().to_string();
    sign_headers(&mut headers, &[Key::parse(secret).unwrap()], &id, at, body.as_bytes());
    let mut ask = app.post(CALLBACKS).header("content-type", "application/json").bytes(body);
    for (name, value) in &headers {
        ask = ask.header(name.as_str(), value);
    }
    ask
}

fn progress(sequence: i64, stage: &str) -> Value {
    json!({ "type": "progress", "id": format!("r{sequence}"), "sequence": sequence, "stage": stage })
}

fn line(sequence: i64, speaker: &str, text: &str) -> Value {
    json!({ "type": "transcript", "id": format!("r{sequence}"), "sequence": sequence, "at_ms": sequence * 1_000,
            "speaker": speaker, "node": "hello", "text": text })
}

fn result(sequence: i64, outcome: &str) -> Value {
    json!({ "type": "result", "id": format!("r{sequence}"), "sequence": sequence, "status": "completed",
            "outcome": outcome, "success": true, "duration_ms": 61_000 })
}

fn failure(sequence: i64, outcome: &str) -> Value {
    json!({ "type": "result", "id": format!("r{sequence}"), "sequence": sequence, "status": "failed",
            "outcome": outcome, "duration_ms": 5_000 })
}
