//! Time: the sandbox's clock, which can be moved ahead, and Stripe's test clocks, which move only on request.

mod record;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::{Span, Timestamp, tz::TimeZone};
use serde_json::{Value, json};

pub(crate) use record::TestClock;

use crate::{
    account::Account,
    customer,
    error::{Result, StripeError},
    form::Params,
    list,
};

/// The sandbox's clock: a time source, and how far the clock is ahead of it.
#[derive(Clone)]
pub(crate) struct Clock {
    source: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    pub(crate) fn new(source: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Self {
        Self { source, ahead_ms: Arc::new(AtomicI64::new(0)) }
    }

    /// The machine's clock.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    pub(crate) fn machine() -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
        Arc::new(Timestamp::now)
    }

    /// The time of the source, in seconds since 1970. Signatures contain this time, because their receivers use the
    /// real one.
    pub(crate) fn source_seconds(&self) -> i64 {
        (self.source)().as_second()
    }

    /// The time of the clock, in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        (self.source)().as_millisecond().saturating_add(self.ahead_ms.load(Ordering::SeqCst))
    }

    /// How far the clock is ahead of its source, in milliseconds.
    pub(crate) fn ahead_ms(&self) -> i64 {
        self.ahead_ms.load(Ordering::SeqCst)
    }

    /// Moves the clock ahead. It never moves back.
    pub(crate) fn advance(&self, by_ms: i64) {
        self.ahead_ms.fetch_add(by_ms.max(0), Ordering::SeqCst);
    }

    /// The clock's JSON.
    pub(crate) fn json(&self) -> Value {
        let now_ms = self.now_ms();
        json!({
            "object": "sandbox.clock",
            "now": now_ms / 1000,
            "now_rfc3339": Timestamp::from_millisecond(now_ms).unwrap_or_default().to_string(),
            "ahead_seconds": self.ahead_ms.load(Ordering::SeqCst) / 1000,
        })
    }

    /// How far a request moves the clock: `advance=14d` (or `36h`, `1 month`, or seconds) or `to=` seconds since 1970.
    pub(crate) fn asked(&self, params: &mut Params) -> Result<i64> {
        let (advance, to) = (params.text("advance")?, params.int("to")?);
        params.done()?;
        let now_ms = self.now_ms();
        let by = match (advance, to) {
            (Some(text), _) => span_ms(&text, now_ms)
                .ok_or_else(|| StripeError::invalid(format!("Cannot read the span of time: {text}")).at("advance"))?,
            (None, Some(to)) => to.saturating_mul(1000).saturating_sub(now_ms),
            (None, None) => return Err(StripeError::missing("advance")),
        };
        if by < 0 {
            return Err(StripeError::invalid("The clock does not go back."));
        }
        Ok(by)
    }
}

fn span_ms(text: &str, now_ms: i64) -> Option<i64> {
    if let Ok(seconds) = text.parse::<i64>() {
        return seconds.checked_mul(1000);
    }
    let span: Span = text.parse().ok()?;
    let now = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(TimeZone::UTC);
    Some(now.checked_add(span).ok()?.timestamp().as_millisecond() - now_ms)
}

/// `POST /v1/test_helpers/test_clocks`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let frozen_time = params.int("frozen_time")?.ok_or_else(|| StripeError::missing("frozen_time"))?;
    let name = params.text("name")?;
    params.done()?;
    let clock = TestClock { id: account.id("clock"), created: account.now, frozen_time, name, advancing: false };
    Ok(account.add("test_helpers.test_clock.created", clock))
}

/// `POST /v1/test_helpers/test_clocks/{id}/advance`. As at Stripe the response says `advancing`. A later request finds
/// the clock `ready`, and everything that became due has been done.
pub(crate) fn advance(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let clock = account.get::<TestClock>(id)?.clone();
    let to = params.int("frozen_time")?.ok_or_else(|| StripeError::missing("frozen_time"))?;
    params.done()?;
    if to <= clock.frozen_time {
        let message = "The new frozen time must be after the clock's current frozen time.";
        return Err(StripeError::invalid(message).at("frozen_time"));
    }
    account.enter(Some(id));
    account.change_as(id, "test_helpers.test_clock.advancing", |clock: &mut TestClock| clock.advancing = true);
    account.catch_up(Some(id), to);
    account.change_quietly(id, |clock: &mut TestClock| clock.frozen_time = to);
    let answer = account.shown::<TestClock>(id);
    account.now = to;
    account.change_as(id, "test_helpers.test_clock.ready", |clock: &mut TestClock| clock.advancing = false);
    Ok(answer)
}

/// `DELETE /v1/test_helpers/test_clocks/{id}`: deletes its customers too.
pub(crate) fn delete(account: &mut Account, id: &str) -> Result<Value> {
    let shown = account.get::<TestClock>(id)?.to_json();
    let customers = account.customers.iter().filter(|each| each.test_clock.as_deref() == Some(id) && !each.deleted);
    for customer in customers.map(|customer| customer.id.clone()).collect::<Vec<_>>() {
        customer::request::delete(account, &customer)?;
    }
    account.clocks.remove(id);
    account.emit("test_helpers.test_clock.deleted", shown, None);
    Ok(json!({ "id": id, "object": "test_helpers.test_clock", "deleted": true }))
}

/// `GET /v1/test_helpers/test_clocks`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    list::list(account, &mut params, "/v1/test_helpers/test_clocks", |_: &TestClock| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        let now = "2027-01-31T00:00:00Z".parse::<Timestamp>().unwrap().as_millisecond();
        assert_eq!(span_ms("90", now), Some(90_000));
        assert_eq!(span_ms("36h", now), Some(36 * 3_600_000));
        assert_eq!(span_ms("14d", now), Some(14 * 86_400_000));
        assert_eq!(span_ms("1 month", now), Some(28 * 86_400_000));
        assert_eq!(span_ms("soon", now), None);
    }
}
