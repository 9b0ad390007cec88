//! The order in which tenants' jobs are claimed.

use freehold_core::{Caller, TenantId};
use freehold_jobs::{JobKind, NewJob};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use super::{PLAIN, enqueue, enqueue_as, enqueue_many, named, new};
use crate::harness::TestDatabase;

const OTHER: JobKind = JobKind::named("it.other");
const UNKNOWN: JobKind = JobKind::named("it.unknown");
const NO_LIMIT: i32 = i32::MAX;

/// A worker that claims jobs and runs none.
struct Claimer {
    client: Client,
    worker: Uuid,
    turn: (Uuid, i32),
}

struct Claimed {
    tenant: Uuid,
    id: Uuid,
    payload: Value,
}

impl Claimer {
    async fn new(test: &TestDatabase) -> Self {
        let client = test.admin().await;
        let worker = test.uuid();
        let insert = "insert into freehold.workers (id, lease_until) values ($1, 'infinity')";
        client.execute(insert, &[&worker]).await.unwrap();
        client.batch_execute("set role freehold_system").await.unwrap();
        Self { client, worker, turn: (Uuid::nil(), 0) }
    }

    /// Claims up to this many jobs, in the fair order.
    async fn claim(&mut self, test: &TestDatabase, kinds: &[(&JobKind, i32)], slots: i32) -> Vec<Claimed> {
        let names: Vec<&str> = kinds.iter().map(|(kind, _)| kind.name).collect();
        let limits: Vec<i32> = kinds.iter().map(|(_, limit)| *limit).collect();
        let query = "select tenant_id, id, payload, turns from freehold.jobs_claim($1, $2, $3, $4, $5, $6, $7, '{}', '{}', '{}', '{}', '{}') order by place";
        let (after, taken) = self.turn;
        let now = test.clock.now();
        let rows =
            self.client.query(query, &[&self.worker, &names, &limits, &after, &taken, &slots, &now]).await.unwrap();
        if let Some(last) = rows.last() {
            self.turn = (last.get("tenant_id"), last.get("turns"));
        }
        let claimed = |row: &tokio_postgres::Row| Claimed {
            tenant: row.get("tenant_id"),
            id: row.get("id"),
            payload: row.get("payload"),
        };
        rows.iter().map(claimed).collect()
    }

    /// Number of pages that a successful claim reads.
    async fn pages(&self, test: &TestDatabase) -> i64 {
        let query = "explain (analyze, buffers, format json)
            select * from freehold.jobs_claim($1, array['it.plain'], array[2147483647], $2, 0, 16, $3, '{}', '{}', '{}', '{}', '{}')";
        let row = self.client.query_one(query, &[&self.worker, &Uuid::nil(), &test.clock.now()]).await.unwrap();
        pages(&row.get(0))
    }

    /// Number of pages that are read to end these claimed jobs.
    async fn pages_to_end(&self, claimed: &[Claimed]) -> i64 {
        let query = "explain (analyze, buffers, format json) select freehold.jobs_done($1, $2, $3)";
        let tenants: Vec<Uuid> = claimed.iter().map(|job| job.tenant).collect();
        let ids: Vec<Uuid> = claimed.iter().map(|job| job.id).collect();
        let row = self.client.query_one(query, &[&tenants, &ids, &vec![1_i32; claimed.len()]]).await.unwrap();
        pages(&row.get(0))
    }
}

fn pages(plan: &Value) -> i64 {
    let blocks = |name: &str| plan.pointer(&format!("/0/Plan/{name} Blocks")).and_then(Value::as_i64).unwrap();
    blocks("Shared Hit") + blocks("Shared Read")
}

fn of(claimed: &[Claimed], tenant: TenantId) -> usize {
    claimed.iter().filter(|job| job.tenant == tenant.uuid()).count()
}

/// Inserts many jobs without a request for each.
async fn heap(test: &TestDatabase, caller: &Caller, kind: &str, count: i32) {
    heap_by(&test.admin().await, test, caller, kind, count).await;
}

