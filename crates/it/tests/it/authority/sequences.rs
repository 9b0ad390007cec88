//! Random sequences of granting and removing rights, on the real server and on a model that knows only the rule. Every
//! answer must be the one that the model expects, and at the end every credential must have exactly the rights that the
//! model says.
//!
//! `make soak` runs 5,000. `FREEHOLD_SEQUENCES` sets their number, `FREEHOLD_SEQUENCES_SEED` the seed; a failing one is
//! shrunk and printed.
//!
//! Read in this order: [`step`] has the steps, [`may`] what roles and callers may do, [`model`] the expected results, [`lane`] runs them on the server.

mod lane;
mod may;
mod model;
mod step;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

use crate::harness::{seed, size};
use lane::Lane;
use model::Model;
use step::{Step, steps};

/// How many sequences run in `make test`, and in `make soak`. 5,000 take 200 seconds of an idle machine.
const SEQUENCES: [u32; 2] = [500, 5_000];
/// Sequences that run in parallel.
const LANES: u32 = 3;

/// Runs a sequence on both, and compares.
async fn play(lane: &mut Lane, sequence: &[Step]) -> Result<(), TestCaseError> {
    lane.begin().await;
    let mut model = Model::default();
    for (number, step) in sequence.iter().enumerate() {
        let expected = model.take(step);
        let found = lane.take(step).await;
        // For a suspended organization a rejection may have two reasons, and either is accepted.
        let refused = model.is_suspended() && expected >= 400 && found >= 400;
        if expected != found && !refused {
            let message = format!("step {number}, {step:?}: the rule says {expected}, the server {found}");
            return Err(TestCaseError::fail(message));
        }
    }
    let differing = lane.differences(&model).await;
    prop_assert!(differing.is_empty(), "{}", differing.join("\n"));
    Ok(())
}

#[test]
fn nothing_that_was_given_outlives_what_its_giver_may_do() {
    let count = size("FREEHOLD_SEQUENCES", SEQUENCES[0], SEQUENCES[1]);
    let seed = seed("FREEHOLD_SEQUENCES_SEED");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (begun, played, taken) = (Instant::now(), AtomicUsize::new(0), AtomicUsize::new(0));
    let play_lane = |number: u32| {
        let lane = tokio::sync::Mutex::new(runtime.block_on(Lane::open()));
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&seed.to_le_bytes());
        bytes[4..8].copy_from_slice(&number.to_le_bytes());
        let config = Config {
            cases: count.div_ceil(LANES),
            max_shrink_iters: 400,
            failure_persistence: None,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let result = runner.run(&steps(), |sequence| {
            played.fetch_add(1, Ordering::Relaxed);
            taken.fetch_add(sequence.len(), Ordering::Relaxed);
            runtime.block_on(async { play(&mut *lane.lock().await, &sequence).await })
        });
        if let Err(TestError::Fail(why, sequence)) = &result {
            panic!("lane {number}, shrunk to {sequence:#?}\n{why}");
        }
        result.unwrap();
    };
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|number| scope.spawn(move || play_lane(number))).collect();
        for lane in lanes {
            lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    println!("{} sequences of {} steps in {:.1?}", played.into_inner(), taken.into_inner(), begun.elapsed());
}
