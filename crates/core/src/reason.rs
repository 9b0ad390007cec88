//! Why an operator changes something of an organization.

use crate::{Error, Result};

/// Longest reason, in characters.
const LONGEST: usize = 500;

/// The reason of an operator without spaces around it.
///
/// # Errors
/// `validation_failed` at `/reason`.
pub fn reason_check(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    let readable = |letter: char| letter == '\n' || !letter.is_control();
    if reason.is_empty() || reason.chars().count() > LONGEST || !reason.chars().all(readable) {
        let expected = format!("expected 1 to {LONGEST} characters that say why; the organization reads them");
        return Err(Error::invalid("/reason", expected));
    }
    Ok(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_readable_text() {
        assert_eq!(reason_check(" ticket 7\nspam ").unwrap(), "ticket 7\nspam");
        for bad in ["", "  ", "a\u{0}b", &"x".repeat(501)] {
            assert_eq!(reason_check(bad).unwrap_err().fields()[0].pointer, "/reason");
        }
    }
}
