//! Several uses at once: a caller that has checked how many fit is not rejected, and no other caller gets in between.

use freehold_core::codes;
use freehold_metering::usage::{usage_record, usage_record_each, usage_reserve, usage_room};
use jiff::SignedDuration;
use uuid::Uuid;

use super::Shop;

#[tokio::test]
async fn a_caller_that_checked_how_much_fits_can_use_that_much() {
    let shop = Shop::new().await;
    let caller = shop.test.caller();
    let allowance = shop.allowance(&caller, "calls").await;
    let (db, now) = (&shop.test.db, shop.test.clock.now());
    let mut tx = db.tenant(&caller).begin().await.unwrap();
    usage_reserve(&mut tx, &allowance, shop.test.uuid(), 20, now + SignedDuration::from_hours(1)).await.unwrap();
    assert_eq!(usage_room(&mut tx, &allowance).await.unwrap(), Some(30));
    let ids: Vec<Uuid> = (0..30).map(|_| shop.test.uuid()).collect();
    usage_record_each(&mut tx, &allowance, ids.clone()).await.unwrap();
    // Uses that were recorded before count once.
    usage_record_each(&mut tx, &allowance, ids).await.unwrap();
    assert_eq!(usage_room(&mut tx, &allowance).await.unwrap(), Some(0));
    tx.commit().await.unwrap();
    assert_eq!(shop.used(&caller, "calls").await, (30, 20));
    assert!(allowance.exhausted().is(codes::QUOTA_EXCEEDED));

    let mut tx = db.tenant(&caller).begin().await.unwrap();
    let refused = usage_record_each(&mut tx, &allowance, vec![shop.test.uuid()]).await.unwrap_err();
    assert!(refused.is(codes::QUOTA_EXCEEDED), "{refused:?}");
    drop(tx);
    // The reservation was never committed.
    shop.test.clock.advance(SignedDuration::from_hours(2));
    let mut tx = db.tenant(&caller).begin().await.unwrap();
    assert_eq!(usage_room(&mut tx, &allowance).await.unwrap(), Some(20));
    tx.commit().await.unwrap();
    assert_eq!(shop.used(&caller, "calls").await, (30, 0));
    shop.in_balance().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn until_the_transaction_ends_no_other_caller_uses_the_rest_of_the_limit() {
    let shop = Shop::new().await;
    let caller = shop.test.caller();
    let allowance = shop.allowance(&caller, "calls").await;
    let db = &shop.test.db;
    let mut tx = db.tenant(&caller).begin().await.unwrap();
    let room = usage_room(&mut tx, &allowance).await.unwrap().unwrap();
    let other = {
        let (db, caller, allowance, id) = (db.clone(), caller.clone(), allowance.clone(), shop.test.uuid());
        tokio::spawn(async move {
            let mut tx = db.tenant(&caller).begin().await.unwrap();
            usage_record(&mut tx, &allowance, id, 1).await
        })
    };
    let waits =
        "select exists (select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database())";
    let admin = shop.test.admin().await;
    crate::harness::eventually("the other one waits", async || admin.query_one(waits, &[]).await.unwrap().get(0)).await;
    let ids = (0..room).map(|_| shop.test.uuid()).collect();
    usage_record_each(&mut tx, &allowance, ids).await.unwrap();
    tx.commit().await.unwrap();
    assert!(other.await.unwrap().unwrap_err().is(codes::QUOTA_EXCEEDED));
    shop.in_balance().await;
}
