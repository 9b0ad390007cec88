//! "Did you mean …?"

/// `did you mean "calls"?`, or else `expected "calls" or "workflows"`, or else, when nothing is known, `otherwise`.
pub(crate) fn or_one_of(written: &str, known: &[&str], otherwise: &str) -> String {
    match nearest(written, known) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None if known.is_empty() => otherwise.to_owned(),
        None => format!("expected {}", one_of(known)),
    }
}

/// `"level", "counter" or "rate"`.
pub(crate) fn one_of(known: &[&str]) -> String {
    let quoted: Vec<String> = known.iter().map(|word| format!("{word:?}")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The known word that may have been meant: at most a third of the letters differ.
pub(crate) fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let written: Vec<char> = written.chars().collect();
    let close = |word: &&'k str| {
        let letters: Vec<char> = word.chars().collect();
        // A much longer or shorter word cannot be meant, and comparing a very long one would take long.
        let within = letters.len().max(written.len()).div_ceil(3);
        let apart = (letters.len().abs_diff(written.len()) <= within).then(|| distance(&letters, &written))?;
        (apart <= within).then_some((apart, *word))
    };
    known.iter().filter_map(close).min_by_key(|(apart, _)| *apart).map(|(_, word)| word)
}

/// The number of letters to add, remove or replace (Levenshtein distance).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.iter().enumerate() {
        let mut row = vec![index + 1];
        for ((other, up), diagonal) in right.iter().zip(above.iter().skip(1)).zip(&above) {
            let before = row.last().map_or(0, |cell| cell + 1);
            row.push(before.min(up + 1).min(diagonal + usize::from(letter != other)));
        }
        above = row;
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(left: &str, right: &str) -> usize {
        distance(&left.chars().collect::<Vec<_>>(), &right.chars().collect::<Vec<_>>())
    }

    #[test]
    fn distance_counts_letters() {
        assert_eq!(apart("", ""), 0);
        assert_eq!(apart("abc", ""), 3);
        assert_eq!(apart("", "abc"), 3);
        assert_eq!(apart("kitten", "sitting"), 3);
        assert_eq!(apart("calls", "cals"), 1);
    }

    #[test]
    fn only_what_is_close_is_suggested() {
        assert_eq!(nearest("cals", &["workflows", "calls"]), Some("calls"));
        assert_eq!(nearest("users", &["workflows", "calls"]), None);
        assert_eq!(or_one_of("x", &["day", "week", "month"], ""), r#"expected "day", "week" or "month""#);
        assert_eq!(or_one_of("x", &[], "declare it"), "declare it");
    }
}