async fn heap_by(admin: &Client, test: &TestDatabase, caller: &Caller, kind: &str, count: i32) {
    let insert =
        "insert into freehold.jobs (tenant_id, id, kind, state, run_at, urgency, weight, attempts, created_at, payload)
        select $1, gen_random_uuid(), $2, 'waiting', $3, 0, 1, 5, $3, '{}' from generate_series(1, $4)";
    let (tenant, now) = (caller.tenant().uuid(), test.clock.now());
    admin.execute(insert, &[&tenant, &kind, &now, &count]).await.unwrap();
}

#[tokio::test]
async fn a_hundred_thousand_jobs_of_one_tenant_do_not_delay_anothers_first() {
    let test = TestDatabase::new().await;
    let (noisy, quiet) = (test.caller(), test.caller());
    heap(&test, &noisy, PLAIN.name, 100).await;
    let mut claimer = Claimer::new(&test).await;
    // The first claim on a connection also plans the statement.
    claimer.pages(&test).await;
    let with_few = claimer.pages(&test).await;
    heap(&test, &noisy, PLAIN.name, 100_000).await;
    let with_many = claimer.pages(&test).await;
    println!("a claim of 16 looks at {with_few} pages with 100 jobs waiting, and at {with_many} with 100,000");
    assert!(with_many < with_few * 3, "claiming looks at {with_many} pages instead of {with_few}");

    // Whichever tenant came last: the new tenant's first job is in the next claim.
    for round in 0..4 {
        let first = enqueue(&test, &quiet, &PLAIN).await;
        let claimed = claimer.claim(&test, &[(&PLAIN, NO_LIMIT)], 2).await;
        assert_eq!(claimed.len(), 2);
        assert!(claimed.iter().any(|job| job.id == first.uuid()), "not in round {round}");
    }
}

/// Uncommitted rows are in the indexes already, but not in the planner's statistics.
#[tokio::test]
async fn nor_when_the_planner_counted_before_they_were_committed() {
    let test = TestDatabase::new().await;
    let (noisy, writer) = (test.caller(), test.admin().await);
    heap(&test, &noisy, PLAIN.name, 100).await;
    writer.batch_execute("begin").await.unwrap();
    heap_by(&writer, &test, &noisy, PLAIN.name, 100_000).await;
    test.admin().await.batch_execute("analyze freehold.jobs").await.unwrap();
    writer.batch_execute("commit").await.unwrap();
    let claimer = Claimer::new(&test).await;
    // The first claim on a connection also plans the statement.
    claimer.pages(&test).await;
    let pages = claimer.pages(&test).await;
    println!("a claim of 16 looks at {pages} pages");
    assert!(pages < 1000, "claiming looks at {pages} pages");
}

#[tokio::test]
async fn ending_jobs_takes_no_longer_because_more_run() {
    let test = TestDatabase::new().await;
    heap(&test, &test.caller(), PLAIN.name, 6000).await;
    // The planner learns that no job is running.
    test.admin().await.batch_execute("vacuum analyze freehold.jobs").await.unwrap();
    let mut claimer = Claimer::new(&test).await;
    claimer.pages_to_end(&[]).await;
    let first = claimer.claim(&test, &[(&PLAIN, NO_LIMIT)], 200).await;
    let with_few = claimer.pages_to_end(&first[..100]).await;
    claimer.claim(&test, &[(&PLAIN, NO_LIMIT)], 5000).await;
    let with_many = claimer.pages_to_end(&first[100..]).await;
    println!("ending 100 jobs looks at {with_few} pages with 200 running, and at {with_many} with 5,100");
    assert!(with_many < with_few * 2, "ending jobs looks at {with_many} pages instead of {with_few}");
}

#[tokio::test]
async fn tenants_take_turns_whatever_the_number_of_free_slots() {
    let test = TestDatabase::new().await;
    let callers: Vec<Caller> = (0..5).map(|_| test.caller()).collect();
    for caller in &callers {
        heap(&test, caller, PLAIN.name, 200).await;
    }
    for slots in [1, 2, 3, 7, 16, 40] {
        let mut claimer = Claimer::new(&test).await;
        let mut claimed = Vec::new();
        while claimed.len() < 80 {
            claimed.extend(claimer.claim(&test, &[(&PLAIN, NO_LIMIT)], slots).await);
        }
        claimed.truncate(80);
        let shares: Vec<usize> = callers.iter().map(|caller| of(&claimed, caller.tenant())).collect();
        assert_eq!(shares, [16; 5], "with {slots} slots free");
    }
}

