//! An owner's objects, for the ids in the paths of operations.

use freehold_jobs::{JobKind, NewJob, QueueTerms, job_enqueue};
use freehold_voice::template::template_find;
use serde_json::json;

use super::voice::{CONTACTS, graph, split};
use crate::harness::app::{Person, TestApp};

/// The owner's objects, for ids in paths.
pub(crate) struct Things {
    /// The organization of the owner.
    pub(crate) organization: String,
    /// The user who owns the organization.
    pub(crate) user: String,
    /// A workflow with two versions.
    pub(crate) workflow: String,
    /// A run with a conversation that waits for a reply.
    pub(crate) run: String,
    /// A split that has ended.
    pub(crate) split: String,
    /// A voice engine.
    pub(crate) engine: String,
    /// A draft campaign with a contact.
    pub(crate) campaign: String,
    /// The key with all rights of the owner.
    pub(crate) key: String,
    /// A webhook endpoint.
    pub(crate) webhook: String,
    /// An event that was sent to the webhook endpoint.
    pub(crate) event: String,
    /// A waiting job.
    pub(crate) job: String,
    /// Another session of the owner.
    pub(crate) session: String,
    /// An authenticator app that was not verified yet.
    pub(crate) factor: String,
    /// An open invitation.
    pub(crate) invitation: String,
    /// A file.
    pub(crate) file: String,
    /// An export of the organization's data.
    pub(crate) export: String,
    /// An export of the owner's own data.
    pub(crate) own_export: String,
    /// A custom role.
    pub(crate) role: String,
}

impl Things {
    /// Creates the objects.
    pub(crate) async fn of(app: &TestApp, owner: &Person) -> Self {
        app.put_on_plan(owner, "pro", 1).await;
        app.backbone.resolver.forget();
        let made = app.post("/api/v1/workflows").key(&owner.key).json(&json!({ "template": "appointment_reminder" }));
        let workflow = made.send().await.expect(201).at("/id");
        let inputs = template_find("appointment_reminder").unwrap().sample_inputs;
        let live = json!({ "live": true, "inputs": inputs });
        let made = app.post(&format!("/api/v1/workflows/{workflow}/runs")).key(&owner.key).json(&live);
        let run = made.send().await.expect(201).at("/id");
        let engine = json!({ "name": "Telephone", "url": "https://engine.example.org/runs" });
        let made = app.post("/api/v1/engines").key(&owner.key).json(&engine);
        let engine = made.send().await.expect(201).at("/id");
        let split = Self::split(app, owner, &workflow).await;
        let campaign = Self::campaign(app, owner, &workflow).await;
        let key = app.post("/api/v1/keys").key(&owner.key).json(&json!({ "name": "a key of a key" }));
        let key = key.send().await.expect(201).at("/id");
        let (webhook, event) = Self::webhook(app, owner).await;
        let job = Self::job(app, owner).await;
        let (session, factor) = Self::sign_in(app, owner).await;
        let invite = json!({ "email": "guest@example.org", "role": "viewer" });
        let made = app.post("/api/v1/invitations").key(&owner.key).json(&invite);
        let invitation = made.send().await.expect(201).at("/id");
        let file = app.post("/api/v1/files?name=prices.csv").key(&owner.key).bytes("owner's prices");
        let file = file.send().await.expect(201).at("/id");
        let export = app.post("/api/v1/export").key(&owner.key).send().await.expect(202).at("/id");
        let own_export = app.post("/api/v1/me/export").token(&owner.token).send().await.expect(202).at("/id");
        let role = json!({ "name": "Guests", "permissions": ["members:read"] });
        let role = app.post("/api/v1/roles").key(&owner.key).json(&role).send().await.expect(201).at("/id");
        Self {
            organization: owner.organization.clone(),
            user: owner.id.clone(),
            workflow,
            run,
            split,
            engine,
            campaign,
            key,
            webhook,
            event,
            job,
            session,
            factor,
            invitation,
            file,
            role,
            export,
            own_export,
        }
    }

    /// Ids of objects that do not exist.
    pub(crate) fn nowhere(app: &TestApp) -> Self {
        let id = || app.test.uuid().to_string();
        Self {
            organization: id(),
            user: id(),
            workflow: id(),
            run: id(),
            split: id(),
            engine: id(),
            campaign: id(),
            key: id(),
            webhook: id(),
            event: id(),
            job: id(),
            session: id(),
            factor: id(),
            invitation: id(),
            file: id(),
            role: id(),
            export: id(),
            own_export: id(),
        }
    }

