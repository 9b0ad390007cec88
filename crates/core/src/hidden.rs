//! Invisible characters, and characters that change how the text around them is shown.

use std::fmt;

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, ExtendedPictographic, GeneralCategory, Script},
};

use unicode_normalization::UnicodeNormalization;

use crate::{Error, Result};

/// An invisible character and its position in the text.
///
/// ```
/// # use freehold_core::{EmailAddress, EmailAddressError};
/// let Err(EmailAddressError::Hidden(hidden)) = EmailAddress::parse("ada\u{200b}@example.org") else { panic!() };
/// assert_eq!(hidden.to_string(), "U+200B ZERO WIDTH SPACE at position 4");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HiddenCharacter {
    /// The invisible character that was found.
    pub character: char,
    /// Position in the text, in characters from 1.
    pub position: usize,
}

impl fmt::Display for HiddenCharacter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { character, position } = *self;
        write!(f, "U+{:04X}{} at position {position}", u32::from(character), description(character))
    }
}

/// The first character that is not allowed in an e-mail address because it is invisible or looks like a space.
pub(crate) fn hidden_in_address(text: &str) -> Option<HiddenCharacter> {
    let allowed =
        |character| character == ' ' || !(is_hidden(character) || is_space(character) || is_unknown(character));
    first(text, |character, _, _| !allowed(character))
}

impl HiddenCharacter {
    /// The first character of a name that is invisible or reorders the text around it. Joiners are allowed where a
    /// script or an emoji needs them: Persian words and family emoji contain them.
    pub fn in_name(text: &str) -> Option<Self> {
        first(text, |character, before, after| is_hidden(character) && !is_needed(character, before, after))
    }
}

