//! Every operation of the OpenAPI document, with a body that is good for it.

use axum::http::Method;
use freehold_voice::template::template_find;
use serde_json::{Value, json};

use crate::{
    harness::app::{Ask, PASSWORD, Person, TestApp},
    house::exceptions,
};

const PUBLIC: &str = include_str!("../public_operations.txt");
const PERSONAL: &str = include_str!("../personal_operations.txt");

/// One operation: a method and a path with names for ids.
pub(crate) struct Operation {
    /// `POST /api/v1/workflows/{id}/runs`.
    pub(crate) name: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Whom it asks for.
    pub(crate) about: About,
    pub(crate) sample: Sample,
    /// Headers and parameters, as the document describes them.
    parameters: Vec<Value>,
}

/// Whom an operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// Nobody.
    Public,
    /// A person, of whatever organization.
    Person,
    /// A member or a key of a tenant.
    Tenant,
}

/// What is sent to an operation.
pub(crate) struct Sample {
    pub(crate) body: Option<Value>,
    pub(crate) query: &'static str,
    /// What nobody gets for it, where the operation asks for nobody.
    pub(crate) public_status: u16,
}

/// The owner's things, for the ids in paths.
pub(crate) struct Things {
    pub(crate) organization: String,
    pub(crate) user: String,
    pub(crate) workflow: String,
    /// A conversation that waits for a reply.
    pub(crate) run: String,
    pub(crate) key: String,
}

impl Operation {
    /// All that the document lists. Fails with the names of those that have no sample.
    pub(crate) fn all(document: &Value) -> Vec<Self> {
        let mut missing = Vec::new();
        let mut all = Vec::new();
        let (public, personal) = (exceptions(PUBLIC), exceptions(PERSONAL));
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, described) in methods.as_object().unwrap() {
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                let name = format!("{method} {path}");
                let Some(sample) = sample(&name) else {
                    missing.push(name);
                    continue;
                };
                let about = match (public.contains_key(name.as_str()), personal.contains_key(name.as_str())) {
                    (true, false) => About::Public,
                    (false, true) => About::Person,
                    (false, false) => About::Tenant,
                    (true, true) => panic!("{name} is in both lists"),
                };
                let parameters = described["parameters"].as_array().cloned().unwrap_or_default();
                all.push(Self { name, method, path: path.clone(), about, sample, parameters });
            }
        }
        assert!(missing.is_empty(), "these operations need a sample in house/walk/operations.rs: {missing:#?}");
        for listed in public.keys().chain(personal.keys()) {
            assert!(all.iter().any(|operation| operation.name == *listed), "{listed} is listed and does not exist");
        }
        all
    }

    /// Whether the document says that it reads this header.
    pub(crate) fn takes_header(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| parameter["in"] == "header" && parameter["name"] == name)
    }

    /// Whether the document says that it answers page by page.
    pub(crate) fn has_pages(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter["in"] == "query" && parameter["name"] == "cursor")
    }

    pub(crate) fn reads(&self) -> bool {
        self.method == Method::GET
    }

    /// Whether the path names something of a tenant.
    pub(crate) fn names_things(&self) -> bool {
        self.path.contains('{') && !self.path.contains("/templates/")
    }

    /// Under `/auth/v1`, where errors have Supabase's shape.
    pub(crate) fn is_auth(&self) -> bool {
        self.path.starts_with("/auth/v1/")
    }

    /// The operation with its sample.
    pub(crate) fn ask(&self, app: &TestApp, things: &Things) -> Ask {
        self.ask_at(app, &things.fill(&self.path))
    }

    /// The operation with its sample at this path.
    pub(crate) fn ask_at(&self, app: &TestApp, path: &str) -> Ask {
        let ask = app.ask(self.method.clone(), &format!("{path}{}", self.sample.query));
        match &self.sample.body {
            Some(body) => ask.json(body),
            None => ask,
        }
    }
}

