//! Decoding texts of any encoding.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use freehold_core::{Error, Result};

use super::{Hints, refused};

/// How many bytes of a file are used to detect UTF-16 without a byte order mark.
const LOOKED_AT: usize = 1_024;

/// The text of a file.
pub(super) struct Text<'a> {
    pub(super) encoding: &'static Encoding,
    /// The text, with U+FFFD in place of bytes that could not be decoded.
    pub(super) text: Cow<'a, str>,
}

/// The encoding with this name, as the web uses it: `windows-1252`, `latin1`, `shift_jis`.
///
/// # Errors
/// `validation_failed` at `pointer`.
pub(crate) fn encoding_named(pointer: &str, name: &str) -> Result<&'static Encoding> {
    Encoding::for_label(name.trim().as_bytes()).ok_or_else(|| {
        let message = "expected the name of an encoding, such as utf-8, utf-16le, windows-1252, macintosh or shift_jis; leave \
                       it out to have it detected";
        Error::invalid(pointer, message)
    })
}

/// Decodes a file: by its byte order mark, or else the named encoding, or else the detected one.
pub(super) fn decode(bytes: &[u8], hints: Hints) -> Result<Text<'_>> {
    if bytes.starts_with(b"\xff\xfe\0\0") || bytes.starts_with(b"\0\0\xfe\xff") {
        return Err(refused("the file is UTF-32. Save it as CSV in UTF-8, and send that"));
    }
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, &bytes[mark..]),
        None => (hints.encoding.unwrap_or_else(|| detected(bytes, hints)), bytes),
    };
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let odd = text.chars().take(4 * LOOKED_AT).filter(|letter| is_odd(*letter)).count();
    if odd > 8 && odd * 10 > text.chars().take(4 * LOOKED_AT).count() {
        return Err(refused(
            "the file is not a text, and no workbook of Excel either. Save the list as CSV, and send that",
        ));
    }
    Ok(Text { encoding, text })
}

/// Whether the character never occurs in a text.
fn is_odd(letter: char) -> bool {
    letter == '\u{fffd}' || letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

fn detected(bytes: &[u8], hints: Hints) -> &'static Encoding {
    if let Some(encoding) = utf_16(bytes) {
        return encoding;
    }
    let (mut letters, mut faults) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        letters += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
        faults += usize::from(!chunk.invalid().is_empty());
    }
    // Other encodings hardly ever produce valid UTF-8 sequences, so a text with many of them and a few invalid bytes is
    // UTF-8.
    if faults == 0 || letters > 2 * faults {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let country = hints.country.map(|country| country.to_string().to_ascii_lowercase());
    detector.guess(country.as_deref().map(str::as_bytes), Utf8Detection::Deny)
}

/// Detects UTF-16 without a byte order mark: many of every other byte are zero, and hardly any of those in between.
fn utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let begin = &bytes[..bytes.len().min(LOOKED_AT)];
    if begin.len() < 4 || begin.len() % 2 == 1 {
        return None;
    }
    let zeros = |place: usize| begin.iter().skip(place).step_by(2).filter(|byte| **byte == 0).count();
    let (first, second, half) = (zeros(0), zeros(1), begin.len() / 2);
    if second * 3 > half && first * 20 <= half {
        Some(UTF_16LE)
    } else if first * 3 > half && second * 20 <= half {
        Some(UTF_16BE)
    } else {
        None
    }
}
