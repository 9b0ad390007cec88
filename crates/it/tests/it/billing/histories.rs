//! Whatever happens at Stripe, and whatever happens to its webhooks: after [`reconcile`] Freehold has the same state as
//! Stripe, at most one subscription runs, and no tenant has paid twice without a refund. And while no webhook is lost,
//! webhooks alone are enough, however often and in whatever order they arrive.
//!
//! `make soak` runs 2,000. `FREEHOLD_HISTORIES` sets their number, `FREEHOLD_HISTORIES_SEED` the seed; a failing one is
//! shrunk, printed, and its seed stored in `histories.proptest-regressions`, which is tried first the next time.
//!
//! Read in this order: [`history`] has the operations, [`lane`] runs them, [`oracle`] computes the expected state.

mod history;
mod lane;
mod oracle;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use crate::harness::{seed, size};
use freehold_billing::{reconcile::reconcile, settle::sweep::sweep};
use history::{History, Play, histories};
use lane::{Lane, Payer};
use oracle::{Known, money, truth};
use proptest::test_runner::{
    Config, FileFailurePersistence, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
};
use serde_json::Value;

/// How many histories run in `make test`, and in `make soak`.
const HISTORIES: [u32; 2] = [200, 2_000];
/// The same for histories without a lost webhook.
const WITHOUT_LOSS: [u32; 2] = [200, 2_000];
/// Histories that run in parallel; every other lane sells a product without a free plan.
const LANES: u32 = 4;
const REGRESSIONS: &str = "tests/it/billing/histories.proptest-regressions";

/// What repairs the state after lost webhooks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mend {
    /// The daily reconciliation.
    Reconcile,
    /// Nothing: all webhooks arrived, and the sweep runs as usual.
    Webhooks,
}

/// Runs one history, and compares the results.
async fn tell(lane: &Lane, history: &History, mend: Mend) -> Result<(), TestCaseError> {
    lane.forget().await;
    let told = tell_on(lane, history, mend).await;
    if told.is_err() {
        // The history may have ended in the middle of an operation.
        lane.settle().await;
    }
    told
}

async fn tell_on(lane: &Lane, history: &History, mend: Mend) -> Result<(), TestCaseError> {
    history.knobs(lane).await;
    let trial = history.trial;
    let payer = lane.payer(history.known, trial).await;
    let created = lane.now().as_second();
    let free = lane.default_plan == "free";
    let play = Play::of(lane, &payer);
    for op in &history.ops {
        play.op(op).await;
    }
    let known = Known { created, trial_end: None, free, now: lane.now().as_second() };
    if mend == Mend::Reconcile {
        // A tenant that never bought anything changes by time only, and not by reconciling. Webhooks still arrive
        // meanwhile.
        sweep(&lane.billing).await.unwrap();
        let report = reconcile(&lane.billing).await.unwrap();
        if !report.failed.is_empty() || !report.strange.is_empty() {
            return Err(TestCaseError::fail(format!("{report:?}")));
        }
        compare(lane, &payer, known, history, "after the round").await?;
    }
    lane.settle().await;
    if lane.lost().await > 0 {
        return Err(TestCaseError::fail("events that nobody dealt with"));
    }
    sweep(&lane.billing).await.unwrap();
    compare(lane, &payer, known, history, "after all webhooks").await
}

async fn compare(
    lane: &Lane,
    payer: &Payer,
    known: Known,
    history: &History,
    when: &'static str,
) -> Result<(), TestCaseError> {
    let mut found = lane.projection(payer.tenant).await;
    // Begins at sign-up, or when billing first sees the tenant.
    let trial_end = found.as_object_mut().unwrap().remove("trial_end").and_then(|end| end.as_i64());
    if history.trial && !known.free {
        assert_eq!(trial_end, Some(known.created + 14 * 86_400));
    }
    let expected = truth(lane, payer, Known { trial_end, ..known }).await;
    // For a customer that has bought nothing, only its own event names the tenant, and that may be lost or still
    // waiting.
    let unheard = !history.known && !history.trial && expected["subscriptions"] == serde_json::json!({});
    let wrong = money(lane, payer).await;
    if !wrong.is_empty() {
        return Err(TestCaseError::fail(format!("{when} at {}:\n{}", known.now, wrong.join("\n"))));
    }
    if found == expected || (unheard && (found["state"].is_null() || found["state"] == "free")) {
        return Ok(());
    }
    Err(TestCaseError::fail(format!("{when} at {}:\n{}", known.now, differences(&expected, &found, "").join("\n"))))
}

/// A line for each field that differs.
fn differences(expected: &Value, found: &Value, at: &str) -> Vec<String> {
    let (Value::Object(these), Value::Object(those)) = (expected, found) else {
        let line = format!("  {at}: Stripe says {expected}, Freehold says {found}");
        return if expected == found { Vec::new() } else { vec![line] };
    };
    let mut keys: Vec<&String> = these.keys().chain(those.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.iter().flat_map(|key| differences(&expected[*key], &found[*key], &format!("{at}/{key}"))).collect()
}

/// Runs this many histories in all lanes; returns their number, in words.
fn tell_all(count: [u32; 2], drop: u8, mend: Mend) -> String {
    let count = size("FREEHOLD_HISTORIES", count[0], count[1]);
    let seed = seed("FREEHOLD_HISTORIES_SEED");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (begun, told, operations) = (Instant::now(), AtomicUsize::new(0), AtomicUsize::new(0));
    let tell_lane = |number: u32| {
        let product = if number.is_multiple_of(2) { "voice" } else { "pharmacy" };
        let lane = runtime.block_on(Lane::open(product));
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&seed.to_le_bytes());
        bytes[4..8].copy_from_slice(&number.to_le_bytes());
        let config = Config {
            cases: count.div_ceil(LANES),
            max_shrink_iters: 400,
            failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let result = runner.run(&histories(drop), |history| {
            told.fetch_add(1, Ordering::Relaxed);
            operations.fetch_add(history.ops.len(), Ordering::Relaxed);
            runtime.block_on(tell(&lane, &history, mend))
        });
        if let Err(TestError::Fail(why, history)) = &result {
            panic!("{product}, lane {number}, shrunk to {history:?}\n{why}");
        }
        result.unwrap();
    };
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|number| scope.spawn(move || tell_lane(number))).collect();
        for lane in lanes {
            lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    format!("{} histories of {} operations in {:.1?}", told.into_inner(), operations.into_inner(), begun.elapsed())
}

#[test]
fn after_a_round_freehold_says_what_stripe_says() {
    println!("{}", tell_all(HISTORIES, 60, Mend::Reconcile));
}

#[test]
fn webhooks_alone_are_enough_while_none_is_lost() {
    println!("{}", tell_all(WITHOUT_LOSS, 0, Mend::Webhooks));
}
