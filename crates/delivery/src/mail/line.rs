//! Text that has to stay on one line: subjects and names.

/// `text` on one line: runs of spaces, line breaks and control characters become one space. What ends up in a header
/// of a mail has been through here, so no data can begin a header of its own.
pub(super) fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.split(breaks).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
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
