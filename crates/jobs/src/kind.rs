//! The kind of a job. The crate that runs the jobs of a kind declares it as a constant.

use std::time::Duration;

use freehold_core::Random;

/// The kind of a job. Written as a constant: `JobKind { attempts: 3, ..JobKind::named("voice.campaign_call") }`.
#[derive(Clone, Copy, Debug)]
pub struct JobKind {
    /// The kind's name: the crate and what the job does, such as `voice.campaign_call`. Waiting jobs are found by this
    /// name, so it never changes.
    pub name: &'static str,
    /// Most attempts, 1 to 100. When the last one fails the job becomes a dead letter.
    pub attempts: i16,
    /// The longest time that one attempt may take.
    pub time_limit: Duration,
    /// Most jobs of this kind that run at once for one tenant, over all workers; none: no limit.
    pub at_once: Option<i32>,
    /// How long a failed job waits before its next attempt.
    pub backoff: Backoff,
    /// How long a job that succeeded stays visible. Zero deletes it at once, which halves the cost for the database:
    /// use it for jobs whose record nothing reads.
    pub kept: Duration,
}

impl JobKind {
    /// The kind with this name and the default values: 5 attempts of 30 seconds, no limit at once, deleted when done.
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

    /// The kind of a maintenance job that a schedule runs: 3 attempts of 5 minutes, one at a time over all workers.
    pub const fn maintenance(name: &'static str) -> Self {
        Self { attempts: 3, at_once: Some(1), time_limit: Duration::from_mins(5), ..Self::named(name) }
    }
}

/// How long a job waits after a failed attempt: a random time between zero and a limit that grows exponentially ("full
/// jitter"), so that jobs that failed together do not all retry together.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The longest wait after the first attempt.
    pub first: Duration,
    /// The factor by which the longest wait grows with each further attempt.
    pub factor: u32,
    /// The upper limit of every wait.
    pub most: Duration,
}

impl Backoff {
    /// The default: waits of up to 2 s, 8 s, 32 s, … and at most an hour.
    pub const USUAL: Self = Self { first: Duration::from_secs(2), factor: 4, most: Duration::from_hours(1) };

    /// The longest wait after this many attempts, counted from 1.
    pub fn longest(&self, attempt: i16) -> Duration {
        let exponent = u32::try_from(attempt).unwrap_or(1).saturating_sub(1);
        let factor = self.factor.checked_pow(exponent).unwrap_or(u32::MAX);
        self.first.checked_mul(factor).map_or(self.most, |wait| wait.min(self.most))
    }

    /// The wait after this many attempts, in whole milliseconds: every value from zero to the longest wait is equally
    /// likely.
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
