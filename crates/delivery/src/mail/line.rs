//! Text that must stay on one line: subjects and names.

use freehold_core::visible_line;

/// `text` on one line: runs of spaces, line breaks and control characters become one space, and characters that hide or
/// reorder others are removed. Every text in a mail header passes through this function, so no data can start a header
/// of its own.
pub(super) fn one_line(text: &str) -> String {
    visible_line(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_breaks_a_line_becomes_a_space() {
        assert_eq!(
            one_line("Voice\r\nBcc: all@example.org\u{2028}x\u{85}y\u{0}z  "),
            "Voice Bcc: all@example.org x y z"
        );
    }
}
