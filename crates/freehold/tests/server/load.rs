//! Clients that create runs and repeat each request until it is answered, and the checks of all counts afterwards.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    client::{Tenant, text},
    postgres::connect,
};

/// How many clients create runs at the same time.
const CLIENTS: usize = 8;
/// Most runs of each client, so that a test that takes longer on a slow machine does not have more runs to check.
const MOST: usize = 1_000;
/// The pause between a failed request and its retry.
const PAUSE: Duration = Duration::from_millis(20);

/// The running clients.
pub(crate) struct Load {
    tenant: Tenant,
    /// The server's present address.
    site: Arc<Mutex<String>>,
    stop: Arc<AtomicBool>,
    clients: JoinSet<Vec<Made>>,
}

/// A run that was acknowledged.
struct Made {
    key: String,
    id: String,
    live: bool,
    tries: u32,
}

impl Load {
    /// Starts the clients.
    pub(crate) fn start(tenant: &Tenant, site: &str) -> Self {
        let site = Arc::new(Mutex::new(site.to_owned()));
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            clients.spawn(work(number, tenant.clone(), Arc::clone(&site), Arc::clone(&stop)));
        }
        Self { tenant: tenant.clone(), site, stop, clients }
    }

    /// Uses the server at this address from now on.
    pub(crate) fn moved(&self, site: &str) {
        site.clone_into(&mut self.site.lock().unwrap());
    }

    /// Lets all clients finish, and compares all records: what was acknowledged, what the server returns, and what is
    /// in the database at `url`. Returns a summary in one sentence.
    pub(crate) async fn settle(self, url: &str) -> String {
        self.stop.store(true, Ordering::Relaxed);
        let made: Vec<Made> = self.clients.join_all().await.into_iter().flatten().collect();
        let site = self.site.lock().unwrap().clone();
        let acknowledged: HashSet<&str> = made.iter().map(|run| run.id.as_str()).collect();
        let keys: HashSet<&str> = made.iter().map(|run| run.key.as_str()).collect();
        assert_eq!((acknowledged.len(), keys.len()), (made.len(), made.len()), "each key has a run of its own");

        let listed = self.tenant.runs(&site).await;
        let existing: HashSet<&str> = listed.iter().map(String::as_str).collect();
        assert_eq!(existing.len(), listed.len(), "each run is listed once");
        assert!(existing == acknowledged, "{} runs exist, {} were acknowledged", existing.len(), acknowledged.len());

        let count = |live: bool| i64::try_from(made.iter().filter(|run| run.live == live).count()).unwrap();
        let (ended, live) = (count(false), count(true));
        assert_eq!(self.tenant.calls(&site).await, (ended, live), "usage and promises");
        assert_eq!(
            accounts(url, &self.tenant.slug).await,
            Accounts { events: ended, reservations: live, answers: ended + live, drift: 0 }
        );
        let tried_again = made.iter().filter(|run| run.tries > 1).count();
        format!("{ended} runs ended and {live} live ones acknowledged, {tried_again} of them after more than one try")
    }
}

/// The counts in the database.
#[derive(Debug, PartialEq, Eq)]
struct Accounts {
    events: i64,
    reservations: i64,
    answers: i64,
    drift: i64,
}

async fn accounts(url: &str, slug: &str) -> Accounts {
    let database = connect(url).await;
    let row = database
        .query_one(
            "select
               (select count(*) from freehold.usage_events as e where e.tenant_id = t.tenant_id and meter = 'calls'),
               (select count(*) from freehold.usage_reservations as r where r.tenant_id = t.tenant_id),
               (select count(*) from freehold.idempotent_answers as a
                where a.tenant_id = t.tenant_id and status = 201),
               (select count(*) from freehold.usage_drift)
             from freehold.tenants as t where slug = $1",
            &[&slug],
        )
        .await
        .unwrap();
    Accounts { events: row.get(0), reservations: row.get(1), answers: row.get(2), drift: row.get(3) }
}

/// One client: it creates one run after the other until the stop signal, and finishes the last one.
async fn work(number: usize, tenant: Tenant, site: Arc<Mutex<String>>, stop: Arc<AtomicBool>) -> Vec<Made> {
    let mut made: Vec<Made> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        if made.len() == MOST {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        let live = made.len() % 10 == 9;
        let body =
            if live { json!({ "inputs": tenant.sample["inputs"], "live": true }) } else { tenant.sample.clone() };
        let key = format!("client-{number}-run-{}", made.len());
        let (id, tries) = create(&tenant, &site, &key, &body).await;
        if made.len() % 10 == 5 {
            let (again, _) = create(&tenant, &site, &key, &body).await;
            assert_eq!(again, id, "a key that was answered is answered the same");
        }
        made.push(Made { key, id, live, tries });
    }
    made
}

/// Repeats the request until the run is created. It is retried when the server dies or cannot reach its database; any
/// other response is an error.
async fn create(tenant: &Tenant, site: &Mutex<String>, key: &str, body: &Value) -> (String, u32) {
    for tries in 1.. {
        let place = site.lock().unwrap().clone();
        match tenant.run(&place, key, body).await {
            Ok(answer) if answer.status == 201 => return (text(&answer.body, "/id"), tries),
            Ok(answer) => assert!(answer.is_unavailable(), "{answer:?}"),
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
    unreachable!("nobody tries four thousand million times")
}

/// Creates this many runs at the same time, distributed over these servers. Returns how many requests got which
/// response. When a server is too busy, the request is repeated with the same key.
pub(crate) async fn runs_at_once(tenant: &Tenant, sites: &[&str], runs: usize) -> BTreeMap<u16, usize> {
    let mut tasks = JoinSet::new();
    for number in 0..runs {
        let (tenant, site) = (tenant.clone(), sites[number % sites.len()].to_owned());
        tasks.spawn(async move {
            loop {
                let answer = tenant.run(&site, &format!("at-once-{number}"), &tenant.sample).await.unwrap();
                if !answer.is_unavailable() {
                    return answer.status;
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
    }
    let mut answers = BTreeMap::new();
    for status in tasks.join_all().await {
        *answers.entry(status).or_default() += 1;
    }
    answers
}
