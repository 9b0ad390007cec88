//! Times as the pages write them: `21 November 2026`, always UTC.

use jiff::Timestamp;

/// `21 November 2026, 11:12 UTC` for an RFC 3339 time such as `2026-11-21T11:12:09.5Z`; returns any other text
/// unchanged.
pub fn minute(time: &str) -> String {
    time.parse().map_or_else(|_| time.to_owned(), moment)
}

/// `21 November 2026, 11:12 UTC`.
pub fn moment(time: Timestamp) -> String {
    time.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// `21 November 2026`, the day in UTC.
pub fn day(time: Timestamp) -> String {
    time.strftime("%-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_lose_their_seconds_and_everything_else_stays() {
        assert_eq!(minute("2026-11-21T11:12:09.512Z"), "21 November 2026, 11:12 UTC");
        assert_eq!(minute("2026-11-21T01:12:09+02:00"), "20 November 2026, 23:12 UTC");
        for other in ["", "yesterday", "2026-11-21", "ääääääääääääZ"] {
            assert_eq!(minute(other), other);
        }
    }
}