#[tokio::test]
async fn a_plan_of_weight_two_gets_two_turns_for_each_turn_of_another() {
    let test = TestDatabase::new().await;
    let (one, two, five) = (test.caller(), test.caller(), test.caller());
    for (caller, weight) in [(&one, 1), (&two, 2), (&five, 5)] {
        enqueue_many(&test, caller, &PLAIN, weight, 200).await;
    }
    for slots in [1, 3, 8, 40] {
        let mut claimer = Claimer::new(&test).await;
        let mut claimed = Vec::new();
        while claimed.len() < 80 {
            claimed.extend(claimer.claim(&test, &[(&PLAIN, NO_LIMIT)], slots).await);
        }
        claimed.truncate(80);
        let shares = [&one, &two, &five].map(|caller| of(&claimed, caller.tenant()));
        assert_eq!(shares, [10, 20, 50], "with {slots} slots free");
    }
}

#[tokio::test]
async fn unused_slots_go_to_tenants_with_work() {
    let test = TestDatabase::new().await;
    let (little, much) = (test.caller(), test.caller());
    enqueue_many(&test, &little, &PLAIN, 9, 2).await;
    enqueue_many(&test, &much, &PLAIN, 1, 100).await;
    let claimed = Claimer::new(&test).await.claim(&test, &[(&PLAIN, NO_LIMIT)], 40).await;
    assert_eq!((of(&claimed, little.tenant()), of(&claimed, much.tenant())), (2, 38));
}

#[tokio::test]
async fn within_a_tenant_urgency_goes_first_then_age_over_all_kinds() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let soon = |seconds: i64| test.clock.now() - SignedDuration::from_secs(seconds);
    for (name, kind, urgency, run_at) in [
        ("young", &PLAIN, 0, soon(1)),
        ("old", &OTHER, 0, soon(9)),
        ("urgent", &OTHER, 5, soon(0)),
        ("calm", &PLAIN, -5, soon(99)),
        ("urgent and old", &PLAIN, 5, soon(3)),
    ] {
        let job = NewJob { payload: json!({ "name": name }), urgency, run_at, ..new(&test, kind) };
        enqueue_as(&test, &caller, job).await;
    }
    let mut claimer = Claimer::new(&test).await;
    let mut order = Vec::new();
    while let [job] = claimer.claim(&test, &[(&PLAIN, NO_LIMIT), (&OTHER, NO_LIMIT)], 1).await.as_slice() {
        order.push(named(&job.payload));
    }
    assert_eq!(order, ["urgent and old", "urgent", "old", "young", "calm"]);
}

#[tokio::test]
async fn a_tenant_at_its_limit_uses_up_no_turn() {
    let test = TestDatabase::new().await;
    let full: Vec<Caller> = (0..30).map(|_| test.caller()).collect();
    let (strange, free) = (test.caller(), test.caller());
    for caller in &full {
        heap(&test, caller, PLAIN.name, 3).await;
    }
    heap(&test, &strange, UNKNOWN.name, 1000).await;
    let mut claimer = Claimer::new(&test).await;
    let kinds = [(&PLAIN, 1), (&OTHER, NO_LIMIT)];
    let claimed = claimer.claim(&test, &kinds, 100).await;
    assert_eq!(claimed.len(), 30, "each one, and nothing of a kind that the worker does not know");
    assert!(claimer.claim(&test, &kinds, 2).await.is_empty());

    heap(&test, &full[3], OTHER.name, 1).await;
    enqueue(&test, &free, &PLAIN).await;
    let claimed = claimer.claim(&test, &kinds, 2).await;
    assert_eq!((of(&claimed, full[3].tenant()), of(&claimed, free.tenant())), (1, 1));
}

#[tokio::test]
async fn a_job_is_not_begun_before_its_time() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let run_at = test.clock.now() + SignedDuration::from_secs(10);
    enqueue_as(&test, &caller, NewJob { run_at, ..new(&test, &PLAIN) }).await;
    let mut claimer = Claimer::new(&test).await;
    test.clock.advance(SignedDuration::from_secs(10) - SignedDuration::from_micros(1));
    assert!(claimer.claim(&test, &[(&PLAIN, NO_LIMIT)], 5).await.is_empty());
    test.clock.advance(SignedDuration::from_micros(1));
    assert_eq!(claimer.claim(&test, &[(&PLAIN, NO_LIMIT)], 5).await.len(), 1);
}

