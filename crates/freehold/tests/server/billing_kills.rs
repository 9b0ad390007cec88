//! `kill -9` between the arrival of an event in the inbox and its processing, again and again during a stream of changes at
//! Stripe: no event is lost, none takes effect twice, and at the end Freehold agrees with Stripe.

use std::{
    collections::BTreeSet,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use freehold::billing::{EVENTS, INBOX};
use freehold_billing::{
    catalog_sync,
    stripe::{Client as Stripe, Settings as StripeSettings},
};
use freehold_core::{Clock, Random, Secret};
use freehold_testing::size;
use reqwest::Method;
use serde_json::{Value, json};
use stripe_sandbox::{Sandbox, Settings};
use tokio::sync::{Semaphore, SemaphorePermit, TryAcquireError};

use crate::{
    client::{Client, text},
    nginx::free_address,
    postgres::{Postgres, connect},
    server::{Home, Program, eventually},
};

const KEY: &str = "sk_test_kills";
/// How often the server is killed in `make test`, and in `make soak`.
const KILLS: [u32; 2] = [16, 50];
/// Changes at Stripe between two kills.
const STEPS: usize = 6;
/// Most further changes when no event is waiting in the inbox at the time for a kill.
const MORE: usize = 10;
/// Organizations that subscribe once. Half of them then do not pay.
const ONCE: usize = 24;
/// Organizations that change their plan again and again.
const BUSY: usize = 4;
/// A payer's card fails this many steps after they subscribed.
const LATER: usize = 30;

/// The sandbox that the server is configured with. It runs in this process, so no kill ends it.
struct Shelf {
    sandbox: Sandbox,
    client: Client,
    /// The ids of the monthly prices of Starter and Pro.
    prices: [String; 2],
}

/// An organization that pays.
#[derive(Clone)]
struct Payer {
    tenant: String,
    customer: String,
}

impl Shelf {
    /// Starts a sandbox that sends webhooks to `hook`. Returns it with its signing secret.
    async fn open(hook: &str) -> (Self, String) {
        let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), Settings::default()).unwrap();
        let secret = sandbox.webhook(KEY, "kills", hook, EVENTS);
        let (clock, random, key) = (Clock::system(), Random::system(), Secret::new(KEY));
        let stripe = Stripe::new(StripeSettings { url: sandbox.url(), key, clock, random }).unwrap();
        let product = freehold::compose::specification(&freehold_voice::PRODUCT).unwrap();
        catalog_sync::sync(&stripe, &product).await.unwrap();
        let mut shelf = Self { sandbox, client: Client::new(), prices: Default::default() };
        let all = shelf.get("/v1/prices?limit=100").await;
        for (price, plan) in shelf.prices.iter_mut().zip(["starter", "pro"]) {
            let key = format!("freehold_voice_{plan}_v1_month");
            let found = all["data"].as_array().unwrap().iter().find(|each| each["lookup_key"] == key);
            *price = text(found.unwrap(), "/id");
        }
        // Some webhooks are sent twice or late; failed ones are retried a second later; responses take time, as
        // Stripe's do.
        let again = "&retry_seconds[]=1".repeat(200);
        let chaos = format!("duplicate=0.2&reorder=0.3&reorder_ms=300&concurrency=4&slow_ms=20{again}");
        shelf.post("/_sandbox/chaos", &chaos).await;
        (shelf, secret)
    }

    async fn ask(&self, method: Method, path: &str, form: &str) -> Value {
        let request = self.client.request(method, format!("{}{path}", self.sandbox.url())).bearer_auth(KEY);
        self.client.send(request.body(form.to_owned())).await.unwrap().expect(200)
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, "").await
    }

    /// Whether everything has been delivered, after a new attempt for everything that waits.
    async fn delivered(&self) -> bool {
        let request = self.client.request(Method::POST, format!("{}/_sandbox/flush", self.sandbox.url()));
        let answer = self.client.send(request.bearer_auth(KEY).body("rounds=3")).await.unwrap();
        // The sandbox gives up after a minute, which may be too short on a busy machine.
        answer.status != 503 && answer.expect(200)["waiting"] == 0
    }

    async fn post(&self, path: &str, form: &str) -> Value {
        self.ask(Method::POST, path, form).await
    }

    /// Lists all events, page by page.
    async fn events(&self) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        loop {
            let after = all.last().map(|last| format!("&starting_after={}", text(last, "/id"))).unwrap_or_default();
            let page = self.get(&format!("/v1/events?limit=100{after}")).await;
            all.extend(page["data"].as_array().unwrap().iter().cloned());
            if page["has_more"] == false {
                return all;
            }
        }
    }

    /// Sets the card that pays for everything of this payer from now on.
    async fn card(&self, payer: &Payer, card: &str) {
        let customer = &payer.customer;
        let attached = self.post(&format!("/v1/payment_methods/{card}/attach"), &format!("customer={customer}")).await;
        let form = format!("invoice_settings[default_payment_method]={}", text(&attached, "/id"));
        self.post(&format!("/v1/customers/{customer}"), &form).await;
    }

    async fn subscribe(&self, payer: &Payer) {
        self.card(payer, "pm_card_visa").await;
        let form = format!("customer={}&items[0][price]={}", payer.customer, self.prices[0]);
        self.post("/v1/subscriptions", &form).await;
    }

    async fn subscription(&self, payer: &Payer) -> Value {
        self.get(&format!("/v1/subscriptions?status=all&customer={}", payer.customer)).await["data"][0].clone()
    }

    /// Changes to the other plan. The difference is charged at once.
    async fn change(&self, payer: &Payer) {
        let subscription = self.subscription(payer).await;
        let item = &subscription["items"]["data"][0];
        let to = self.prices.iter().find(|price| item["price"]["id"] != price.as_str()).unwrap();
        let form = format!("items[0][id]={}&items[0][price]={to}&proration_behavior=always_invoice", text(item, "/id"));
        self.post(&format!("/v1/subscriptions/{}", text(&subscription, "/id")), &form).await;
    }
}

