//! The settings of an account.

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// Settings that Stripe has in its dashboard and not in its API.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Billing {
    /// The days until a failed payment is retried, each counted from the previous attempt.
    pub(crate) retry_days: Vec<i64>,
    /// The subscription's status after the last attempt: `cancel`, `unpaid` or `past_due`.
    pub(crate) after_retries: String,
    /// How long a renewal's invoice stays a draft, in seconds.
    pub(crate) draft_seconds: i64,
    /// How many days before a renewal `invoice.upcoming` is sent; 0: never.
    pub(crate) upcoming_days: i64,
}

impl Default for Billing {
    fn default() -> Self {
        Self { retry_days: vec![3, 5, 7], after_retries: "cancel".to_owned(), draft_seconds: 3600, upcoming_days: 7 }
    }
}

/// Faults of webhook deliveries. Probabilities are from 0 to 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Chaos {
    /// The probability that a delivery is sent twice.
    pub(crate) duplicate: f64,
    /// The probability that a delivery is delayed by up to `reorder_ms`, so that later ones overtake it.
    pub(crate) reorder: f64,
    pub(crate) reorder_ms: i64,
    /// The probability that a delivery is delayed by `delay_ms`.
    pub(crate) delay: f64,
    pub(crate) delay_ms: i64,
    /// The probability that a delivery is never sent.
    pub(crate) drop: f64,
    /// The probability that an attempt is signed with a wrong secret.
    pub(crate) wrong_signature: f64,
    /// The seconds until a failed delivery is retried, one number for each attempt.
    pub(crate) retry_seconds: Vec<i64>,
    /// How many requests an endpoint gets at the same time.
    pub(crate) concurrency: usize,
}

impl Default for Chaos {
    fn default() -> Self {
        Self {
            duplicate: 0.0,
            reorder: 0.0,
            reorder_ms: 500,
            delay: 0.0,
            delay_ms: 5_000,
            drop: 0.0,
            wrong_signature: 0.0,
            retry_seconds: vec![5, 30, 300, 1_800, 7_200, 21_600, 43_200, 86_400],
            concurrency: 1,
        }
    }
}

/// Faults of the API.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Trouble {
    /// How many of the next requests are refused with `fail_status` before any work is done.
    pub(crate) fail_next: i64,
    /// The probability that a request is refused before any work is done.
    pub(crate) fail: f64,
    /// The status of refusals: 429, 500, 502 or 503; 0 means 500.
    pub(super) fail_status: i64,
    /// The probability that the work is done and the response is 500 nevertheless.
    pub(crate) lose: f64,
    /// How long a response takes, in milliseconds.
    pub(crate) slow_ms: i64,
    /// How many requests per second are accepted; 0: no limit.
    pub(crate) rate_limit: i64,
    /// The present second, and the number of requests in it.
    pub(super) counted: (i64, i64),
}

impl Trouble {
    /// The status with which a request is to be refused; none: it is accepted.
    pub(crate) fn refusal(&mut self, dice: &mut Random, now: i64) -> Option<u16> {
        let status = if self.fail_status == 0 { 500 } else { u16::try_from(self.fail_status).unwrap_or(500) };
        if self.fail_next > 0 {
            self.fail_next -= 1;
            return Some(status);
        }
        if dice.happens(self.fail) {
            return Some(status);
        }
        if self.rate_limit == 0 {
            return None;
        }
        if self.counted.0 != now {
            self.counted = (now, 0);
        }
        self.counted.1 += 1;
        (self.counted.1 > self.rate_limit).then_some(429)
    }
}
