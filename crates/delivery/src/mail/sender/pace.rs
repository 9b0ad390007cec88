//! Waits between attempts, and the pause while the mail server is away.

use std::time::Duration;

use freehold_core::Random;
use jiff::SignedDuration;
use tokio::time::Instant;

/// Most attempts to send a mail. With the waits between them they take about a day.
pub(super) const MOST_ATTEMPTS: i16 = 10;
/// Wait after the first attempt, in seconds; each further wait is four times as long.
const FIRST: i64 = 10;
/// Longest wait, in seconds.
const LONGEST: i64 = 6 * 60 * 60;

/// Wait after this attempt: longer each time, and a little different for each mail, so that an overloaded server does
/// not get all mails again at once.
pub(super) fn wait(attempt: i16, random: &Random) -> SignedDuration {
    let steps = u32::try_from(attempt - 1).unwrap_or_default();
    let seconds = 4_i64.saturating_pow(steps).saturating_mul(FIRST).min(LONGEST);
    let percent = 80 + i64::from(random.below(41));
    SignedDuration::from_millis(seconds * 10 * percent)
}

/// While the mail server is away, takes no mail from the queue for a while, and then one mail to see whether it is
/// back.
#[derive(Debug, Default)]
pub(super) struct Pause {
    until: Option<Instant>,
    /// Number of pauses in a row.
    times: u32,
}

impl Pause {
    const SHORTEST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(30);

    /// How many mails may be under way: `most`, or fewer during a pause.
    pub(super) fn room(&self, most: usize, now: Instant) -> usize {
        match self.until {
            Some(until) if now < until => 0,
            Some(_) => 1,
            None => most,
        }
    }

    /// The mail server was not reached.
    pub(super) fn begin(&mut self, now: Instant) {
        // Several mails that were under way together count once.
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

    /// The mail server was reached.
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
