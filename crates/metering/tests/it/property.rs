//! Random operations in any order, some rolled back: the total is the sum of its ledger, the reserved amount is the sum
//! of its reservations, and every answer is that of a model of thirty lines.

use std::collections::BTreeMap;

use freehold_core::{Caller, Error, codes};
use freehold_db::TenantTx;
use freehold_metering::usage::{Allowance, usage_commit, usage_record, usage_release, usage_reserve};
use jiff::{SignedDuration, Timestamp};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use uuid::Uuid;

use super::Shop;

/// How many sequences run in `make test`, and in `make soak`.
const SEQUENCES: [u32; 2] = [40, 1_000];
const OPERATIONS: usize = 30;
const METERS: [(&str, i64); 2] = [("calls", 50), ("things", 10)];

#[derive(Clone, Debug)]
enum Operation {
    Record {
        event: u8,
        quantity: i64,
    },
    Reserve {
        id: u8,
        quantity: i64,
        minutes: i64,
    },
    Commit {
        id: u8,
        quantity: i64,
    },
    Release {
        id: u8,
    },
    /// Time passes.
    Wait {
        minutes: i64,
    },
}

/// An operation on one of the meters, and whether its transaction is rolled back.
type Step = (Operation, usize, bool);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let operation = prop_oneof![
        3 => (0..12_u8, -3..15_i64).prop_map(|(event, quantity)| Operation::Record { event, quantity }),
        4 => (0..12_u8, 1..15_i64, 1..120_i64)
            .prop_map(|(id, quantity, minutes)| Operation::Reserve { id, quantity, minutes }),
        3 => (0..12_u8, 0..15_i64).prop_map(|(id, quantity)| Operation::Commit { id, quantity }),
        2 => (0..12_u8).prop_map(|id| Operation::Release { id }),
        1 => (1..90_i64).prop_map(|minutes| Operation::Wait { minutes }),
    ];
    prop::collection::vec((operation, 0..METERS.len(), prop::bool::weighted(0.2)), OPERATIONS)
}

/// The expected state of one meter of one tenant.
#[derive(Clone, Debug, Default)]
struct Model {
    ledger: BTreeMap<u8, i64>,
    promises: BTreeMap<u8, (i64, Timestamp)>,
}

impl Model {
    fn total(&self) -> i64 {
        self.ledger.values().sum::<i64>() + self.promised()
    }

    fn promised(&self) -> i64 {
        self.promises.values().map(|(quantity, _)| quantity).sum()
    }

    /// The answer: the total after the operation, or the total that left no room.
    fn apply(&mut self, operation: &Operation, limit: i64, now: Timestamp) -> Result<i64, i64> {
        match *operation {
            Operation::Record { event, quantity } if !self.ledger.contains_key(&event) => {
                if quantity > 0 {
                    self.room(quantity, limit, now)?;
                }
                self.ledger.insert(event, quantity);
            }
            Operation::Reserve { id, quantity, minutes }
                if !self.ledger.contains_key(&id) && !self.promises.contains_key(&id) =>
            {
                self.room(quantity, limit, now)?;
                self.promises.insert(id, (quantity, now + SignedDuration::from_mins(minutes)));
            }
            Operation::Commit { id, quantity } => {
                self.promises.remove(&id);
                self.ledger.entry(id).or_insert(quantity);
            }
            Operation::Release { id } => return Ok(i64::from(self.promises.remove(&id).is_some())),
            // Already recorded, or only time, which changes nothing by itself.
            Operation::Record { .. } | Operation::Reserve { .. } | Operation::Wait { .. } => {}
        }
        Ok(self.total())
    }

    fn room(&mut self, quantity: i64, limit: i64, now: Timestamp) -> Result<(), i64> {
        if self.total() + quantity > limit {
            self.promises.retain(|_, (_, until)| *until > now);
        }
        if self.total() + quantity > limit { Err(self.total()) } else { Ok(()) }
    }
}

async fn send(tx: &mut TenantTx, allowance: &Allowance, operation: &Operation) -> Result<i64, Error> {
    let now = tx.now();
    let id = |number: u8| Uuid::from_u128(number.into());
    let Allowance { meter, period_start: period, .. } = allowance;
    match *operation {
        Operation::Record { event, quantity } => usage_record(tx, allowance, id(event), quantity).await,
        Operation::Reserve { id: reservation, quantity, minutes } => {
            usage_reserve(tx, allowance, id(reservation), quantity, now + SignedDuration::from_mins(minutes)).await
        }
        Operation::Commit { id: reservation, quantity } => {
            usage_commit(tx, meter, *period, id(reservation), quantity).await
        }
        Operation::Release { id: reservation } => {
            Ok(i64::from(usage_release(tx, meter, *period, id(reservation)).await?))
        }
        Operation::Wait { .. } => Ok(0),
    }
}

async fn play(shop: &Shop, steps: &[Step]) -> Result<(), TestCaseError> {
    let caller: Caller = shop.test.caller();
    let mut models = [Model::default(), Model::default()];
    for (number, (operation, meter, rolled_back)) in steps.iter().enumerate() {
        if let Operation::Wait { minutes } = operation {
            shop.test.clock.advance(SignedDuration::from_mins(*minutes));
            continue;
        }
        let now = shop.test.clock.now();
        let (name, limit) = METERS[*meter];
        let allowance = shop.allowance(&caller, name).await;
        let before = models[*meter].clone();
        let expected = models[*meter].apply(operation, limit, now);

        let mut tx = shop.test.db.tenant(&caller).begin().await.unwrap();
        let answer = send(&mut tx, &allowance, operation).await;
        let lasting = answer.is_ok() && !rolled_back;
        let answer = answer.map_err(|error| {
            assert!(error.is(codes::QUOTA_EXCEEDED), "step {number}, {operation:?}: {error:?}");
            error.limit().unwrap().used
        });
        prop_assert_eq!(answer, expected, "step {} on {}: {:?}", number, name, operation);
        if lasting {
            tx.commit().await.unwrap();
        } else {
            drop(tx);
            models[*meter] = before;
        }
        let model = &models[*meter];
        let (used, promised) = shop.used(&caller, name).await;
        prop_assert_eq!(
            (used, promised),
            (model.total() - model.promised(), model.promised()),
            "after step {}",
            number
        );
    }
    Ok(())
}

#[test]
fn the_total_always_equals_its_ledger() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let shop = runtime.block_on(Shop::new());
    // The sequences are the same in each run; a failing one is shrunk and printed.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let sequences = crate::harness::size("FREEHOLD_METERING_SEQUENCES", SEQUENCES[0], SEQUENCES[1]);
    let config = Config { cases: sequences, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(&steps(), |steps| runtime.block_on(play(&shop, &steps)));
    runtime.block_on(shop.in_balance());
    result.unwrap_or_else(|failure| panic!("{failure}"));
    println!("{sequences} sequences of {OPERATIONS} operations, every answer and every total as the model says");
}