    async fn sign_in(app: &TestApp, owner: &Person) -> (String, String) {
        let elsewhere = app.sign_in(&owner.email).await.expect(200).at("/access_token");
        let sessions = app.get("/api/v1/me/sessions").token(&elsewhere).send().await.expect(200).json();
        let sessions = sessions["data"].as_array().unwrap();
        let session = sessions.iter().find(|session| session["current"] == true).unwrap()["id"].as_str().unwrap();
        let body = json!({ "factor_type": "totp", "friendly_name": "Telephone" });
        let factor = app.post("/auth/v1/factors").token(&owner.token).json(&body).send().await.expect(200).at("/id");
        (session.to_owned(), factor)
    }

    async fn job(app: &TestApp, owner: &Person) -> String {
        const KIND: JobKind = JobKind::named("it.walked");
        let house = &app.backbone;
        let caller = house.system_caller(owner.organization.parse().unwrap(), "test").await.unwrap().unwrap();
        let new = NewJob::now(house.ids.next(), &KIND, json!({}), house.clock.now());
        let mut tx = house.db.tenant(&caller).begin().await.unwrap();
        let job = job_enqueue(&mut tx, &QueueTerms::OPEN, new).await.unwrap();
        tx.commit().await.unwrap();
        job.id().to_string()
    }

    async fn webhook(app: &TestApp, owner: &Person) -> (String, String) {
        let made = app.post("/api/v1/webhooks").key(&owner.key).json(&json!({ "url": "https://example.org/hooks" }));
        let webhook = made.send().await.expect(201).at("/id");
        let test = app.post(&format!("/api/v1/webhooks/{webhook}/test")).key(&owner.key);
        let event = test.send().await.expect(202).at("/event_id");
        (webhook, event)
    }

    async fn campaign(app: &TestApp, owner: &Person, workflow: &str) -> String {
        let body = json!({ "name": "Recall", "workflow_id": workflow });
        let made = app.post("/api/v1/campaigns").key(&owner.key).json(&body).send().await.expect(201).at("/id");
        let add = app.post(&format!("/api/v1/campaigns/{made}/contacts")).key(&owner.key);
        add.header("content-type", "text/csv").bytes(CONTACTS).send().await.expect(201);
        made
    }

    async fn split(app: &TestApp, owner: &Person, workflow: &str) -> String {
        let path = format!("/api/v1/workflows/{workflow}");
        app.patch(&path).key(&owner.key).json(&json!({ "graph": graph() })).send().await.expect(200);
        let made = app.post(&format!("{path}/splits")).key(&owner.key).json(&split());
        let split = made.send().await.expect(201).at("/id");
        let end = app.post(&format!("/api/v1/splits/{split}/end")).key(&owner.key).json(&json!({ "winner": 1 }));
        end.send().await.expect(200);
        split
    }

    /// The path with these ids.
    pub(crate) fn fill(&self, path: &str) -> String {
        // There is no passkey: passkeys are switched off.
        let path = path.replace("{factor_id}", &self.factor).replace("{passkey_id}", &self.user);
        let path = path.as_str();
        let Some((head, tail)) = path.split_once("{id}") else { return path.to_owned() };
        let id = match head.trim_start_matches("/api/v1/").trim_end_matches('/') {
            "organizations" => &self.organization,
            "workflows" => &self.workflow,
            "runs" => &self.run,
            "splits" => &self.split,
            "engines" => &self.engine,
            "campaigns" => &self.campaign,
            "keys" => &self.key,
            "webhooks" => &self.webhook,
            "events" => &self.event,
            "jobs" => &self.job,
            "invitations" => &self.invitation,
            "files" => &self.file,
            "roles" => &self.role,
            "me/sessions" => &self.session,
            "export" => &self.export,
            "me/export" => &self.own_export,
            "/auth/v1/admin/users" => &self.user,
            "templates" => "appointment_reminder",
            other => panic!("whose id is in {other}?"),
        };
        format!("{head}{id}{}", tail.replace("{user_id}", &self.user).replace("{event_id}", &self.event))
    }

    /// Values that no other user may read.
    pub(crate) fn secrets<'a>(&'a self, owner: &'a Person) -> Vec<&'a str> {
        vec![
            &self.organization,
            &self.user,
            &self.workflow,
            &self.run,
            &self.split,
            &self.engine,
            &self.campaign,
            &self.key,
            &self.webhook,
            &self.event,
            &self.job,
            &self.session,
            &self.factor,
            &self.invitation,
            &self.file,
            &self.export,
            &self.own_export,
            &self.role,
            &owner.key,
            &owner.email,
        ]
    }
}
