//! Wrong codes: some are free, then each one costs a wait, so that a million codes cannot be tried. Whoever knows the password
//! can make the owner wait by it, but for a quarter of an hour at most, and not where he is signed in already.

use std::time::Duration;

use freehold_core::{Code, Error, Result};
use freehold_db::SystemTx;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::store;

/// So many wrong codes in a row are free.
const FREE: i32 = 5;
/// What the next one costs; each further one costs twice as much.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
/// The most that one costs.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// How many wrong codes were shown in a row, and until when no further one is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tries {
    pub(crate) failed: i32,
    pub(crate) locked_until: Option<Timestamp>,
}

impl Tries {
    /// Refuses to look at a code before its time.
    pub(crate) fn admit(self, now: Timestamp, code: Code, message: &'static str) -> Result<()> {
        let Some(until) = self.locked_until.filter(|until| *until > now) else { return Ok(()) };
        let wait = Duration::try_from(until.duration_since(now)).unwrap_or(Duration::from_secs(1));
        Err(Error::new(code, message).with_retry_after(wait))
    }

    /// One more wrong code at `now`.
    fn after_another(self, now: Timestamp) -> Self {
        let failed = self.failed.saturating_add(1);
        Self { failed, locked_until: wait_after(failed).and_then(|wait| now.saturating_add(wait).ok()) }
    }
}

/// What so many wrong codes in a row cost; none: nothing.
fn wait_after(failed: i32) -> Option<SignedDuration> {
    let doublings = u32::try_from(failed - FREE).ok()?.min(10);
    Some(FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT))
}

/// Notes one more wrong code for the factor.
pub(crate) async fn note_wrong(tx: &mut SystemTx, factor: Uuid, tries: Tries, now: Timestamp) -> Result<()> {
    let tries = tries.after_another(now);
    tx.execute(store::factor_failed(factor, tries.failed, tries.locked_until)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_are_free_and_then_waits_double_up_to_a_quarter_of_an_hour() {
        let waits: Vec<Option<i64>> = (0..14).map(|failed| wait_after(failed).map(|wait| wait.as_secs())).collect();
        let doubling = [30, 60, 120, 240, 480, 900, 900, 900, 900].map(Some);
        assert_eq!(waits[..5], [None; 5]);
        assert_eq!(waits[5..], doubling);
        assert_eq!(wait_after(i32::MAX), Some(LONGEST_WAIT));
    }

    #[test]
    fn a_code_that_comes_too_early_is_told_when_to_come() {
        let now = Timestamp::UNIX_EPOCH;
        let code = crate::codes::OVER_REQUEST_RATE_LIMIT;
        let tries = Tries { failed: 4, locked_until: None };
        tries.admit(now, code, "wait").unwrap();
        let tries = tries.after_another(now);
        let refused = tries.admit(now, code, "wait").unwrap_err();
        assert_eq!(refused.retry_after(), Some(Duration::from_secs(30)));
        tries.admit(now + SignedDuration::from_secs(30), code, "wait").unwrap();
    }
}
