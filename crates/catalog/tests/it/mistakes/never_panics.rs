//! Every text results in a product or its errors, never in a panic.

use freehold_catalog::Product;
use proptest::prelude::*;

use super::{FILE, NOTES};

/// Texts that are likely to break a parser.
const SCRAPS: [&str; 35] = [
    "",
    "-1",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    "=",
    "\n",
    "\r\n",
    "#",
    ".",
    "\u{feff}",
    "é",
    "\u{0}",
    "🦀",
    "[[plans]]",
    "[plans]",
    "[plans.free.limits]",
    "{}",
    "[]",
    "\"unlimited\"",
    "nan",
    "0x",
    "0b2",
    "1e400",
    "1979-05-27",
    "99999999999999999999",
    "\"\"",
    "\"\"\"",
    "a.b.c.d = 1",
    "\"all\"",
    "\"99999999999 TB\"",
    "\"$99999999999999999999\"",
];

proptest! {
    /// A text with parts removed and others inserted, at any character.
    #[test]
    fn parsing_never_panics_on_a_product_gone_wrong(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..30, 0..SCRAPS.len()), 1..6),
    ) {
        let mut letters: Vec<char> = NOTES.chars().collect();
        for (at, length, scrap) in cuts {
            let at = at.index(letters.len() + 1);
            let end = (at + length).min(letters.len());
            letters.splice(at..end, SCRAPS[scrap].chars());
        }
        let text: String = letters.into_iter().collect();
        if let Err(mistakes) = Product::parse(FILE, &text) {
            let last = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
            prop_assert!(mistakes.iter().next().is_some());
            prop_assert!(mistakes.iter().all(|mistake| (1..=last).contains(&mistake.line)));
            prop_assert!(!mistakes.to_string().contains("no reason was found"), "{text}");
        }
    }

    /// A text with lines swapped, removed and doubled: it is mostly still TOML, so the rules behind the syntax are
    /// tested.
    #[test]
    fn parsing_never_panics_on_lines_in_disorder(
        moves in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4), 1..8),
    ) {
        let mut lines: Vec<&str> = NOTES.lines().collect();
        for (from, to, kind) in moves {
            let (from, to) = (from.index(lines.len()), to.index(lines.len()));
            match kind {
                0 => lines.swap(from, to),
                1 if lines.len() > 1 => drop(lines.remove(from)),
                _ => lines.insert(to, lines[from]),
            }
        }
        let answer = Product::parse(FILE, &lines.join("\n"));
        if let Err(mistakes) = &answer {
            prop_assert!(!mistakes.to_string().contains("no reason was found"), "{mistakes}");
        }
        if let Ok(product) = answer {
            prop_assert!(product.plan(&product.default_plan().id).is_some());
            prop_assert!(product.plans().iter().all(|plan| plan.limits.len() == product.meters.len()));
        }
    }

    #[test]
    fn parsing_never_panics_on_any_text(text in "\\PC*") {
        prop_assert!(Product::parse(FILE, &text).is_err());
    }
}
