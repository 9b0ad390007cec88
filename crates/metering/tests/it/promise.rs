//! Reservations: made, committed, released, expired.

use freehold_core::{Caller, Error, codes};
use freehold_db::TenantTx;
use freehold_metering::usage::{Allowance, usage_commit, usage_record, usage_release, usage_reserve, usage_sweep};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::Shop;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

impl Shop {
    async fn in_one(
        &self,
        caller: &Caller,
        work: impl AsyncFnOnce(&mut TenantTx, Timestamp) -> Result<i64, Error>,
    ) -> Result<i64, Error> {
        let mut tx = self.test.db.tenant(caller).begin().await.unwrap();
        let answer = work(&mut tx, self.test.clock.now()).await?;
        tx.commit().await?;
        Ok(answer)
    }

    async fn reserve(&self, caller: &Caller, allowance: &Allowance, id: Uuid, quantity: i64) -> Result<i64, Error> {
        self.in_one(caller, async |tx, now| usage_reserve(tx, allowance, id, quantity, now + HOUR).await).await
    }

    async fn commit(&self, caller: &Caller, allowance: &Allowance, id: Uuid, quantity: i64) -> i64 {
        let (meter, period) = (allowance.meter.as_str(), allowance.period_start);
        self.in_one(caller, async |tx, _| usage_commit(tx, meter, period, id, quantity).await).await.unwrap()
    }

    async fn release(&self, caller: &Caller, allowance: &Allowance, id: Uuid) -> bool {
        let (meter, period) = (allowance.meter.as_str(), allowance.period_start);
        self.in_one(caller, async |tx, _| Ok(i64::from(usage_release(tx, meter, period, id).await?))).await.unwrap()
            == 1
    }
}

#[tokio::test]
async fn a_promise_counts_until_it_is_kept_or_taken_back() {
    let shop = Shop::new().await;
    let caller = shop.test.caller();
    let calls = shop.allowance(&caller, "calls").await;
    let (first, second) = (shop.test.uuid(), shop.test.uuid());
    assert_eq!(shop.reserve(&caller, &calls, first, 30).await.unwrap(), 30);
    assert_eq!(shop.reserve(&caller, &calls, second, 20).await.unwrap(), 50);
    assert!(shop.reserve(&caller, &calls, shop.test.uuid(), 1).await.unwrap_err().is(codes::QUOTA_EXCEEDED));
    assert_eq!(shop.used(&caller, "calls").await, (0, 50));

    assert!(shop.release(&caller, &calls, first).await);
    assert!(!shop.release(&caller, &calls, first).await, "taken back twice");
    assert_eq!(shop.used(&caller, "calls").await, (0, 20));
    assert_eq!(shop.commit(&caller, &calls, second, 12).await, 12);
    assert_eq!(shop.commit(&caller, &calls, second, 12).await, 12, "kept twice");
    assert!(!shop.release(&caller, &calls, second).await, "taken back although kept");
    assert_eq!(shop.used(&caller, "calls").await, (12, 0));
    shop.in_balance().await;
}

#[tokio::test]
async fn an_expired_reservation_is_released_when_its_amount_is_needed() {
    let shop = Shop::new().await;
    let caller = shop.test.caller();
    let calls = shop.allowance(&caller, "calls").await;
    let forgotten = shop.test.uuid();
    shop.reserve(&caller, &calls, forgotten, 50).await.unwrap();
    shop.test.clock.advance(HOUR - SignedDuration::from_micros(1));
    assert!(shop.reserve(&caller, &calls, shop.test.uuid(), 1).await.is_err(), "it still holds");
    shop.test.clock.advance(SignedDuration::from_micros(1));
    assert_eq!(shop.reserve(&caller, &calls, shop.test.uuid(), 1).await.unwrap(), 1);
    assert_eq!(shop.used(&caller, "calls").await, (0, 1));
    assert!(!shop.release(&caller, &calls, forgotten).await);
    shop.in_balance().await;
}