impl Things {
    /// Makes them.
    pub(crate) async fn of(app: &TestApp, owner: &Person) -> Self {
        app.put_on_plan(owner, "pro", 1).await;
        app.backbone.resolver.forget();
        let made = app.post("/api/v1/workflows").key(&owner.key).json(&json!({ "template": "appointment_reminder" }));
        let workflow = made.send().await.expect(201).at("/id");
        let inputs = template_find("appointment_reminder").unwrap().sample_inputs;
        let live = json!({ "live": true, "inputs": inputs });
        let made = app.post(&format!("/api/v1/workflows/{workflow}/runs")).key(&owner.key).json(&live);
        let run = made.send().await.expect(201).at("/id");
        let key = app.get("/api/v1/keys").key(&owner.key).send().await.expect(200).ids().remove(0);
        Self { organization: owner.organization.clone(), user: owner.id.clone(), workflow, run, key }
    }

    /// The path with these ids.
    pub(crate) fn fill(&self, path: &str) -> String {
        let Some((head, tail)) = path.split_once("{id}") else { return path.to_owned() };
        let id = match head.trim_start_matches("/api/v1/").trim_end_matches('/') {
            "organizations" => &self.organization,
            "workflows" => &self.workflow,
            "runs" => &self.run,
            "keys" => &self.key,
            "templates" => "appointment_reminder",
            other => panic!("whose id is in {other}?"),
        };
        format!("{head}{id}{}", tail.replace("{user_id}", &self.user))
    }

    /// What nobody else may read.
    pub(crate) fn secrets<'a>(&'a self, owner: &'a Person) -> Vec<&'a str> {
        vec![&self.organization, &self.user, &self.workflow, &self.run, &self.key, &owner.key, &owner.email]
    }
}

/// A small graph that can be run.
pub(crate) fn graph() -> Value {
    json!({ "start": "start", "inputs": [], "nodes": [
        { "id": "start", "type": "start", "next": "hello" },
        { "id": "hello", "type": "ask", "variable": "well", "text": "How are you?", "next": "bye" },
        { "id": "bye", "type": "end", "outcome": "greeted", "text": "Goodbye!" },
    ]})
}

fn sample(operation: &str) -> Option<Sample> {
    let template = template_find("appointment_reminder").unwrap();
    let (inputs, script) = (&template.sample_inputs, &template.sample_script);
    let with = |body| Some(Sample { body: Some(body), query: "", public_status: 200 });
    let nothing = || Some(Sample { body: None, query: "", public_status: 200 });
    match operation {
        "POST /api/v1/keys" => with(json!({
            "name": "a program", "mode": "test", "scopes": ["usage:read"], "expires_at": "2027-01-01T00:00:00Z"
        })),
        "POST /api/v1/organizations" | "PATCH /api/v1/organizations/{id}" => with(json!({ "name": "Another name" })),
        "PATCH /api/v1/organizations/{id}/members/{user_id}" => with(json!({ "role": "member" })),
        "POST /api/v1/workflows" | "PATCH /api/v1/workflows/{id}" => {
            with(json!({ "name": "Greeting", "graph": graph() }))
        }
        "POST /api/v1/workflows/{id}/runs" => with(json!({ "inputs": inputs, "script": script, "live": false })),
        "POST /api/v1/runs/{id}/messages" => with(json!({ "text": "Yes, speaking." })),
        "POST /auth/v1/signup" => {
            with(json!({ "email": "new@example.com", "password": PASSWORD, "data": { "name": "New" } }))
        }
        "POST /auth/v1/otp" => with(json!({ "email": "otp@example.com", "create_user": true, "data": {} })),
        "POST /auth/v1/magiclink" => with(json!({ "email": "magic@example.com", "create_user": true, "data": {} })),
        "POST /auth/v1/resend" => with(json!({ "type": "signup", "email": "owner@example.org" })),
        "PUT /auth/v1/user" => with(json!({ "data": { "name": "Ada" }, "password": "another good horse" })),
        "POST /auth/v1/verify" => Some(Sample {
            body: Some(json!({ "type": "signup", "email": "owner@example.org", "token": "000000" })),
            query: "",
            public_status: 403,
        }),
        "POST /auth/v1/token" => Some(Sample {
            body: Some(json!({ "email": "owner@example.org", "password": "not it at all" })),
            query: "?grant_type=password",
            public_status: 400,
        }),
        "POST /auth/v1/logout"
        | "POST /api/v1/organizations/{id}/select"
        | "DELETE /api/v1/keys/{id}"
        | "DELETE /api/v1/workflows/{id}"
        | "DELETE /api/v1/organizations/{id}/members/{user_id}" => nothing(),
        reading if reading.starts_with("GET ") => nothing(),
        _ => None,
    }
}
