//! What kind of work a job is: a constant in the room that does it.

use std::time::Duration;

use freehold_core::Random;

/// One kind of work. Written as a constant: `JobKind { attempts: 3, ..JobKind::named("voice.campaign_call") }`.
#[derive(Clone, Copy, Debug)]
pub struct JobKind {
    /// `voice.campaign_call`: the room and what is done. What waits in the queue is found by it, so it never changes.
    pub name: &'static str,
    /// Most attempts; the one that fails last makes a dead letter. 1 to 100.
    pub attempts: i16,
    /// Longest time of one attempt.
    pub time_limit: Duration,
    /// Most at once for one tenant, over all workers; none: no limit.
    pub at_once: Option<i32>,
    /// How long a failed attempt waits for the next.
    pub backoff: Backoff,
    /// How long a job that ended well can still be looked at. Zero, and it is gone at once, which costs the database half:
    /// for jobs whose result nobody asks the job for.
    pub kept: Duration,
}

impl JobKind {
    /// The kind of this name with the usual values: 5 attempts of 30 seconds, no limit at once, gone when done.
    pub const fn named(name: &'static str) -> Self {
        Self {
            name,
            attempts: 5,
            time_limit: Duration::from_secs(30),
            at_once: None,
            backoff: Backoff::USUAL,
            kept: Duration::ZERO,
        }
    }
}

/// How long failed attempts wait: exponentially longer, and by chance between nothing and that ("full jitter"), so that
/// what failed together does not come back together.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The most that the second attempt waits.
    pub first: Duration,
    /// By how much each further one may wait longer.
    pub factor: u32,
    /// The most that any waits.
    pub most: Duration,
}

impl Backoff {
    /// Up to 2 s, 8 s, 32 s, … at most an hour.
    pub const USUAL: Self = Self { first: Duration::from_secs(2), factor: 4, most: Duration::from_hours(1) };

    /// The longest wait after so many attempts, from 1.
    pub fn longest(&self, attempt: i16) -> Duration {
        let exponent = u32::try_from(attempt).unwrap_or(1).saturating_sub(1);
        let factor = self.factor.checked_pow(exponent).unwrap_or(u32::MAX);
        self.first.checked_mul(factor).map_or(self.most, |wait| wait.min(self.most))
    }

    /// The wait after so many attempts, to the millisecond: every one from nothing to the longest is equally likely.
    pub fn wait(&self, attempt: i16, random: &Random) -> Duration {
        let longest = u32::try_from(self.longest(attempt).as_millis()).unwrap_or(u32::MAX - 1);
        Duration::from_millis(random.below(longest.saturating_add(1)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_most_and_no_further() {
        let seconds = |attempt| Backoff::USUAL.longest(attempt).as_secs();
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 100].map(seconds), [2, 8, 32, 128, 512, 2048, 3600, 3600]);
    }

    #[test]
    fn a_wait_is_anything_between_nothing_and_the_longest() {
        let random = Random::seeded(5);
        let waits: Vec<u128> = (0..2000).map(|_| Backoff::USUAL.wait(2, &random).as_millis()).collect();
        assert!(waits.iter().all(|wait| *wait <= 8_000));
        assert!(waits.iter().any(|wait| *wait < 200) && waits.iter().any(|wait| *wait > 7_800));
        let mean = waits.iter().sum::<u128>() / 2000;
        assert!((3_700..4_300).contains(&mean), "{mean}");
    }
}
