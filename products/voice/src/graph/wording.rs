//! Texts with variables, and the words of a text.

use freehold_core::percent_encode;

use super::Variables;

/// Longest text after its variables are filled in, in characters; the rest is cut off. A run stores every text that it
/// says, and a text may contain a long variable hundreds of times.
const FILLED_MAX: usize = 4_000;

/// A part of a text.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece<'a> {
    /// Plain text.
    Plain(&'a str),
    /// A variable, `{{name}}`: its name without surrounding spaces.
    Variable(&'a str),
    /// A `{{` without `}}`, and everything after it.
    Unclosed(&'a str),
}

/// Splits a text into its parts, in order.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let (plain, tail) = rest.split_at(open);
        if !plain.is_empty() {
            found.push(Piece::Plain(plain));
        }
        let Some(close) = tail.find("}}") else {
            found.push(Piece::Unclosed(tail));
            return found;
        };
        found.push(Piece::Variable(tail[2..close].trim()));
        rest = &tail[close + 2..];
    }
    if !rest.is_empty() {
        found.push(Piece::Plain(rest));
    }
    found
}

/// Fills the variables into a text. A variable that is not set becomes empty.
pub(crate) fn fill(text: &str, variables: &Variables) -> String {
    fill_with(text, variables, str::to_owned)
}

/// Fills the variables into a URL. Each is percent-encoded, so that it cannot change the rest of the URL.
pub(crate) fn fill_url(url: &str, variables: &Variables) -> String {
    fill_with(url, variables, percent_encode)
}

fn fill_with(text: &str, variables: &Variables, encode: impl Fn(&str) -> String) -> String {
    let filled: String = pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Plain(plain) | Piece::Unclosed(plain) => plain.to_owned(),
            Piece::Variable(name) => variables.get(name).map(|value| encode(value)).unwrap_or_default(),
        })
        .collect();
    cut(&filled, FILLED_MAX).to_owned()
}

/// The first characters of the text, at most this many.
pub(crate) fn cut(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

/// The words of a text in lower case, separated by single spaces and without punctuation: "Don't, please!" becomes
/// `dont please`.
pub(crate) fn words(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !matches!(letter, '\'' | '’' | '`')).flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            found.push(letter);
        } else if !found.is_empty() && !found.ends_with(' ') {
            found.push(' ');
        }
    }
    found.truncate(found.trim_end().len());
    found
}

/// Whether these words, as `words` returns them, contain the phrase.
pub(crate) fn is_among(said: &str, phrase: &str) -> bool {
    let phrase = words(phrase);
    !phrase.is_empty() && format!(" {said} ").contains(&format!(" {phrase} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn variables_are_filled_in_and_unset_ones_left_out() {
        let filled = fill("Hello {{name}}, {{ day }} at {{time}}?", &variables(&[("name", "Ada"), ("day", "Friday")]));
        assert_eq!(filled, "Hello Ada, Friday at ?");
    }

    #[test]
    fn a_filled_in_text_is_never_longer_than_its_limit() {
        let long = variables(&[("x", &"ä".repeat(2_000))]);
        assert_eq!(fill("{{x}}{{x}}{{x}}", &long).chars().count(), FILLED_MAX);
    }

    #[test]
    fn a_value_is_not_looked_through_for_variables_again() {
        assert_eq!(fill("{{a}}", &variables(&[("a", "{{b}}"), ("b", "secret")])), "{{b}}");
    }

    #[test]
    fn a_variable_in_an_address_cannot_change_the_address() {
        let filled = fill_url("https://shop.test/{{id}}", &variables(&[("id", "../admin?x=1&ü")]));
        assert_eq!(filled, "https://shop.test/..%2Fadmin%3Fx%3D1%26%C3%BC");
    }

    #[test]
    fn an_unclosed_placeholder_is_told_apart() {
        assert_eq!(pieces("Hi {{name"), [Piece::Plain("Hi "), Piece::Unclosed("{{name")]);
        assert_eq!(pieces("{{}}"), [Piece::Variable("")]);
    }
}
