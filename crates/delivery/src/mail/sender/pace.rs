//! How long to wait.

use std::time::Duration;

use freehold_core::Random;
use jiff::SignedDuration;
use tokio::time::Instant;

/// How often a mail is tried. With the waits between them that is about a day.
pub(super) const MOST_ATTEMPTS: i16 = 10;
/// The wait behind the first attempt; each is four times the one before.
const FIRST: i64 = 10;
/// The longest, in seconds.
const LONGEST: i64 = 6 * 60 * 60;

/// How long to wait behind this attempt: longer each time, and not the same for all, so that a server that was
/// overwhelmed is not so again.
pub(super) fn wait(attempt: i16, random: &Random) -> SignedDuration {
    let steps = u32::try_from(attempt - 1).unwrap_or_default();
    let seconds = 4_i64.saturating_pow(steps).saturating_mul(FIRST).min(LONGEST);
    let percent = 80 + i64::from(random.below(41));
    SignedDuration::from_millis(seconds * 10 * percent)
}

/// While the mail server is away, nothing is taken from the queue, and then one mail to see whether it is back.
#[derive(Debug, Default)]
pub(super) struct Pause {
    until: Option<Instant>,
    /// How often in a row nobody was there.
    times: u32,
}

impl Pause {
    const SHORTEST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(30);

    /// How many mails may be under way, of the most.
    pub(super) fn room(&self, most: usize, now: Instant) -> usize {
        match self.until {
            Some(until) if now < until => 0,
            Some(_) => 1,
            None => most,
        }
    }

    /// Nobody was there.
    pub(super) fn begin(&mut self, now: Instant) {
        // Those that were under way together are one time.
        if self.until.is_some_and(|until| now < until) {
            return;
        }
        let wait = Self::SHORTEST.saturating_mul(1 << self.times.min(10)).min(Self::LONGEST);
        self.until = Some(now + wait);
        self.times += 1;
        if self.times == 1 {
            tracing::warn!("mails wait: the mail server cannot be used; `freehold doctor` says why");
        }
    }

    /// Somebody was there.
    pub(super) fn end(&mut self) {
        if self.until.take().is_some() {
            tracing::info!("the mail server is back");
        }
        self.times = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_spread_over_a_day() {
        let random = Random::seeded(3);
        let waits: Vec<i64> = (1..MOST_ATTEMPTS).map(|attempt| wait(attempt, &random).as_secs()).collect();
        for (found, expected) in waits.iter().zip([10, 40, 160, 640, 2_560, 10_240, 21_600, 21_600, 21_600]) {
            assert!((expected * 8 / 10..=expected * 12 / 10).contains(found), "{waits:?}");
        }
        assert!((16..30).contains(&(waits.iter().sum::<i64>() / 3_600)), "{waits:?}");
        assert_eq!(wait(i16::MAX, &random).as_secs() / 3_600, 5, "a little more or less than six hours");
    }

    #[test]
    fn a_server_that_is_away_is_asked_less_and_less_often_by_one_mail() {
        let (mut pause, mut now) = (Pause::default(), Instant::now());
        assert_eq!(pause.room(8, now), 8);
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            pause.begin(now);
            pause.begin(now);
            assert_eq!(pause.room(8, now), 0);
            now += Duration::from_secs(seconds);
            assert_eq!(pause.room(8, now - Duration::from_millis(1)), 0);
            assert_eq!(pause.room(8, now), 1);
        }
        pause.end();
        assert_eq!(pause.room(8, now), 8);
        pause.begin(now);
        assert_eq!(pause.room(8, now + Duration::from_secs(1)), 1);
    }
}
