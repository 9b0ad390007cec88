//! Folding names, so that different spellings compare as equal.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The name without case and accents, and with `_` between its words: `Prénom`, `PRENOM` and `prenom ` are one name,
/// and so are `Phone 1 - Value` and `phone_1_value`.
pub(crate) fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for letter in name.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase) {
        match letter {
            'ß' => folded.push_str("ss"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            // An apostrophe does not separate words.
            '\'' | '’' | 'ʼ' | '.' => {}
            letter if letter.is_alphanumeric() => folded.push(letter),
            _ if folded.ends_with('_') || folded.is_empty() => {}
            _ => folded.push('_'),
        }
    }
    folded.truncate(folded.trim_end_matches('_').len());
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_read_alike_are_one() {
        for (name, folded) in [
            ("Phone 1 - Value", "phone_1_value"),
            ("Country/Region", "country_region"),
            ("  E-Mail ", "e_mail"),
            ("Prénom", "prenom"),
            ("Straße", "strasse"),
            ("Telefon (geschäftlich)", "telefon_geschaftlich"),
            ("\u{feff}Phone\u{200b}", "phone"),
            ("電話番号", "電話番号"),
            ("Ｐｈｏｎｅ", "phone"),
            ("Côte d’Ivoire", "cote_divoire"),
            ("--", ""),
        ] {
            assert_eq!(fold(name), folded, "{name:?}");
        }
    }
}
