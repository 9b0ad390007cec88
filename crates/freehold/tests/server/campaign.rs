//! A campaign of ten thousand calls on eight workers, two of which are killed during it.

use std::time::Instant;

use freehold_core::Random;
use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::{
    client::{Tenant, text},
    postgres::connect,
    server::{Home, Program, Server, eventually},
};

const CONTACTS: i64 = 10_000;
const WORKERS: usize = 8;

/// A user with a campaign.
pub(crate) struct Owner {
    pub(crate) tenant: Tenant,
    site: String,
    workflow: String,
    campaign: String,
}

impl Owner {
    /// Creates an owner with a draft and its contacts.
    pub(crate) async fn new(server: &Server, program: &Program, name: &str, contacts: i64) -> Self {
        let tenant = Tenant::sign_up(&server.site, name).await;
        let plan = program.run(&["plan", &tenant.slug, "enterprise"]).await;
        assert_eq!(plan.code, Some(0), "{}", plan.output);
        let mut owner = Self { tenant, site: server.site.clone(), workflow: String::new(), campaign: String::new() };
        owner.workflow = owner.greeting().await;
        owner.again(contacts).await;
        owner
    }

    /// Creates a workflow with one question.
    async fn greeting(&self) -> String {
        let nodes = json!([
            { "id": "start", "type": "start", "next": "hello" },
            { "id": "hello", "type": "ask", "variable": "well", "text": "Hello {{name}}, how are you?", "next": "bye" },
            { "id": "bye", "type": "end", "outcome": "greeted", "text": "Goodbye!" },
        ]);
        let workflow = json!({ "name": "Greeting", "graph": { "inputs": [{ "name": "name" }], "nodes": nodes } });
        let mut made = Value::Null;
        // A change of plan takes effect everywhere within a second.
        eventually("the plan has room for a workflow", async || {
            made =
                self.post("/workflows", "application/json", workflow.to_string()).await.unwrap_or_else(|error| error);
            made["code"] != "quota_exceeded"
        })
        .await;
        text(&made, "/id")
    }

    /// Creates another draft with this many contacts.
    pub(crate) async fn again(&mut self, contacts: i64) {
        let draft = json!({ "name": "Recall", "workflow_id": self.workflow, "concurrency": 100 });
        let draft = self.post("/campaigns", "application/json", draft.to_string()).await.unwrap();
        self.campaign = text(&draft, "/id");
        let rows: Vec<String> = (0..contacts).map(|row| format!("+49309{row:06},Ada")).collect();
        let file = format!("phone,name\n{}\n", rows.join("\n"));
        let since = Instant::now();
        let added = self.post(&format!("/campaigns/{}/contacts", self.campaign), "text/csv", file).await.unwrap();
        assert_eq!(added["added"], json!(contacts), "{added}");
        println!("{contacts} contacts added in {:.1?}", since.elapsed());
    }

    /// The id of the campaign.
    pub(crate) fn campaign(&self) -> &str {
        &self.campaign
    }

    /// Starts the campaign.
    pub(crate) async fn start(&self) {
        self.post(&format!("/campaigns/{}/start", self.campaign), "application/json", String::new()).await.unwrap();
    }

    /// Uses the server at this address from now on.
    pub(crate) fn moved(&mut self, site: &str) {
        site.clone_into(&mut self.site);
    }

    async fn post(&self, path: &str, kind: &str, body: String) -> Result<Value, Value> {
        let request = self.tenant.client.request(Method::POST, format!("{}/api/v1{path}", self.site));
        let request = request.header(header::AUTHORIZATION, &self.tenant.key).header(header::CONTENT_TYPE, kind);
        let answer = self.tenant.client.send(request.body(body)).await.unwrap();
        if answer.status < 300 { Ok(answer.body) } else { Err(answer.body) }
    }

    /// The campaign's progress; none while the server cannot answer.
    async fn progress(&self) -> Option<Value> {
        let path = format!("/api/v1/campaigns/{}", self.campaign);
        let campaign = self.tenant.get(&self.site, &path).await.ok().filter(|answer| !answer.is_unavailable())?;
        Some(campaign.expect(200)["progress"].clone())
    }

    /// Waits until this many contacts are done.
    pub(crate) async fn done(&self, count: i64) {
        let mut done = 0;
        while done < count {
            // The whole campaign may take long, but the next call is always near.
            eventually(&format!("more than {done} of {count} are done"), async || {
                let now = self.progress().await.and_then(|progress| progress["done"].as_i64()).unwrap_or(done);
                std::mem::replace(&mut done, now) < now
            })
            .await;
        }
    }

    /// Waits until the campaign has ended.
    pub(crate) async fn completed(&self) {
        eventually("the campaign is completed", async || {
            self.progress().await.is_some_and(|progress| progress["status"] == "completed")
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_calls_over_eight_workers_are_metered_exactly_though_two_are_killed() {
    let (home, random) = (Home::begun().await, Random::system());
    let program = Program::at(&home).with("FREEHOLD_WORK_IN_SERVER", "false").with("FREEHOLD_WORK_LEASE_SECONDS", "5");
    let server = program.start().await;
    let owner = Owner::new(&server, &program, "campaign", CONTACTS).await;
    let mut workers: Vec<Server> = (0..WORKERS).map(|_| program.begin_as(&["work"])).collect();
    eventually("all workers work", async || {
        workers.iter().all(|worker| worker.output.text().contains("Freehold works for"))
    })
    .await;

    let begun = Instant::now();
    owner.start().await;
    for third in [CONTACTS / 3, CONTACTS * 2 / 3] {
        owner.done(third - 500 + i64::from(random.below(1_000))).await;
        let chosen = usize::try_from(random.below(u32::try_from(workers.len()).unwrap())).unwrap();
        workers.swap_remove(chosen).kill();
        println!("a worker was killed after {:.1?}", begun.elapsed());
    }
    owner.done(CONTACTS).await;
    owner.completed().await;
    let took = begun.elapsed();
    println!("{CONTACTS} calls in {took:.1?}: {:.0} a second", f64::from(10_000) / took.as_secs_f64());

    assert_eq!(owner.tenant.calls(&owner.site).await, (CONTACTS, 0));
    exact(&home).await;
    for worker in workers {
        worker.stop().await;
    }
    server.stop().await;
}

/// Asserts that every contact was called once, and that all counters of calls agree.
async fn exact(home: &Home) {
    let database = connect(&home.url()).await;
    for (what, sql) in [
        ("runs", "select count(*) from voice.runs where status = 'completed'"),
        ("runs of contacts", "select count(*) from voice.contacts as c join voice.runs as r on r.id = c.run_id"),
        ("contacts", "select count(*) from voice.contacts where status = 'reached' and tries = 1"),
        ("metered", "select count(*) from freehold.usage_events where meter = 'calls' and quantity = 1"),
        ("in the total", "select used from freehold.usage_totals where meter = 'calls'"),
        ("in analytics", "select sum(calls)::bigint from voice.call_quarters"),
        ("told", "select count(distinct data->>'run_id') from freehold.events where type = 'call.completed'"),
        ("told, counted", "select count(*) from freehold.events where type = 'call.completed'"),
    ] {
        let count: i64 = database.query_one(sql, &[]).await.unwrap().get(0);
        assert_eq!(count, CONTACTS, "{what}");
    }
    let drift: i64 = database.query_one("select count(*) from freehold.usage_drift", &[]).await.unwrap().get(0);
    assert_eq!(drift, 0);
}
