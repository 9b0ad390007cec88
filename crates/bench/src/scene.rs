//! The data for the measurements: an organization with an API key and a workflow, among those of others.

use anyhow::{Context, Result, bail};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{home::Home, programs::Programs, server::Server};

/// A workflow of realistic size: 14 nodes, 5 KiB of JSON.
pub(crate) const TEMPLATE: &str = "appointment_reminder";

/// Two thousand workflows of forty other tenants, and a copy of all of them in a table without row-level security. With
/// fresh statistics the planner reads both by index. `pgbench` prepares statements before any transaction, so its login
/// has to find the table's name at that time. Reading rows still needs the role.
const NEIGHBOURS: &str = "
    insert into voice.workflows (tenant_id, id, name, version, graph, created_at, updated_at)
    select tenants.id, gen_random_uuid(), name, version, graph, created_at, updated_at
    from voice.workflows
    cross join (select gen_random_uuid() as id from generate_series(1, 40)) as tenants
    cross join generate_series(1, 50);
    create schema bench;
    create table bench.workflows (like voice.workflows including all);
    insert into bench.workflows select * from voice.workflows;
    grant usage on schema bench to freehold_app, freehold_server;
    grant usage on schema voice to freehold_server;
    grant select on bench.workflows to freehold_app;
    vacuum analyze voice.workflows;
    vacuum analyze bench.workflows;
";

/// The organization of the measurements.
pub(crate) struct Scene {
    /// The id of the organization.
    pub(crate) tenant: String,
    /// The API key of the organization.
    pub(crate) key: String,
    /// The key's id.
    pub(crate) key_id: String,
    /// The id of the workflow.
    pub(crate) workflow: String,
}

impl Scene {
    /// Signs up a user and creates everything over HTTP, as a customer would. The other tenants are created in the
    /// database.
    pub(crate) async fn set(programs: &Programs, home: &Home, server: &Server<'_>) -> Result<Self> {
        let scene = Self::of(programs, home, server, "bench").await?;
        neighbours(home).await?;
        Ok(scene)
    }

    /// Creates an organization with this name, a key and a workflow.
    pub(crate) async fn of(programs: &Programs, home: &Home, server: &Server<'_>, name: &str) -> Result<Self> {
        let Owner { tenant, key, key_id } = Owner::sign_up(programs, home, server, name).await?;
        let new = json!({ "template": TEMPLATE });
        let workflow = ask(server, Method::POST, "/api/v1/workflows", Some(&key), Some(&new)).await?;
        Ok(Self { tenant, key, key_id, workflow: text(&workflow, "/id")? })
    }

    /// The path of the read that is measured.
    pub(crate) fn path(&self) -> String {
        format!("/api/v1/workflows/{}", self.workflow)
    }

    /// Sends the measured request once.
    pub(crate) async fn read(&self, server: &Server<'_>) -> Result<()> {
        let workflow = ask(server, Method::GET, &self.path(), Some(&self.key), None).await?;
        if text(&workflow, "/id")? == self.workflow { Ok(()) } else { bail!("another workflow was answered") }
    }
}

/// A user with an organization on the largest plan.
pub(crate) struct Owner {
    pub(crate) tenant: String,
    pub(crate) key: String,
    pub(crate) key_id: String,
}

impl Owner {
    pub(crate) async fn sign_up(programs: &Programs, home: &Home, server: &Server<'_>, name: &str) -> Result<Self> {
        let person = json!({
            "email": format!("{name}@freehold.test"), "password": "as long as it is a secret",
            "data": { "organization": name }
        });
        let session = ask(server, Method::POST, "/auth/v1/signup", None, Some(&person)).await?;
        let token = text(&session, "/access_token")?;
        let organizations = ask(server, Method::GET, "/api/v1/organizations", Some(&token), None).await?;
        plan_change(programs, home, &text(&organizations, "/data/0/slug")?).await?;
        let key = ask(server, Method::POST, "/api/v1/keys", Some(&token), Some(&json!({ "name": "bench" }))).await?;
        let tenant = text(&organizations, "/data/0/id")?;
        Ok(Self { tenant, key_id: text(&key, "/id")?, key: text(&key, "/key")? })
    }
}

pub(crate) async fn ask(
    server: &Server<'_>,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Result<Value> {
    let mut request = server.client.request(method, server.url(path));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.with_context(|| format!("asking {path}"))?;
    let status = answer.status();
    let body: Value = answer.json().await.with_context(|| format!("reading the answer of {path}"))?;
    if status == StatusCode::OK || status == StatusCode::CREATED { Ok(body) } else { bail!("{path}: {status}: {body}") }
}

/// The text at this JSON pointer of a response.
pub(crate) fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).with_context(|| format!("there is no text at {pointer} in {value}"))
}

/// Changes the organization to a plan without a limit of workflows and without a rate limit.
async fn plan_change(programs: &Programs, home: &Home, slug: &str) -> Result<()> {
    let mut command = Command::new(&programs.freehold);
    command.args(["plan", slug, "enterprise", "--config", "/dev/null", "--data"]).arg(home.data());
    let output = command.kill_on_drop(true).output().await.context("running freehold plan")?;
    if output.status.success() { Ok(()) } else { bail!("freehold plan: {}", String::from_utf8_lossy(&output.stderr)) }
}

async fn neighbours(home: &Home) -> Result<()> {
    for statement in NEIGHBOURS.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        home.execute(statement).await?;
    }
    Ok(())
}