/// Makes changes at Stripe, one for each permit, until the permits are closed and all planned changes have been made.
/// Returns how many there were.
async fn stream(shelf: Arc<Shelf>, payers: Vec<Payer>, permits: Arc<Semaphore>, idle: Arc<AtomicBool>) -> usize {
    let random = Random::system();
    let (busy, once) = payers.split_at(BUSY);
    let (mut subscribed, mut failed) = (Vec::new(), 0);
    for payer in busy {
        shelf.subscribe(payer).await;
    }
    for step in 0.. {
        let planned = subscribed.len() < once.len() || failed < once.len() / 2;
        if permits.is_closed() && !planned {
            return step;
        }
        if let Err(TryAcquireError::NoPermits) = permits.try_acquire().map(SemaphorePermit::forget) {
            idle.store(true, Ordering::SeqCst);
            // An error means that the permits are closed, and that the rest of the plan is carried out without them.
            let _ = permits.acquire().await.map(SemaphorePermit::forget);
            idle.store(false, Ordering::SeqCst);
        }
        match step % 8 {
            0 if subscribed.len() < once.len() => {
                shelf.subscribe(&once[subscribed.len()]).await;
                subscribed.push(step);
            }
            4 if failed < once.len() / 2 && subscribed.get(failed).is_some_and(|at| step >= at + LATER) => {
                shelf.card(&once[failed], "pm_card_chargeCustomerFail").await;
                shelf.change(&once[failed]).await;
                failed += 1;
            }
            _ => shelf.change(&busy[step % BUSY]).await,
        }
        tokio::time::sleep(Duration::from_millis(u64::from(random.below(60)))).await;
    }
    unreachable!("the steps never end")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_between_inbox_and_effect_lose_no_event_and_repeat_none() {
    let (home, random) = (Home::new(), Random::system());
    let postgres = Postgres::start(&home).await;
    let url = postgres.database("billing").await;
    // The same port each time, because an endpoint's address does not change when its server dies.
    let address = free_address();
    let (shelf, secret) = Shelf::open(&format!("http://{address}{INBOX}")).await;
    let program = Program::at(&home)
        .with("DATABASE_URL", &url)
        .with("FREEHOLD_LISTEN", &address.to_string())
        .with("FREEHOLD_WORK_LEASE_SECONDS", "2")
        .with("STRIPE_API_URL", &shelf.sandbox.url())
        .with("STRIPE_SECRET_KEY", KEY)
        .with("STRIPE_WEBHOOK_SECRET", &secret);
    let mut server = program.start().await;
    let database = connect(&url).await;
    let mut payers = Vec::new();
    for number in 0..BUSY + ONCE {
        payers.push(sign_up(&shelf, &server.site, &database, number).await);
    }

    let (shelf, permits, idle) = (Arc::new(shelf), Arc::new(Semaphore::new(0)), Arc::new(AtomicBool::new(false)));
    let streaming = tokio::spawn(stream(shelf.clone(), payers.clone(), permits.clone(), idle.clone()));
    let (begun, mut between, kills) = (Instant::now(), 0, size("FREEHOLD_BILLING_KILLS", KILLS[0], KILLS[1]));
    let waiting = "select count(*) from freehold.stripe_events where state = 'waiting'";
    let waits = async || database.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) > 0;
    for number in 0..kills {
        idle.store(false, Ordering::SeqCst);
        permits.add_permits(STEPS);
        if number % 2 == 0 {
            // At any time.
            tokio::time::sleep(Duration::from_millis(u64::from(20 + random.below(400)))).await;
        } else {
            // As soon as an event waits in the inbox.
            let mut more = 0;
            eventually("an event waits in the inbox", async || {
                if idle.swap(false, Ordering::SeqCst) && more < MORE {
                    more += 1;
                    permits.add_permits(1);
                }
                waits().await || more == MORE && idle.load(Ordering::SeqCst)
            })
            .await;
        }
        server.unharmed();
        server.kill();
        between += u32::from(waits().await);
        server = program.start().await;
    }
    permits.close();
    let steps = streaming.await.unwrap();
    println!("{kills} kills in {:.1?}, {between} while events waited; {steps} changes at Stripe", begun.elapsed());
    assert!(between >= kills / 5, "hardly any kill came between inbox and effect: {between}");

    eventually("every event was delivered and dealt with", async || {
        let delivered = shelf.delivered().await;
        let open = "select (select count(*) from freehold.stripe_events where state = 'waiting')
            + (select count(*) from freehold.jobs where kind like 'billing.%' and payload::jsonb ? 'event')";
        delivered && database.query_one(open, &[]).await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
    assert_told(&shelf, &database).await;
    assert_once(&database).await;
    assert_same(&shelf, &database, &payers).await;
    server.stop().await;
    postgres.stop().await;
}

/// Signs up a new user whose customer at Stripe names their organization.
async fn sign_up(shelf: &Shelf, site: &str, database: &tokio_postgres::Client, number: usize) -> Payer {
    let email = format!("payer-{number}@example.test");
    let person = json!({ "email": email, "password": "correct horse battery", "data": { "organization": email } });
    let request = shelf.client.request(Method::POST, format!("{site}/auth/v1/signup")).json(&person);
    shelf.client.send(request).await.unwrap().expect(200);
    let of = "select m.tenant_id::text from freehold.members as m join auth.users as u on u.id = m.user_id where u.email = $1";
    let tenant: String = database.query_one(of, &[&email]).await.unwrap().get(0);
    let customer = shelf.post("/v1/customers", &format!("metadata[freehold_tenant]={tenant}")).await;
    Payer { tenant, customer: text(&customer, "/id") }
}

/// Asserts that every event of Stripe for us is in the inbox once and was processed.
async fn assert_told(shelf: &Shelf, database: &tokio_postgres::Client) {
    let events = shelf.events().await;
    let sent = events.iter().filter(|event| EVENTS.contains(&event["type"].as_str().unwrap()));
    let sent: BTreeSet<String> = sent.map(|event| text(event, "/id")).collect();
    let rows = database.query("select event_id, state, times from freehold.stripe_events", &[]).await.unwrap();
    let kept: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(kept, sent);
    let undone: Vec<String> = rows.iter().filter(|row| row.get::<_, &str>(1) != "done").map(|row| row.get(0)).collect();
    assert_eq!(undone, Vec::<String>::new(), "events that were not dealt with");
    let twice = rows.iter().filter(|row| row.get::<_, i32>(2) > 1).count();
    println!("{} events in the inbox, {twice} of which came more than once", sent.len());
    assert!(twice > 0);
}

/// Asserts that no effect of an event happened twice, and that no job is a dead letter.
async fn assert_once(database: &tokio_postgres::Client) {
    let dead = "select kind || ': ' || coalesce(error, '') from freehold.jobs where state = 'dead'";
    let dead: Vec<String> = database.query(dead, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(dead, Vec::<String>::new());
    for (what, sql) in [
        (
            "events without an audit entry of their own, or the other way round",
            "select count(*) from (select tenant_id, id from freehold.events where type like 'billing.%') as e
             full join (select tenant_id, entry_id as id from freehold.audit_entries where action like 'billing.%') as a
             using (tenant_id, id) where e.id is null or a.id is null",
        ),
        (
            "changes of a state or plan that do not begin where the one before ended",
            "select count(*) from (
               select data->>'from' as was, data->>'to' as now, lag(data->>'to') over chain as before
               from freehold.events where type in ('billing.state_changed', 'billing.plan_changed')
               window chain as (partition by tenant_id, type order by occurred_at, position)
             ) as steps where was = now or before is distinct from was and before is not null",
        ),
        (
            "subscriptions that were told more or less than once",
            "select count(*) from (
               select tenant_id from freehold.events where type = 'billing.state_changed' and data->>'from' = 'free'
               group by tenant_id having count(*) > 1
             ) as told",
        ),
        (
            "payments that failed without exactly one mail",
            "select count(*) from freehold.billing_accounts as a where (a.state = 'past_due')::int <> (
               select count(*) from freehold.mails as m where m.cause like 'billing/' || a.tenant_id || '/payment_failed/%')",
        ),
    ] {
        assert_eq!(database.query_one(sql, &[]).await.unwrap().get::<_, i64>(0), 0, "{what}");
    }
}

/// Asserts that Freehold agrees with Stripe.
async fn assert_same(shelf: &Shelf, database: &tokio_postgres::Client, payers: &[Payer]) {
    let mut owing = 0;
    for payer in payers {
        let subscription = shelf.subscription(payer).await;
        let price = text(&subscription, "/items/data/0/price/id");
        let plan = if price == shelf.prices[0] { "starter" } else { "pro" };
        let status = text(&subscription, "/status");
        let sql = "select s.subscription_id, s.status, s.plan, s.price_id, a.state, t.plan, t.standing
            from freehold.tenants as t join freehold.billing_accounts as a using (tenant_id)
            join freehold.subscriptions as s using (tenant_id) where t.tenant_id = $1::text::uuid";
        let rows = database.query(sql, &[&payer.tenant]).await.unwrap();
        let found: Vec<Vec<String>> = rows.iter().map(|row| (0..7).map(|at| row.get(at)).collect()).collect();
        let id = text(&subscription, "/id");
        assert_eq!(found, [[id.as_str(), &status, plan, &price, &status, plan, "good"]]);
        owing += usize::from(status == "past_due");
    }
    assert_eq!(owing, ONCE / 2, "cards that failed");
}
