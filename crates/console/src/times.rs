//! Times as pages write them.

use jiff::Timestamp;

/// `2026-11-21 11:12 UTC` of an RFC 3339 time in UTC (`2026-11-21T11:12:09.5Z`); anything else as it is.
pub(crate) fn minute(time: &str) -> String {
    match (time.get(..10), time.get(10..11), time.get(11..16)) {
        (Some(day), Some("T"), Some(minute)) if time.ends_with('Z') => format!("{day} {minute} UTC"),
        _ => time.to_owned(),
    }
}

/// `21 November 2026`, by UTC.
pub(crate) fn day(time: Timestamp) -> String {
    time.strftime("%-d %B %Y").to_string()
}

/// `1 December`, by UTC, of a day that is near.
pub(crate) fn day_near(time: Timestamp) -> String {
    time.strftime("%-d %B").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_lose_their_seconds_and_everything_else_stays() {
        assert_eq!(minute("2026-11-21T11:12:09.512Z"), "2026-11-21 11:12 UTC");
        for other in ["", "yesterday", "2026-11-21T11:12:09+02:00", "ääääääääääääZ"] {
            assert_eq!(minute(other), other);
        }
    }
}
