//! Event patterns: one type, or all types with the same prefix.

use std::{fmt, str::FromStr};

use freehold_core::{Error, Result};

/// A pattern of event types: `call.completed`, `call.*` (every type below `call`, such as `call.leg.ended`) or `*`
/// (every type).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// The message for a text that is not a pattern.
    pub const EXPECTED: &str = "expected a type of events (call.completed), a beginning (call.*) or * for all";
    /// The longest pattern, in bytes.
    const LONGEST: usize = 100;

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern matches this event type. The function `freehold.event_patterns` applies the same rule in the
    /// database.
    pub fn catches(&self, name: &str) -> bool {
        match self.0.strip_suffix('*') {
            // What is left is empty or ends with a dot.
            Some(beginning) => name.starts_with(beginning),
            None => self.0 == name,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Pattern {
    type Err = Error;

    /// Returns `validation_failed` at `?type` when the text is neither an event type nor a prefix with `*`.
    fn from_str(text: &str) -> Result<Self> {
        let words = if text == "*" { "" } else { text.strip_suffix(".*").unwrap_or(text) };
        let letters =
            |word: &str| !word.is_empty() && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if text.len() <= Self::LONGEST && (text == "*" || words.split('.').all(letters)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::invalid("?type", Self::EXPECTED))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_catches_a_type_or_what_begins_with_it() {
        let caught = |pattern: &str, name| pattern.parse::<Pattern>().unwrap().catches(name);
        assert!(caught("call.completed", "call.completed") && !caught("call.completed", "call.failed"));
        assert!(caught("call.*", "call.failed") && caught("call.*", "call.leg.ended"));
        assert!(!caught("call.*", "caller.added") && !caught("call.*", "call"));
        assert!(caught("*", "call.completed"));
    }

    #[test]
    fn what_no_type_looks_like_is_refused() {
        for text in ["", ".", "call.", ".*", "call.*.ended", "ca*", "**", "Call.completed", "call completed", "call..x"]
        {
            assert!(text.parse::<Pattern>().is_err(), "{text:?}");
        }
        assert!("a".repeat(101).parse::<Pattern>().is_err());
    }
}
