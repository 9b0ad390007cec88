//! Wrong codes: a few are free, then each one costs a wait, so that a million codes cannot be tried. A person who knows
//! the password can make the owner wait that way, but for a quarter of an hour at most, and not in sessions that are
//! signed in already.

use std::time::Duration;

use freehold_core::{Code, Error, Result};
use freehold_db::SystemTx;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::store;

/// Number of wrong codes in a row that cost no wait.
const FREE: i32 = 5;
/// Wait after the next wrong code; each further one doubles it.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
/// Longest wait after one wrong code.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// How many wrong codes were entered in a row, and until when further codes are rejected unread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tries {
    pub(crate) failed: i32,
    pub(crate) locked_until: Option<Timestamp>,
}

impl Tries {
    /// Rejects a code that comes before the wait is over.
    pub(crate) fn admit(self, now: Timestamp, code: Code, message: &'static str) -> Result<()> {
        let Some(until) = self.locked_until.filter(|until| *until > now) else { return Ok(()) };
        let wait = Duration::try_from(until.duration_since(now)).unwrap_or(Duration::from_secs(1));
        Err(Error::new(code, message).with_retry_after(wait))
    }

    /// The count after one more wrong code at `now`.
    fn after_another(self, now: Timestamp) -> Self {
        let failed = self.failed.saturating_add(1);
        Self { failed, locked_until: wait_after(failed).and_then(|wait| now.saturating_add(wait).ok()) }
    }
}

/// The wait after this many wrong codes in a row; none: no wait.
fn wait_after(failed: i32) -> Option<SignedDuration> {
    let doublings = u32::try_from(failed - FREE).ok()?.min(10);
    Some(FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT))
}

/// Records one more wrong code for the factor.
pub(crate) async fn note_wrong(tx: &mut SystemTx, factor: Uuid, tries: Tries) -> Result<()> {
    let now = tx.now();
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
