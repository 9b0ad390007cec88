//! Billing: how long a change of plan at Stripe takes until requests are answered according to the new plan, and how
//! many webhooks per second are accepted into the inbox, compared with calling the same function with `pgbench`.

use std::{
    fmt::Write,
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use aws_lc_rs::hmac;
use freehold_core::Clock;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    home::Home,
    pgbench::{self, Protocol},
    programs::Programs,
    report::Report,
    scene::{Scene, ask, text},
    server::Server,
    wrk,
};

/// The server's account in its sandbox.
const KEY: &str = "sk_test_freehold";
/// How many changes of plan are timed.
const CHANGES: usize = 200;
const PAUSE: Duration = Duration::from_millis(20);
const GOAL: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_mins(1);
/// The signing secret of webhooks that the second server is configured with.
const SECRET: &str = "whsec_bench";
const ROUNDS: usize = 3;
const SECONDS: u32 = 4;
const CONNECTIONS: u32 = 32;
/// Signed events for one round; more than can be sent in it.
const SIGNED: usize = 60_000;

/// The sandbox inside the server.
struct Sandbox<'a> {
    url: String,
    server: &'a Server<'a>,
}

impl Sandbox<'_> {
    async fn ask(&self, method: Method, path: &str, form: String) -> Result<Value> {
        let request = self.server.client.request(method, format!("{}{path}", self.url)).bearer_auth(KEY).body(form);
        let answer = request.send().await.with_context(|| format!("asking the sandbox for {path}"))?;
        let status = answer.status();
        let body: Value = answer.json().await.with_context(|| format!("reading the sandbox's answer to {path}"))?;
        if status.is_success() { Ok(body) } else { bail!("{path}: {status}: {body}") }
    }

    async fn post(&self, path: &str, form: String) -> Result<Value> {
        self.ask(Method::POST, path, form).await
    }

    /// The id of a plan's monthly price.
    async fn price(&self, plan: &str) -> Result<String> {
        let path = format!("/v1/prices?lookup_keys[]=freehold_voice_{plan}_v1_month");
        text(&self.ask(Method::GET, &path, String::new()).await?, "/data/0/id")
    }

    /// The organization's subscription to a price, and its item.
    async fn subscribe(&self, tenant: &str, price: &str) -> Result<(String, String)> {
        let customer = self.post("/v1/customers", format!("metadata[freehold_tenant]={tenant}")).await?;
        let customer = text(&customer, "/id")?;
        let card = self.post("/v1/payment_methods/pm_card_visa/attach", format!("customer={customer}")).await?;
        let default = format!("invoice_settings[default_payment_method]={}", text(&card, "/id")?);
        self.post(&format!("/v1/customers/{customer}"), default).await?;
        let form = format!("customer={customer}&items[0][price]={price}");
        let made = self.post("/v1/subscriptions", form).await?;
        Ok((text(&made, "/id")?, text(&made, "/items/data/0/id")?))
    }
}

/// Measures the time from Stripe's response to a change of plan until our first response according to that plan:
/// webhook, inbox, job, the request back to Stripe, the write, and the invalidation of cached callers. Returns one of
/// the events that announced the change.
pub(crate) async fn entitlement(home: &Home, server: &Server<'_>, report: &mut Report) -> Result<String> {
    let file = home.data().join("stripe-sandbox.address");
    let url = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let sandbox = Sandbox { url, server };
    let plans = [("starter", sandbox.price("starter").await?), ("pro", sandbox.price("pro").await?)];
    let (tenant, key) = sign_up(server).await?;
    let (subscription, item) = sandbox.subscribe(&tenant, &plans[0].1).await?;
    until_on(server, &key, plans[0].0).await?;
    let mut ways = Vec::new();
    for number in 1..=CHANGES {
        tokio::time::sleep(PAUSE).await;
        let (plan, price) = &plans[number % 2];
        let form = format!("items[0][id]={item}&items[0][price]={price}");
        sandbox.post(&format!("/v1/subscriptions/{subscription}"), form).await?;
        ways.push(until_on(server, &key, plan).await?);
    }
    ways.sort_unstable();
    let at = |share: usize| ways[(ways.len() - 1) * share / 100];
    let found = format!("{:.1?}, {:.1?}", at(50), at(99));
    report.goal("from a change at Stripe to an answer by it (p50, p99)", found, "p50 < 50 ms", at(50) < GOAL);
    let told = sandbox.ask(Method::GET, "/v1/events?type=customer.subscription.updated&limit=1", String::new()).await?;
    Ok(told["data"][0].to_string())
}

