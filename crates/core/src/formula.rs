//! Protection from texts that a spreadsheet would run as a formula.
//!
//! A CSV file is split at commas, but a spreadsheet may split it elsewhere: at semicolons in countries with decimal
//! commas, at tabs, or as its user last chose. It then splits quoted texts, too, so every part of a text has to be
//! harmless (OWASP, "CSV Injection").

use std::borrow::Cow;

/// Characters at which a spreadsheet may end a cell.
const SEPARATORS: &[char] = &[',', ';', '\t', '|', '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

/// First characters of formulas, including wide forms that some spreadsheets treat the same.
const BEGINNINGS: &[char] = &['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'];

/// The character before a part that would be a formula.
const GUARD: char = '\'';

/// The text as a cell without formulas: an apostrophe precedes each part that would be one. Parts end at commas,
/// semicolons, tabs, bars and line breaks. [`formula_unguard`] restores the text.
///
/// Numbers are written as cells of their own, without an apostrophe.
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

/// The text from which [`formula_guard`] made `cell`.
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

/// Whether a part is a formula, or an apostrophe before one, which gets another apostrophe to tell it from the guard.
fn is_guarded_or_formula(part: &str) -> bool {
    let bare = part.trim_start_matches(GUARD);
    // Spreadsheets differ in skipping spaces, quotes and invisible characters, so all of them are skipped.
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
