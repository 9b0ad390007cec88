//! A limit allows exactly as much as it says.

use std::sync::Arc;

use freehold_core::{Caller, Error, codes};
use freehold_metering::usage::{Allowance, usage_record, usage_reserve};
use futures_util::future::join_all;
use jiff::SignedDuration;
use uuid::Uuid;

use super::Shop;
use crate::harness::sqlstate;

const CALLS: usize = 200;
const LEFT: usize = 50;

#[derive(Clone, Copy, Debug)]
enum Form {
    Record,
    Reserve,
}

/// Records one use in a transaction of its own.
async fn use_one(shop: &Shop, caller: &Caller, allowance: &Allowance, form: Form, id: Uuid) -> Result<i64, Error> {
    let now = shop.test.clock.now();
    let mut tx = shop.test.db.tenant(caller).begin().await.unwrap();
    let used = match form {
        Form::Record => usage_record(&mut tx, allowance, id, 1).await?,
        Form::Reserve => usage_reserve(&mut tx, allowance, id, 1, now + SignedDuration::from_hours(1)).await?,
    };
    tx.commit().await?;
    Ok(used)
}

/// All at once, each on a task of its own.
async fn all_at_once(shop: &Arc<Shop>, caller: &Caller, form: Form, ids: Vec<Uuid>) -> Vec<Result<i64, Error>> {
    let allowance = shop.allowance(caller, "calls").await;
    let tasks = ids.into_iter().map(|id| {
        let (shop, caller, allowance) = (Arc::clone(shop), caller.clone(), allowance.clone());
        tokio::spawn(async move { use_one(&shop, &caller, &allowance, form, id).await })
    });
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_200_parallel_uses_against_50_exactly_50_go_through() {
    let shop = Arc::new(Shop::new().await);
    for form in [Form::Record, Form::Reserve] {
        let caller = shop.test.caller();
        let ids = (0..CALLS).map(|_| shop.test.uuid()).collect();
        let answers = all_at_once(&shop, &caller, form, ids).await;
        let mut through: Vec<i64> = answers.iter().filter_map(|answer| answer.as_ref().ok().copied()).collect();
        through.sort_unstable();
        assert_eq!(through, (1..=50).collect::<Vec<i64>>(), "{form:?}");
        for refused in answers.into_iter().filter_map(Result::err) {
            assert!(refused.is(codes::QUOTA_EXCEEDED), "{form:?}: {refused:?}");
            let limit = refused.limit().unwrap();
            assert_eq!((limit.meter.as_str(), limit.limit, limit.used), ("calls", 50, 50));
        }
        println!("{form:?}: {} of {CALLS} against {LEFT} went through", through.len());
        shop.in_balance().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_event_counts_once_also_in_parallel() {
    let shop = Arc::new(Shop::new().await);
    for form in [Form::Record, Form::Reserve] {
        let caller = shop.test.caller();
        let same = shop.test.uuid();
        let answers = all_at_once(&shop, &caller, form, vec![same; 60]).await;
        assert!(answers.iter().all(|answer| matches!(answer, Ok(1))), "{form:?}: {answers:?}");
        let counted = shop.used(&caller, "calls").await;
        assert_eq!(counted.0 + counted.1, 1, "{form:?}");
    }
    shop.in_balance().await;
}

#[tokio::test]
async fn what_is_rolled_back_was_not_used() {
    let shop = Shop::new().await;
    let caller = shop.test.caller();
    let allowance = shop.allowance(&caller, "calls").await;
    let mut tx = shop.test.db.tenant(&caller).begin().await.unwrap();
    assert_eq!(usage_record(&mut tx, &allowance, shop.test.uuid(), 40).await.unwrap(), 40);
    drop(tx);
    assert_eq!(use_one(&shop, &caller, &allowance, Form::Record, shop.test.uuid()).await.unwrap(), 1);
    assert_eq!(shop.used(&caller, "calls").await, (1, 0));
    shop.in_balance().await;
}

#[tokio::test]
async fn a_level_is_given_back_and_a_counter_begins_again() {
    let shop = Shop::new().await;
    let caller = shop.test.caller();
    let things = shop.allowance(&caller, "things").await;
    let mut tx = shop.test.db.tenant(&caller).begin().await.unwrap();
    assert_eq!(usage_record(&mut tx, &things, shop.test.uuid(), 10).await.unwrap(), 10);
    assert_eq!(usage_record(&mut tx, &things, shop.test.uuid(), -1).await.unwrap(), 9);
    assert_eq!(usage_record(&mut tx, &things, shop.test.uuid(), 1).await.unwrap(), 10);
    assert!(usage_record(&mut tx, &things, shop.test.uuid(), 1).await.unwrap_err().is(codes::QUOTA_EXCEEDED));
    let calls = shop.allowance(&caller, "calls").await;
    assert_eq!(usage_record(&mut tx, &calls, shop.test.uuid(), 50).await.unwrap(), 50);
    tx.commit().await.unwrap();

    shop.test.clock.advance(SignedDuration::from_hours(24 * 20));
    let april = shop.allowance(&caller, "calls").await;
    assert_eq!(use_one(&shop, &caller, &april, Form::Record, shop.test.uuid()).await.unwrap(), 1);
    assert_eq!(shop.used(&caller, "things").await, (10, 0), "things stay");
    shop.in_balance().await;
}

#[tokio::test]
async fn the_ledger_cannot_be_rewritten() {
    let shop = Shop::new().await;
    let caller = shop.test.caller();
    let allowance = shop.allowance(&caller, "calls").await;
    use_one(&shop, &caller, &allowance, Form::Record, shop.test.uuid()).await.unwrap();
    let login = shop.test.server_login().await;
    for role in ["freehold_app", "freehold_system", "freehold_readonly"] {
        login.batch_execute(&format!("set role {role}; set freehold.tenant_id = '{}'", caller.tenant())).await.unwrap();
        for write in [
            "update freehold.usage_events set quantity = 0",
            "delete from freehold.usage_events",
            "truncate freehold.usage_events",
        ] {
            let answer = login.batch_execute(write).await;
            assert_eq!(answer.as_ref().err().and_then(|error| sqlstate(error)), Some("42501"), "{role}: {write}");
        }
    }
}

#[tokio::test]
async fn a_suspended_tenant_uses_nothing() {
    let shop = Shop::new().await;
    let caller = shop.test.caller();
    let suspended = shop.test.suspended(&caller);
    let allowance = shop.allowance(&suspended, "calls").await;
    for form in [Form::Record, Form::Reserve] {
        let refused = use_one(&shop, &suspended, &allowance, form, shop.test.uuid()).await.unwrap_err();
        assert!(refused.is(codes::SUBSCRIPTION_SUSPENDED), "{form:?}: {refused:?}");
    }
    assert_eq!(shop.used(&suspended, "calls").await, (0, 0));
}
