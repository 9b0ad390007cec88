//! Changes are written and chained at the same time: nobody waits, nothing is left out.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use freehold_core::{Caller, TenantId};
use freehold_db::audit::{NewEntry, audit_append};
use freehold_jobs::outbox::event_publish;
use freehold_tenancy::{audit::audit_chain, event::MemberRemoved};
use tokio::task::JoinSet;

use crate::{
    export,
    harness::{app::TestApp, eventually, size},
    verified,
};

/// How many changes run at once.
const AT_ONCE: u32 = 16;

/// A caller for an organization of their own.
async fn caller(app: &TestApp) -> Caller {
    let owner = app.test.person().await;
    let tenant = app.test.tenant(owner).await;
    caller_of(app, tenant)
}

fn caller_of(app: &TestApp, tenant: TenantId) -> Caller {
    let template = app.test.caller();
    let (session, plan) = (app.test.ids.next(), template.plan().clone());
    Caller::member(tenant, template.user().unwrap(), session, template.bounds().clone(), plan, template.standing())
}

/// A change as most are: an event, and the entry with its id.
async fn change(app: &TestApp, caller: &Caller) -> String {
    let mut tx = app.backbone.db.tenant(caller).begin().await.unwrap();
    let event = event_publish(&mut tx, &MemberRemoved { user_id: caller.user().unwrap() }).await.unwrap();
    audit_append(&mut tx, NewEntry::of_event(event, "member.removed", caller.user().unwrap())).await.unwrap();
    tx.commit().await.unwrap();
    event.to_string()
}

/// Makes this many changes of the caller's organization, several at once. Returns the ids of their entries.
async fn changes(app: &Arc<TestApp>, caller: &Caller, count: u32) -> BTreeSet<String> {
    changes_of(app, std::slice::from_ref(caller), count).await
}

