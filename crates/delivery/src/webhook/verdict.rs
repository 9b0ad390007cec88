//! Decides what follows from an attempt.

use freehold_core::Random;
use freehold_outbound::{Answer, HeaderMap, SendError, header};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimeParser};

/// Wait before each attempt after the previous one: ten attempts over 75 hours, as Standard Webhooks suggests.
const SCHEDULE: [SignedDuration; 10] = [
    SignedDuration::ZERO,
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    SignedDuration::from_hours(24),
];

/// Longest `Retry-After` that is respected.
const LONGEST_WISH: SignedDuration = SignedDuration::from_hours(24);
/// Longest time for which a `Retry-After` also holds back the endpoint's other deliveries.
const LONGEST_HOLD: SignedDuration = SignedDuration::from_hours(1);
/// Pause for an overloaded endpoint that sends no `Retry-After`.
const BREATHER: SignedDuration = SignedDuration::from_secs(2);

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// New state of the delivery: `waiting`, `delivered` or `failed`.
    pub(super) state: &'static str,
    /// Time of the next attempt; none when no attempt follows.
    pub(super) due_at: Option<Timestamp>,
    /// Until when the endpoint gets no requests; none when it is not held back.
    pub(super) hold: Option<Timestamp>,
    /// Whether the endpoint answered 410 and is disabled.
    pub(super) gone: bool,
}

impl Verdict {
    /// The verdict on attempt number `tried + 1` of the schedule.
    pub(super) fn of(result: &Result<Answer, SendError>, tried: i16, now: Timestamp, random: &Random) -> Self {
        let answer = result.as_ref().ok();
        match answer.map(|answer| answer.status) {
            Some(200..=299) => Self { state: "delivered", due_at: None, hold: None, gone: false },
            Some(410) => Self { gone: true, ..Self::given_up() },
            status => {
                let wish = answer.and_then(|answer| retry_after(&answer.headers, now));
                let overloaded = matches!(status, Some(429 | 502 | 503 | 504));
                let pause = wish.map_or(BREATHER, |wish| wish.min(LONGEST_HOLD));
                let hold = overloaded.then(|| now.saturating_add(pause).unwrap_or(now));
                Self { hold, ..Self::again(tried, wish, now, random) }
            }
        }
    }

    /// Waits for the next attempt of the schedule; gives up after the last.
    pub(super) fn again(tried: i16, wish: Option<SignedDuration>, now: Timestamp, random: &Random) -> Self {
        let next = usize::try_from(tried).ok().and_then(|tried| SCHEDULE.get(tried + 1));
        let Some(wait) = next else { return Self::given_up() };
        let wait = jittered(*wait, random).max(wish.unwrap_or_default());
        let due_at = now.saturating_add(wait).unwrap_or(now);
        Self { state: "waiting", due_at: Some(due_at), hold: None, gone: false }
    }

    /// No further attempt.
    pub(super) fn given_up() -> Self {
        Self { state: "failed", due_at: None, hold: None, gone: false }
    }
}

/// Up to a tenth longer, so that deliveries that failed together are not retried together.
fn jittered(wait: SignedDuration, random: &Random) -> SignedDuration {
    let thousandths = i32::try_from(random.below(101)).unwrap_or_default();
    wait.saturating_add(wait / 1_000 * thousandths)
}

/// The wait that `Retry-After` asks for, in seconds or as a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wish = match text.parse::<u32>() {
        Ok(seconds) => SignedDuration::from_secs(seconds.into()),
        Err(_) => DateTimeParser::new().parse_timestamp(text).ok()?.duration_since(now),
    };
    Some(wish.clamp(SignedDuration::ZERO, LONGEST_WISH))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_785_402_900, 0);

    fn answer(status: u16, wish: Option<&str>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(wish) = wish {
            headers.insert(header::RETRY_AFTER, wish.parse().unwrap());
        }
        Answer { status, headers, body: Vec::new(), took: Duration::ZERO }
    }

    fn verdict(status: u16, wish: Option<&str>, tried: i16) -> Verdict {
        Verdict::of(&Ok(answer(status, wish)), tried, NOW, &Random::seeded(1))
    }

    #[test]
    fn only_two_hundreds_are_a_success() {
        for status in [200, 204, 299] {
            assert_eq!(verdict(status, None, 0).state, "delivered");
        }
        for status in [100, 199, 300, 301, 304, 400, 404, 500] {
            assert_eq!(verdict(status, None, 0).state, "waiting", "{status}");
        }
    }

    #[test]
    fn attempts_follow_the_schedule_with_a_little_jitter_and_end() {
        for (tried, wait) in (0..).zip(&SCHEDULE[1..]) {
            let waited = verdict(500, None, tried).due_at.unwrap().duration_since(NOW);
            assert!(waited >= *wait && waited <= *wait + *wait / 10, "{tried}: {waited}");
        }
        assert_eq!(verdict(500, None, 9), Verdict::given_up());
        assert_eq!(verdict(500, None, i16::MAX), Verdict::given_up());
        let whole: SignedDuration = SCHEDULE.iter().copied().reduce(|a, b| a + b).unwrap();
        assert_eq!(whole, SignedDuration::from_secs((75 * 60 + 35) * 60 + 5));
    }

    #[test]
    fn an_endpoint_that_is_gone_gets_no_more_requests() {
        assert_eq!(verdict(410, None, 0), Verdict { gone: true, ..Verdict::given_up() });
    }

    #[test]
    fn a_wish_to_be_left_alone_is_heard() {
        let waited = |wish| verdict(429, Some(wish), 0).due_at.unwrap().duration_since(NOW).as_secs();
        assert_eq!(waited("120"), 120);
        assert_eq!(waited("Thu, 30 Jul 2026 09:20:00 GMT"), 300);
        assert_eq!(waited("99999999"), 24 * 3600);
        // A `Retry-After` below the schedule or without a meaning changes nothing.
        assert!((5..6).contains(&waited("0")) && (5..6).contains(&waited("soon")));
        assert!((5..6).contains(&waited("Thu, 30 Jul 2020 09:20:00 GMT")));
    }

    #[test]
    fn an_overloaded_endpoint_is_left_alone_as_a_whole() {
        let held = |status, wish| verdict(status, wish, 0).hold.map(|until| until.duration_since(NOW).as_secs());
        assert_eq!(held(429, Some("120")), Some(120));
        assert_eq!(held(503, Some("7200")), Some(3600));
        assert_eq!(held(502, None), Some(2));
        assert_eq!((held(500, None), held(404, Some("60"))), (None, None));
    }
}