/// The text on one line and without the characters that [`HiddenCharacter::in_name`] finds; every run of spaces and
/// line breaks becomes one space.
pub fn visible_line(text: &str) -> String {
    let mut kept: Vec<char> = Vec::with_capacity(text.len());
    let mut letters = text.nfc().peekable();
    while let Some(character) = letters.next() {
        let before = kept.iter().rev().find(|letter| !is_modifier(**letter)).copied();
        if character.is_whitespace() || character.is_control() {
            kept.push(' ');
        } else if !is_hidden(character) || is_needed(character, before, letters.peek().copied()) {
            kept.push(character);
        }
    }
    String::from_iter(kept).split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The name without surrounding space, if it has 1 to `longest` visible characters.
///
/// # Errors
/// `validation_failed` at `pointer`, naming the invisible character and its position.
pub fn name_check(pointer: &str, name: &str, longest: usize) -> Result<String> {
    if let Some(hidden) = HiddenCharacter::in_name(name.trim_matches([' ', '\t', '\r', '\n'])) {
        // Positions count in the text as it was sent.
        let skipped = name.chars().take_while(|letter| matches!(letter, ' ' | '\t' | '\r' | '\n')).count();
        let hidden = HiddenCharacter { position: hidden.position + skipped, ..hidden };
        return Err(Error::invalid(pointer, format!("contains {hidden}, which cannot be seen. Remove it")));
    }
    let name = name.trim();
    if (1..=longest).contains(&name.chars().count()) {
        Ok(name.to_owned())
    } else {
        Err(Error::invalid(pointer, format!("expected 1 to {longest} characters, without control characters")))
    }
}

/// The first character for which `hides` is true, given the previous visible character, which decides about joiners.
fn first(text: &str, hides: impl Fn(char, Option<char>, Option<char>) -> bool) -> Option<HiddenCharacter> {
    let mut before = None;
    let mut letters = text.chars().enumerate().peekable();
    while let Some((index, character)) = letters.next() {
        let after = letters.peek().map(|(_, letter)| *letter);
        if hides(character, before, after) {
            return Some(HiddenCharacter { character, position: index + 1 });
        }
        if !is_modifier(character) {
            before = Some(character);
        }
    }
    None
}

/// Whether the character only changes the look of the previous emoji and may stand before its joiner.
fn is_modifier(character: char) -> bool {
    matches!(character, '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// Whether the character is invisible, except ordinary and wide spaces.
fn is_hidden(character: char) -> bool {
    let blank = matches!(character, '\u{2800}' | '\u{fffc}' | '\u{1d159}');
    let invisible = matches!(
        category(character),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    );
    blank || invisible || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

fn is_space(character: char) -> bool {
    category(character) == GeneralCategory::SpaceSeparator
}

/// Whether the character has no defined appearance.
fn is_unknown(character: char) -> bool {
    matches!(category(character), GeneralCategory::PrivateUse | GeneralCategory::Unassigned)
}

/// Whether a joiner or selector is needed at this place.
fn is_needed(character: char, before: Option<char>, after: Option<char>) -> bool {
    let emoji = |letter: Option<char>| {
        letter.is_some_and(|letter| CodePointSetData::new::<ExtendedPictographic>().contains(letter))
    };
    let joined =
        |letter: Option<char>| letter.is_some_and(|letter| joins(CodePointMapData::<Script>::new().get(letter)));
    match character {
        '\u{200c}' => joined(before) && joined(after),
        '\u{200d}' => joined(before) && joined(after) || emoji(before) && emoji(after),
        '\u{fe0e}' | '\u{fe0f}' => emoji(before) || after == Some('\u{20e3}'),
        _ => false,
    }
}

/// Scripts that use joiners within words.
fn joins(script: Script) -> bool {
    [
        Script::Arabic,
        Script::Syriac,
        Script::Mongolian,
        Script::Devanagari,
        Script::Bengali,
        Script::Gurmukhi,
        Script::Gujarati,
        Script::Oriya,
        Script::Tamil,
        Script::Telugu,
        Script::Kannada,
        Script::Malayalam,
        Script::Sinhala,
        Script::Khmer,
        Script::Myanmar,
    ]
    .contains(&script)
}

fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}

/// The character's Unicode name, or its kind, with a space before it.
fn description(character: char) -> String {
    if let Some((_, name)) = NAMES.iter().find(|(named, _)| *named == character) {
        return format!(" {name}");
    }
    let kind = match (character, category(character)) {
        ('\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}', _) => "a variation selector",
        ('\u{e0000}'..='\u{e007f}', _) => "a tag character",
        (_, GeneralCategory::Control) => "a control character",
        (_, GeneralCategory::PrivateUse) => "a private-use character",
        (_, GeneralCategory::Unassigned) => "an unassigned character",
        (_, GeneralCategory::SpaceSeparator) => "a space",
        _ => "an invisible character",
    };
    format!(" ({kind})")
}

/// Unicode names of the most common invisible characters.
const NAMES: &[(char, &str)] = &[
    ('\u{0}', "NULL"),
    ('\t', "CHARACTER TABULATION"),
    ('\n', "LINE FEED"),
    ('\r', "CARRIAGE RETURN"),
    ('\u{7f}', "DELETE"),
    ('\u{85}', "NEXT LINE"),
    ('\u{a0}', "NO-BREAK SPACE"),
    ('\u{ad}', "SOFT HYPHEN"),
    ('\u{34f}', "COMBINING GRAPHEME JOINER"),
    ('\u{61c}', "ARABIC LETTER MARK"),
    ('\u{115f}', "HANGUL CHOSEONG FILLER"),
    ('\u{1160}', "HANGUL JUNGSEONG FILLER"),
    ('\u{1680}', "OGHAM SPACE MARK"),
    ('\u{180e}', "MONGOLIAN VOWEL SEPARATOR"),
    ('\u{2000}', "EN QUAD"),
    ('\u{2001}', "EM QUAD"),
    ('\u{2002}', "EN SPACE"),
    ('\u{2003}', "EM SPACE"),
    ('\u{2004}', "THREE-PER-EM SPACE"),
    ('\u{2005}', "FOUR-PER-EM SPACE"),
    ('\u{2006}', "SIX-PER-EM SPACE"),
    ('\u{2007}', "FIGURE SPACE"),
    ('\u{2008}', "PUNCTUATION SPACE"),
    ('\u{2009}', "THIN SPACE"),
    ('\u{200a}', "HAIR SPACE"),
    ('\u{200b}', "ZERO WIDTH SPACE"),
    ('\u{200c}', "ZERO WIDTH NON-JOINER"),
    ('\u{200d}', "ZERO WIDTH JOINER"),
    ('\u{200e}', "LEFT-TO-RIGHT MARK"),
    ('\u{200f}', "RIGHT-TO-LEFT MARK"),
    ('\u{2028}', "LINE SEPARATOR"),
    ('\u{2029}', "PARAGRAPH SEPARATOR"),
    ('\u{202a}', "LEFT-TO-RIGHT EMBEDDING"),
    ('\u{202b}', "RIGHT-TO-LEFT EMBEDDING"),
    ('\u{202c}', "POP DIRECTIONAL FORMATTING"),
    ('\u{202d}', "LEFT-TO-RIGHT OVERRIDE"),
    ('\u{202e}', "RIGHT-TO-LEFT OVERRIDE"),
    ('\u{202f}', "NARROW NO-BREAK SPACE"),
    ('\u{205f}', "MEDIUM MATHEMATICAL SPACE"),
    ('\u{2060}', "WORD JOINER"),
    ('\u{2061}', "FUNCTION APPLICATION"),
    ('\u{2062}', "INVISIBLE TIMES"),
    ('\u{2063}', "INVISIBLE SEPARATOR"),
    ('\u{2064}', "INVISIBLE PLUS"),
    ('\u{2066}', "LEFT-TO-RIGHT ISOLATE"),
    ('\u{2067}', "RIGHT-TO-LEFT ISOLATE"),
    ('\u{2068}', "FIRST STRONG ISOLATE"),
    ('\u{2069}', "POP DIRECTIONAL ISOLATE"),
    ('\u{2800}', "BRAILLE PATTERN BLANK"),
    ('\u{3000}', "IDEOGRAPHIC SPACE"),
    ('\u{3164}', "HANGUL FILLER"),
    ('\u{feff}', "ZERO WIDTH NO-BREAK SPACE"),
    ('\u{ffa0}', "HALFWIDTH HANGUL FILLER"),
    ('\u{fffc}', "OBJECT REPLACEMENT CHARACTER"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_character_nobody_sees_is_refused_and_the_message_names_it() {
        for (name, named) in [
            ("Acme\u{202e}moc", "U+202E RIGHT-TO-LEFT OVERRIDE at position 5"),
            ("\u{200b}Acme", "U+200B ZERO WIDTH SPACE at position 1"),
            ("  Ac\u{2060}me", "U+2060 WORD JOINER at position 5"),
            ("Acme\u{2028}GmbH", "U+2028 LINE SEPARATOR at position 5"),
            ("Ac\u{7}me", "U+0007 (a control character) at position 3"),
            ("Ac\u{ad}me", "U+00AD SOFT HYPHEN at position 3"),
            ("Ac\u{200d}me", "U+200D ZERO WIDTH JOINER at position 3"),
            ("Ac\u{fe0f}me", "U+FE0F (a variation selector) at position 3"),
            ("Ac\u{e0041}me", "U+E0041 (a tag character) at position 3"),
            ("Ac\u{3164}me", "U+3164 HANGUL FILLER at position 3"),
            ("Acme\u{feff}", "U+FEFF ZERO WIDTH NO-BREAK SPACE at position 5"),
        ] {
            let error = name_check("/name", name, 200).unwrap_err();
            assert_eq!(error.fields()[0].pointer, "/name");
            assert!(error.message().contains(named), "{name:?}: {}", error.message());
        }
    }

    #[test]
    fn names_of_all_scripts_and_emoji_stay_possible() {
        for name in [
            "Müller & Co. KG",
            "Booking.com",
            "株式会社\u{3000}山田",
            "نرم\u{200c}افزار",
            "क्\u{200d}ष",
            "Family 👨\u{200d}👩\u{200d}👧",
            "Love ❤\u{fe0f} Inc",
            "👩🏽\u{200d}💻 Coders",
            "Crème\u{a0}Brûlée",
        ] {
            assert_eq!(name_check("/name", name, 200).unwrap(), name);
        }
        for name in ["", "   ", &"x".repeat(201)] {
            assert!(name_check("/name", name, 200).is_err());
        }
    }
}
