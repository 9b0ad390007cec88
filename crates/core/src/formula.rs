//! Texts that a spreadsheet would run as a formula.
//!
//! A CSV file is split at commas, but a spreadsheet may split it elsewhere: at semicolons where the comma is for decimals, at tabs,
//! at what its user last chose. A quoted text is then split, too, so every part of a text has to be harmless (OWASP, "CSV
//! Injection").

use std::borrow::Cow;

/// What a spreadsheet may take for the end of a cell.
const SEPARATORS: &[char] = &[',', ';', '\t', '|', '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

/// What a formula begins with, as typed and in the wide forms that some spreadsheets take for the same.
const BEGINNINGS: &[char] = &['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'];

/// Goes before what would be a formula.
const GUARD: char = '\'';

/// The text as a cell in which no part is a formula: an apostrophe goes before each part that would be one. Parts end at commas,
/// semicolons, tabs, bars and line breaks. [`formula_unguard`] gives the text back.
///
/// Numbers are cells of their own and are not guarded.
///
/// ```
/// # use freehold_core::formula_guard;
/// assert_eq!(formula_guard("x;=1+1;y"), "x;'=1+1;y");
/// assert_eq!(formula_guard("a=1"), "a=1");
/// ```
pub fn formula_guard(text: &str) -> Cow<'_, str> {
    if !parts(text).any(is_guarded_or_formula) {
        return text.into();
    }
    let mut guarded = String::with_capacity(text.len() + 1);
    for part in parts(text) {
        if is_guarded_or_formula(part) {
            guarded.push(GUARD);
        }
        guarded.push_str(part);
    }
    guarded.into()
}

/// The text of which [`formula_guard`] made `cell`.
pub fn formula_unguard(cell: &str) -> Cow<'_, str> {
    let guarded = |part: &str| part.strip_prefix(GUARD).is_some_and(is_guarded_or_formula);
    if !parts(cell).any(guarded) {
        return cell.into();
    }
    parts(cell).map(|part| if guarded(part) { &part[GUARD.len_utf8()..] } else { part }).collect::<String>().into()
}

/// The parts of a text, each with the separator behind it.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(SEPARATORS)
}

/// Whether a part is a formula, or an apostrophe before one: that gets another one, so that the first is not taken for a guard.
fn is_guarded_or_formula(part: &str) -> bool {
    let bare = part.trim_start_matches(GUARD);
    // Spaces, quotes and what cannot be seen are skipped by one spreadsheet or another.
    let skipped = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(letter, '"' | '“' | '”' | '\u{feff}' | '\u{200b}'..='\u{200f}')
    };
    bare.trim_start_matches(|letter| skipped(letter) && !SEPARATORS.contains(&letter)).starts_with(BEGINNINGS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_part_of_a_cell_is_a_formula() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@now", "'@now"),
            ("x;=1+1;y", "x;'=1+1;y"),
            ("x,+1", "x,'+1"),
            ("x\t@sum(a1)", "x\t'@sum(a1)"),
            ("x|-1", "x|'-1"),
            ("x\n=1", "x\n'=1"),
            ("x\r\n=1", "x\r\n'=1"),
            ("x; =1", "x;' =1"),
            ("  =1", "'  =1"),
            ("\u{a0}=1", "'\u{a0}=1"),
            ("\u{feff}=1", "'\u{feff}=1"),
            ("x;\"=1\"", "x;'\"=1\""),
            ("＝1+1", "'＝1+1"),
            ("x；＝1", "x；＝1"),
            ("x;＋1;－1;＠a", "x;'＋1;'－1;'＠a"),
            ("\t=1", "\t'=1"),
            (";;=1", ";;'=1"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("'=1", "''=1"),
        ] {
            assert_eq!(formula_guard(text), cell, "{text:?}");
            assert_eq!(formula_unguard(cell), text, "{cell:?}");
        }
    }

    #[test]
    fn an_ordinary_text_stays_as_it_is() {
        for text in
            ["", "a=1", "Größe, \"x\"\n", "Ada's", "'tis", "well-known", "a; b", "1;2", "ada@example.org", "x - y", "'"]
        {
            assert_eq!(formula_guard(text), text);
            assert_eq!(formula_unguard(text), text);
        }
    }

    proptest! {
        #[test]
        fn a_guarded_text_is_read_back_and_no_part_of_it_runs(text in "([-=+@＝'; ,|\t\n\"a1]){0,24}") {
            let cell = formula_guard(&text);
            prop_assert_eq!(formula_unguard(&cell), text.as_str());
            for part in cell.split(SEPARATORS) {
                prop_assert!(!part.trim_start_matches([' ', '"']).starts_with(BEGINNINGS), "{cell:?}");
            }
        }
    }
}
