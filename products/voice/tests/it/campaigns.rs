//! Campaigns: a workflow over a list of contacts, called by workers.

mod calling;
mod commands;
mod exact;
mod limits;
mod lists;
mod rights;
mod spreadsheets;
mod watching;

use std::time::{Duration, Instant};

use freehold_jobs::{Worker, WorkerSettings};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};

use super::{calls, workflow};
use crate::graph;
use crate::harness::{
    CEILING,
    app::{Answer, Ask, Person, Served, TestApp},
    eventually,
};

/// An owner on the plan pro with the workflow of the small graph.
pub(super) struct Scene {
    pub(super) app: TestApp,
    pub(super) owner: Person,
    workflow: String,
}

/// Workers for the product's jobs. Dropping them is like a power cut.
pub(super) struct Works(Vec<JoinHandle<()>>);

impl Works {
    pub(super) fn on(app: &Served, count: usize) -> Self {
        Self((0..count).map(|_| Self::one(app)).collect())
    }

    /// A worker with short waits, and a lease that the test's clock decides.
    fn one(app: &Served) -> JoinHandle<()> {
        let (poll, beat) = (Duration::from_millis(10), Duration::from_millis(20));
        let settings = WorkerSettings { poll, beat, lease: Duration::from_mins(1), ..WorkerSettings::default() };
        let (backbone, module) = (&app.backbone, freehold_voice::MODULE);
        let worker = Worker::new(
            backbone.db.clone(),
            backbone.random.clone(),
            (module.jobs)(backbone),
            module.schedules.to_vec(),
            settings,
        );
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(async move {
            Box::pin(worker.run(stopping)).await;
            drop(stop);
        })
    }
}

impl Drop for Works {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl Scene {
    pub(super) async fn new() -> Self {
        let app = TestApp::with(crate::voice()).await;
        let owner = app.owner().await;
        let scene = Self { workflow: String::new(), app, owner };
        scene.plan("pro").await;
        let workflow = workflow(&scene.app, &scene.owner, &graph()).await;
        Self { workflow, ..scene }
    }

    async fn plan(&self, plan: &str) {
        self.app.put_on_plan(&self.owner, plan, 1).await;
        self.app.backbone.resolver.forget();
    }

    pub(super) fn get(&self, path: &str) -> Ask {
        self.app.get(&format!("/api/v1{path}")).key(&self.owner.key)
    }

    pub(super) fn post(&self, path: &str) -> Ask {
        self.app.post(&format!("/api/v1{path}")).key(&self.owner.key)
    }

    /// Requests a campaign of the workflow, with these additional fields.
    pub(super) async fn make(&self, fields: &Value) -> Answer {
        let mut body = json!({ "name": "Recall", "workflow_id": self.workflow });
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.post("/campaigns").json(&body).send().await
    }

    /// Creates a draft with this many contacts.
    pub(super) async fn draft(&self, fields: &Value, contacts: usize) -> String {
        let id = self.make(fields).await.expect(201).at("/id");
        let added = self.add(&id, &list(0..contacts)).await.expect(201);
        assert_eq!((added.at("/added"), added.at("/refused")), (contacts.to_string(), "0".into()));
        id
    }

    /// Uploads a file of contacts.
    async fn add(&self, id: &str, file: &str) -> Answer {
        self.upload(id, file).send().await
    }

    fn upload(&self, id: &str, file: impl AsRef<[u8]>) -> Ask {
        self.post(&format!("/campaigns/{id}/contacts")).header("content-type", "text/csv").bytes(file.as_ref())
    }

    pub(super) async fn command(&self, id: &str, command: &str) -> Answer {
        self.post(&format!("/campaigns/{id}/{command}")).send().await
    }

    async fn read(&self, id: &str) -> Answer {
        self.get(&format!("/campaigns/{id}")).send().await.expect(200)
    }

    pub(super) async fn progress(&self, id: &str) -> Value {
        self.read(id).await.json()["progress"].clone()
    }

    /// Waits until the campaign has this status, while the clock moves on: twenty seconds in each of ours.
    pub(super) async fn until(&self, id: &str, status: &str) -> Value {
        self.until_progress(id, status, |progress| progress["status"] == status).await
    }

    pub(super) async fn until_progress(&self, id: &str, what: &str, done: impl Fn(&Value) -> bool) -> Value {
        let since = Instant::now();
        loop {
            let progress = self.progress(id).await;
            if done(&progress) {
                return progress;
            }
            assert!(since.elapsed() < CEILING, "never {what}: {progress}");
            tokio::time::sleep(Duration::from_millis(50)).await;
            self.app.advance_seconds(1);
        }
    }

    /// Waits until stopped campaigns were checked again.
    async fn until_looked_at(&self) {
        self.app.advance_seconds(30);
        let schedule = "select count(*) from freehold.schedules where name = 'voice.campaigns_revive' and next_at > ";
        let came = format!("{schedule} '{}'", self.app.clock().now());
        eventually("the campaigns that stopped are looked at", async || self.app.count(&came).await == 1).await;
        let looking = "select count(*) from freehold.jobs where kind = 'voice.campaigns_revive'";
        eventually("they were looked at", async || self.app.count(looking).await == 0).await;
    }

    /// Waits until no job of a campaign is left.
    async fn until_idle(&self) {
        let jobs = "select count(*) from freehold.jobs where kind in ('voice.campaign', 'voice.campaign_call')";
        eventually("the campaign is idle", async || {
            self.app.advance_seconds(1);
            self.app.count(jobs).await == 0
        })
        .await;
    }

    pub(super) async fn calls(&self) -> (i64, i64) {
        calls(&self.app, &self.owner).await
    }

    /// Number of events of this type.
    pub(super) async fn events(&self, name: &str) -> i64 {
        self.app.count(&format!("select count(*) from freehold.events where type = '{name}'")).await
    }
}

/// A file with the contacts of these numbers.
fn list(contacts: std::ops::Range<usize>) -> String {
    let rows: Vec<String> = contacts.map(|contact| format!("+49309{contact:06}")).collect();
    format!("phone\n{}\n", rows.join("\n"))
}

/// A script in which the callee does not answer, and one in which they do.
fn silent() -> Value {
    json!({ "silent": true })
}

fn talkative() -> Value {
    json!({ "replies": ["Very well."] })
}