#[tokio::test]
async fn what_was_used_after_the_promise_expired_still_counts() {
    let shop = Shop::new().await;
    let caller = shop.test.caller();
    let calls = shop.allowance(&caller, "calls").await;
    let slow = shop.test.uuid();
    shop.reserve(&caller, &calls, slow, 50).await.unwrap();
    shop.test.clock.advance(HOUR);
    let record = async |tx: &mut TenantTx, _| usage_record(tx, &calls, shop.test.uuid(), 50).await;
    assert_eq!(shop.in_one(&caller, record).await.unwrap(), 50, "the expired promise made room");
    assert_eq!(shop.commit(&caller, &calls, slow, 7).await, 57, "it happened, so it counts, past the limit too");
    assert_eq!(shop.used(&caller, "calls").await, (57, 0));
    shop.in_balance().await;
}

/// A retry of a whole operation repeats its reservation too.
#[tokio::test]
async fn a_promise_that_was_kept_cannot_be_made_again() {
    let shop = Shop::new().await;
    let caller = shop.test.caller();
    let calls = shop.allowance(&caller, "calls").await;
    let action = shop.test.uuid();
    for _ in 0..2 {
        shop.reserve(&caller, &calls, action, 5).await.unwrap();
        assert_eq!(shop.commit(&caller, &calls, action, 5).await, 5);
        assert_eq!(shop.used(&caller, "calls").await, (5, 0), "the repetition left a promise behind");
    }
    shop.in_balance().await;
}

/// One month's transaction must not wait for the other month's: they could deadlock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn months_do_not_lock_each_other() {
    let shop = Shop::new().await;
    let caller = shop.test.caller();
    let march = shop.allowance(&caller, "calls").await;
    shop.reserve(&caller, &march, shop.test.uuid(), 50).await.unwrap();
    shop.test.clock.advance(SignedDuration::from_hours(24 * 20));
    let april = shop.allowance(&caller, "calls").await;
    shop.reserve(&caller, &april, shop.test.uuid(), 50).await.unwrap();
    shop.test.clock.advance(HOUR);

    // Both find their month full and release expired reservations, each after the other's month was locked.
    let mut late = shop.test.db.tenant(&caller).begin().await.unwrap();
    let mut early = shop.test.db.tenant(&caller).begin().await.unwrap();
    usage_record(&mut late, &march, shop.test.uuid(), 0).await.unwrap();
    usage_record(&mut early, &april, shop.test.uuid(), 0).await.unwrap();
    let (in_march, in_april) = tokio::join!(
        usage_record(&mut late, &march, shop.test.uuid(), 1),
        usage_record(&mut early, &april, shop.test.uuid(), 1),
    );
    assert_eq!((in_march.unwrap(), in_april.unwrap()), (1, 1));
    late.commit().await.unwrap();
    early.commit().await.unwrap();
    shop.in_balance().await;
}

/// No request checks the limit of a past month, so only the sweep releases its reservations.
#[tokio::test]
async fn the_sweep_gives_back_what_expired_of_every_tenant_and_month() {
    let shop = Shop::new().await;
    let callers = [shop.test.caller(), shop.test.caller()];
    let march = shop.allowance(&callers[1], "calls").await;
    for caller in &callers {
        shop.reserve(caller, &march, shop.test.uuid(), 5).await.unwrap();
        shop.reserve(caller, &march, shop.test.uuid(), 7).await.unwrap();
    }
    shop.test.clock.advance(SignedDuration::from_hours(24 * 20));
    let april = shop.allowance(&callers[0], "calls").await;
    shop.reserve(&callers[0], &april, shop.test.uuid(), 9).await.unwrap();

    // Another transaction has locked one of the totals: the sweep skips it until the next time, and does not wait.
    let mut held = shop.test.db.tenant(&callers[1]).begin().await.unwrap();
    usage_record(&mut held, &march, shop.test.uuid(), 0).await.unwrap();
    usage_sweep(&shop.test.db).await.unwrap();
    assert_eq!(promised(&shop).await, [7 + 5, 9]);
    held.commit().await.unwrap();
    usage_sweep(&shop.test.db).await.unwrap();
    assert_eq!(promised(&shop).await, [9]);
    assert_eq!(shop.used(&callers[0], "calls").await, (0, 9));
    shop.in_balance().await;
}

/// The reserved amounts of all tenants and months, the largest first.
async fn promised(shop: &Shop) -> Vec<i64> {
    let query = "select reserved from freehold.usage_totals where reserved > 0 order by reserved desc";
    shop.test.admin().await.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}