/// A claim skips the lanes that it is told to skip, and no others, wherever they are.
#[tokio::test]
async fn what_was_seen_is_left_out_and_nothing_else() {
    let test = TestDatabase::new().await;
    let callers: Vec<Caller> = (0..6).map(|_| test.caller()).collect();
    let kinds = [&OTHER, &PLAIN, &UNKNOWN];
    for caller in &callers {
        for kind in kinds {
            for (urgency, age) in [(0, 1), (0, 2), (0, 3), (4, 1), (-4, 9)] {
                let run_at = test.clock.now() - SignedDuration::from_secs(age);
                enqueue_as(&test, caller, NewJob { urgency, run_at, ..new(&test, kind) }).await;
            }
        }
    }
    let claimer = Claimer::new(&test).await;
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    let now = test.clock.now();
    // Every subset of six lanes that come before, with and after each other.
    let lanes: Vec<(Uuid, &str)> =
        [(0, 0), (0, 2), (2, 1), (3, 0), (3, 1), (5, 2)].map(|(t, k)| (callers[t].tenant().uuid(), names[k])).into();
    for subset in 0_u32..64 {
        let seen: Vec<_> = (0..6).filter(|bit| subset & (1 << bit) != 0).map(|bit| lanes[bit]).collect();
        let tenants: Vec<Uuid> = seen.iter().map(|lane| lane.0).collect();
        let seen_kinds: Vec<&str> = seen.iter().map(|lane| lane.1).collect();
        let (weights, urgencies) = (vec![1_i16; seen.len()], vec![0_i16; seen.len()]);
        let run_at = vec![now - SignedDuration::from_secs(2); seen.len()];
        let after = callers[usize::try_from(subset % 6).unwrap()].tenant().uuid();
        claimer.client.batch_execute("begin").await.unwrap();
        let query = "select tenant_id, kind, count(*), min(urgency), max(urgency), count(distinct id)
            from freehold.jobs_claim($1, $2, array[2147483647, 2147483647, 2147483647], $3, 0, 1000, $4, $5, $6, $7, $8, $9)
            group by 1, 2";
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 9] =
            [&claimer.worker, &names, &after, &now, &tenants, &seen_kinds, &weights, &urgencies, &run_at];
        let rows = claimer.client.query(query, &params).await.unwrap();
        assert_eq!(rows.len(), 18, "{seen:?}");
        for row in rows {
            let lane: (Uuid, String) = (row.get(0), row.get(1));
            let found: (i64, i16, i16, i64) = (row.get(2), row.get(3), row.get(4), row.get(5));
            // The urgent one and the oldest come before the position.
            let expected = if seen.contains(&(lane.0, lane.1.as_str())) { (3, -4, 0, 3) } else { (5, -4, 4, 5) };
            assert_eq!(found, expected, "{lane:?} of {seen:?}");
        }
        claimer.client.batch_execute("rollback").await.unwrap();
    }
}

#[tokio::test]
async fn cancelling_a_job_delays_no_other_claim() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (first, second) = (enqueue(&test, &caller, &PLAIN).await, enqueue(&test, &caller, &PLAIN).await);
    let mut cancelling = test.db.tenant(&caller).begin().await.unwrap();
    freehold_jobs::job_cancel(&mut cancelling, first).await.unwrap();
    let claimed = Claimer::new(&test).await.claim(&test, &[(&PLAIN, NO_LIMIT)], 5).await;
    assert_eq!(claimed.iter().map(|job| job.id).collect::<Vec<_>>(), [second.uuid()]);
    cancelling.commit().await.unwrap();
}

#[tokio::test]
async fn a_worker_that_is_no_longer_registered_gets_nothing() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    enqueue(&test, &caller, &PLAIN).await;
    let mut claimer = Claimer::new(&test).await;
    claimer.client.execute("delete from freehold.workers", &[]).await.unwrap();
    assert!(claimer.claim(&test, &[(&PLAIN, NO_LIMIT)], 5).await.is_empty());
}