/// Measures webhooks per second into the inbox of a server that does not process them. Each is a new, signed event.
pub(crate) async fn accepted(
    programs: &Programs,
    home: &Home,
    scene: &Scene,
    event: &str,
    report: &mut Report,
) -> Result<()> {
    let settings = [
        ("FREEHOLD_WORK_IN_SERVER", "false"),
        ("STRIPE_API_URL", "http://127.0.0.1:9"),
        ("STRIPE_SECRET_KEY", "sk_test_bench"),
        ("STRIPE_WEBHOOK_SECRET", SECRET),
    ];
    let server = Server::start_with(programs, home, &settings).await?;
    // `pgbench` prepares statements before any transaction, so its login has to find the function's name at that time.
    // Calling the function still needs the role.
    home.execute("grant usage on schema freehold to freehold_server").await?;
    let bare_script = home.script("inbox.sql", &receive(event))?;
    let (mut best, mut bare): (Option<wrk::Load>, f64) = (None, 0.0);
    for round in 0..ROUNDS {
        let script = home.script("webhooks.lua", &signed(home, event, round)?)?;
        let load = wrk::run_with(programs, scene, &server.url("/webhooks/stripe"), Some(&script), CONNECTIONS, SECONDS)
            .await?;
        let events =
            home.count("select count(*) from freehold.stripe_events where times = 1 and state = 'waiting'").await?;
        #[expect(clippy::cast_precision_loss, reason = "fewer than a million")]
        if (events as f64) < load.rate * f64::from(SECONDS) * 0.95 {
            bail!("of {:.0} webhooks a second only {events} events are in the inbox", load.rate);
        }
        forget(home).await?;
        bare = bare.max(pgbench::run(programs, home, &bare_script, Protocol::Prepared, SECONDS).await?);
        forget(home).await?;
        if best.as_ref().is_none_or(|best| load.rate > best.rate) {
            best = Some(load);
        }
    }
    server.stop().await?;
    let Some(wrk::Load { rate, p50, p99 }) = best else { return Ok(()) };
    report.line("the inbox's function called by pgbench, durable", format!("{bare:.0}/s"));
    report.line("webhooks accepted, signed, distinct, 32 at a time", format!("{rate:.0}/s, p50 {p50}, p99 {p99}"));
    report.line("  of what its function does", format!("{:.2}", rate / bare));
    Ok(())
}

/// Signs up a user whose plan no operator has changed. Returns the organization and its key.
async fn sign_up(server: &Server<'_>) -> Result<(String, String)> {
    let person = json!({
        "email": "payer@freehold.test", "password": "as long as it is a secret", "data": { "organization": "Payer" }
    });
    let session = ask(server, Method::POST, "/auth/v1/signup", None, Some(&person)).await?;
    let token = text(&session, "/access_token")?;
    let organizations = ask(server, Method::GET, "/api/v1/organizations", Some(&token), None).await?;
    let key = ask(server, Method::POST, "/api/v1/keys", Some(&token), Some(&json!({ "name": "bench" }))).await?;
    Ok((text(&organizations, "/data/0/id")?, text(&key, "/key")?))
}

/// Sends requests until the response is according to this plan. Returns how long that took.
async fn until_on(server: &Server<'_>, key: &str, plan: &str) -> Result<Duration> {
    let begun = Instant::now();
    loop {
        let usage = ask(server, Method::GET, "/api/v1/usage", Some(key), None).await?;
        if usage["plan"] == plan {
            return Ok(begun.elapsed());
        }
        if begun.elapsed() > PATIENCE {
            bail!("not on {plan} within {PATIENCE:?}, but on {}", usage["plan"]);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The transaction for one webhook, in one pipeline.
fn receive(event: &str) -> String {
    // pgbench would read `:name` as a variable, so the JSON must not contain it. The statement is planned only once, so
    // this costs nothing.
    let payload = event.replace('\'', "''").replace(':', "' || chr(58) || '");
    format!(
        "\\startpipeline\n\
         begin;\n\
         select set_config('role', 'freehold_system', true), set_config('statement_timeout', '15000', true);\n\
         select freehold.stripe_event_receive('evt_' || gen_random_uuid(), 'customer.subscription.updated', now(), false, \
         '2026-10-28.endive', 'sub_bench', 'cus_bench', ('{payload}')::json, gen_random_uuid(), 'billing.event', 15::smallint, \
         now());\n\
         commit;\n\
         \\endpipeline\n"
    )
}

/// A script with which `wrk` sends the event under a new id each time. The signatures are computed beforehand.
fn signed(home: &Home, event: &str, round: usize) -> Result<String> {
    let mut event: Value = serde_json::from_str(event).context("reading an event")?;
    event["id"] = json!("evt_#");
    let event = event.to_string();
    let (head, tail) = event.split_once("evt_#").context("an event without an id")?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let now = Clock::system().now().as_second();
    let mut lines = String::new();
    for number in 0..SIGNED {
        let id = format!("evt_bench{round}x{number}");
        let code = hmac::sign(&key, format!("{now}.{head}{id}{tail}").as_bytes());
        let hex = code.as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{id} t={now},v1={hex}");
    }
    let list = home.script("webhooks.txt", &lines)?;
    Ok(format!(
        "local list, at = {{}}, 0\n\
         for line in io.lines([==[{}]==]) do list[#list + 1] = line end\n\
         request = function()\n\
           at = at % #list + 1\n\
           local id, signature = list[at]:match('(%S+) (%S+)')\n\
           local headers = {{ ['Content-Type'] = 'application/json', ['Stripe-Signature'] = signature }}\n\
           return wrk.format('POST', nil, headers, [==[{head}]==] .. id .. [==[{tail}]==])\n\
         end\n",
        list.display()
    ))
}

async fn forget(home: &Home) -> Result<()> {
    home.execute("delete from freehold.jobs where kind = 'billing.event'").await?;
    home.execute("delete from freehold.stripe_events").await?;
    home.execute("vacuum freehold.stripe_events, freehold.jobs").await
}
