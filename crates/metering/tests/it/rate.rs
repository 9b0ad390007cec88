//! Requests in a window.

use std::sync::Arc;

use freehold_core::codes;
use freehold_metering::rate::rate_take;
use futures_util::future::join_all;
use jiff::SignedDuration;

use super::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_100_parallel_requests_the_window_lets_exactly_30_through() {
    let shop = Arc::new(Shop::new().await);
    let good = shop.test.caller();
    for caller in [good.clone(), shop.test.suspended(&good), shop.test.caller()] {
        let tasks = (0..100).map(|_| {
            let (shop, caller) = (Arc::clone(&shop), caller.clone());
            tokio::spawn(async move {
                let now = shop.test.clock.now();
                rate_take(&shop.test.db, &shop.entitlements, &caller, now).await.unwrap()
            })
        });
        let answers: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        let mut left: Vec<i64> = Vec::new();
        for (rate, answer) in answers {
            match answer {
                Ok(()) => left.push(rate.unwrap().remaining),
                Err(refused) => {
                    assert!(refused.is(codes::RATE_LIMITED), "{refused:?}");
                    assert_eq!(refused.retry_after().unwrap().as_secs(), 60);
                }
            }
        }
        left.sort_unstable();
        assert_eq!(left, (0..30).collect::<Vec<i64>>());
        // The next caller is the same user, suspended: in another window.
        shop.test.clock.advance(SignedDuration::from_mins(1));
    }
}

/// The clocks of two servers differ a little, so that requests of the previous window arrive in the next one.
#[tokio::test]
async fn a_clock_that_is_late_does_not_begin_the_window_again() {
    let shop = Shop::new().await;
    let caller = shop.test.caller();
    let now = shop.test.clock.now();
    let late = now - SignedDuration::from_millis(1);
    let mut left = Vec::new();
    for at in [now, now, late, now, late, now] {
        let (rate, answer) = rate_take(&shop.test.db, &shop.entitlements, &caller, at).await.unwrap();
        answer.unwrap();
        left.push(rate.unwrap().remaining);
    }
    assert_eq!(left, [29, 28, 27, 26, 25, 24]);
}

#[tokio::test]
async fn a_window_that_a_clock_far_ahead_began_does_not_last_until_then() {
    let shop = Shop::new().await;
    let caller = shop.test.caller();
    let now = shop.test.clock.now();
    let mut left = Vec::new();
    for at in [now, now + SignedDuration::from_hours(24), now, now] {
        let (rate, answer) = rate_take(&shop.test.db, &shop.entitlements, &caller, at).await.unwrap();
        answer.unwrap();
        left.push(rate.unwrap().remaining);
    }
    assert_eq!(left, [29, 29, 29, 28]);
}