/// The same, of the organizations of these callers in turns.
async fn changes_of(app: &Arc<TestApp>, callers: &[Caller], count: u32) -> BTreeSet<String> {
    let mut tasks = JoinSet::new();
    for lane in 0..AT_ONCE {
        let (app, caller) = (app.clone(), callers[lane as usize % callers.len()].clone());
        tasks.spawn(async move {
            let mut ids = Vec::new();
            for _ in (lane..count).step_by(AT_ONCE as usize) {
                ids.push(change(&app, &caller).await);
            }
            ids
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

/// Chains what is committed, again and again.
struct Chaining {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<u64>,
}

impl Chaining {
    /// With this many processes, as it were.
    fn start(app: &Arc<TestApp>, processes: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for _ in 0..processes {
            let (app, stop) = (app.clone(), stop.clone());
            tasks.spawn(async move {
                let mut chained = 0;
                while !stop.load(Ordering::Relaxed) {
                    chained += audit_chain(&app.backbone.infra).await.unwrap();
                    tokio::task::yield_now().await;
                }
                chained
            });
        }
        Self { stop, tasks }
    }

    /// Returns how many entries were chained meanwhile.
    async fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.tasks.join_all().await.into_iter().sum()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_changes_form_one_chain_without_a_gap() {
    let app = Arc::new(TestApp::new().await);
    let owner = app.owner().await;
    let caller = caller_of(&app, owner.organization.parse().unwrap());
    let count = size("FREEHOLD_CHANGES", 2000, 10_000);
    let chaining = Chaining::start(&app, 2);
    let since = Instant::now();
    let mut ids = changes(&app, &caller, count).await;
    let took = since.elapsed();
    let meanwhile = chaining.stop().await;
    audit_chain(&app.backbone.infra).await.unwrap();

    // Without the key of the owner, which was created by a request.
    let file = export(&app, &owner, "").await;
    let whole = verified(&file).unwrap();
    assert_eq!((whole.first, whole.head.number), (1, i64::from(count) + 1));
    for line in file.split(|byte| *byte == b'\n').skip(1).filter(|line| !line.is_empty()) {
        let entry: serde_json::Value = serde_json::from_slice(line).unwrap();
        assert!(ids.remove(entry["id"].as_str().unwrap()) || entry["action"] == "key.created", "{entry}");
    }
    assert!(ids.is_empty(), "{} changes are not in the chain", ids.len());
    assert_eq!(app.count("select count(*) from freehold.audit_entries where number is null").await, 0);
    println!(
        "{count} concurrent changes of one organization in {took:.1?}, {meanwhile} of them chained meanwhile by two \
         processes: one chain, numbers 1 to {}",
        whole.head.number
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_do_not_wait_for_the_chain_nor_for_each_other() {
    let app = Arc::new(TestApp::new().await);
    let caller = caller(&app).await;
    change(&app, &caller).await;
    audit_chain(&app.backbone.infra).await.unwrap();
    // Another process is in the middle of chaining this organization, and a change is not committed yet.
    let admin = app.test.admin().await;
    admin.batch_execute("begin; select from freehold.audit_chains for update").await.unwrap();
    let mut open = app.backbone.db.tenant(&caller).begin().await.unwrap();
    let entry = NewEntry::new(open.id(), "member.removed", "open");
    audit_append(&mut open, entry).await.unwrap();
    // If one of these waited, it would wait for ever.
    tokio::time::timeout(Duration::from_mins(1), changes(&app, &caller, 64)).await.unwrap();

    // Another organization's chain goes on as well.
    let other = self::caller(&app).await;
    change(&app, &other).await;
    let chained = freehold_tenancy::audit::tenant_chain(&app.backbone.infra, other.tenant());
    assert_eq!(tokio::time::timeout(Duration::from_mins(1), chained).await.unwrap().unwrap(), 1);
    drop(open);
    admin.batch_execute("rollback").await.unwrap();
    assert_eq!(audit_chain(&app.backbone.infra).await.unwrap(), 64);
}

#[tokio::test]
async fn an_entry_that_commits_late_is_chained_all_the_same() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let caller = caller_of(&app, owner.organization.parse().unwrap());
    let mut late = app.backbone.db.tenant(&caller).begin().await.unwrap();
    let entry = NewEntry::new(late.id(), "member.removed", "late");
    audit_append(&mut late, entry).await.unwrap();
    app.advance_seconds(5);
    change(&app, &caller).await;
    audit_chain(&app.backbone.infra).await.unwrap();
    late.commit().await.unwrap();
    assert_eq!(app.count("select count(*) from freehold.audit_entries where number is null").await, 1);
    audit_chain(&app.backbone.infra).await.unwrap();
    let last = "select number from freehold.audit_entries where subject = 'late'";
    assert_eq!(app.count(last).await, 3);
    assert_eq!(verified(&export(&app, &owner, "").await).unwrap().head.number, 3);
}

#[tokio::test]
async fn entries_that_are_never_chained_are_counted_as_late() {
    let app = TestApp::new().await;
    change(&app, &caller(&app).await).await;
    assert_eq!(freehold_tenancy::audit::audit_late(&app.backbone.db).await.unwrap(), 0);
    app.advance_seconds(61);
    assert_eq!(freehold_tenancy::audit::audit_late(&app.backbone.db).await.unwrap(), 1);
    audit_chain(&app.backbone.infra).await.unwrap();
    assert_eq!(freehold_tenancy::audit::audit_late(&app.backbone.db).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_chains_entries_by_itself() {
    let app = Arc::new(TestApp::new().await);
    change(&app, &caller(&app).await).await;
    let worker = freehold_compose::worker(&app.backbone, freehold_jobs::WorkerSettings::default());
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let working = tokio::spawn(worker.run(stopping));
    let waiting = "select count(*) from freehold.audit_entries where number is null";
    eventually("the entry is chained", async || {
        app.advance_seconds(1);
        app.count(waiting).await == 0
    })
    .await;
    stop.send_replace(true);
    working.await.unwrap();
}

/// What the chain costs concurrent changes, in one run: changes of one organization and of sixteen, while another process
/// chains without a pause, and without it, in turns. If changes of one organization waited for each other, the chain
/// would slow those of one organization down more than those of sixteen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cost_of_the_chain_for_concurrent_changes() {
    let app = Arc::new(TestApp::new().await);
    let count = size("FREEHOLD_CHAIN_COST", 160, 2000);
    let mut callers = Vec::new();
    for _ in 0..AT_ONCE {
        callers.push(caller(&app).await);
    }
    let mut took = [[Duration::ZERO; 2]; 2];
    for round in 0..6 {
        for (organizations, taken) in [1, callers.len()].into_iter().zip(&mut took) {
            for (chained, taken) in [false, true].into_iter().zip(taken) {
                let chaining = chained.then(|| Chaining::start(&app, 1));
                let since = Instant::now();
                changes_of(&app, &callers[..organizations], count).await;
                // The first round only warms up.
                *taken += if round == 0 { Duration::ZERO } else { since.elapsed() };
                if let Some(chaining) = chaining {
                    chaining.stop().await;
                }
                audit_chain(&app.backbone.infra).await.unwrap();
            }
        }
    }
    for (organizations, [without, with]) in [1, callers.len()].into_iter().zip(took) {
        let ratio = without.as_secs_f64() / with.as_secs_f64();
        println!(
            "{count} x 5 changes of {organizations} organizations, 16 at once: {without:.1?} without the chain, {with:.1?} \
             with it: ratio {ratio:.2}"
        );
    }
    let all = i64::from(count) * 6 * 4;
    assert_eq!(app.count("select count(*) from freehold.audit_entries where number is not null").await, all);
    assert_eq!(app.count("select sum(number)::bigint from freehold.audit_chains").await, all);
}
