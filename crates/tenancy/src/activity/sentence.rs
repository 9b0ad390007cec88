//! Sentences: words with values in them.

use std::fmt;

use freehold_core::visible_line;
use serde_json::Value;

use crate::audit::Entry;

/// Longest value in a sentence, in characters.
const LONGEST: usize = 120;

/// What happened, in words. The text is the three parts together, without a full stop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// The text before what was changed; the whole text where nothing is marked.
    pub before: String,
    /// What was changed, as a page may link it; may be empty.
    pub object: String,
    /// The text behind it.
    pub after: String,
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.before, self.object, self.after)
    }
}

impl Sentence {
    /// The sentence of these words; `value` gives the text for each pair of braces, and gets whether the sentence
    /// begins with it.
    pub(super) fn of(words: &str, value: impl Fn(&str, bool) -> String) -> Self {
        let mut parts = [String::new(), String::new(), String::new()];
        let mut part = 0;
        let mut rest = words;
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            match letter {
                '[' | ']' => part = (part + 1).min(2),
                '{' => {
                    let (name, behind) = rest.split_once('}').unwrap_or((rest, ""));
                    let is_first = parts.iter().all(String::is_empty);
                    parts[part].push_str(&value(name, is_first));
                    rest = behind;
                }
                letter => parts[part].push(letter),
            }
        }
        let [before, object, after] = parts;
        Self { before, object, after }
    }
}

/// The text of a value of an entry: `detail.name`, `before.plan.id`, `words after.state`.
pub(super) fn value(entry: &Entry, place: &str) -> String {
    let (path, in_words) = place.strip_prefix("words ").map_or((place, false), |path| (path, true));
    let (object, fields) = path.split_once('.').unwrap_or((path, ""));
    let object = match object {
        "before" => entry.before.as_ref(),
        "after" => entry.after.as_ref(),
        _ => Some(&entry.detail),
    };
    let found = fields.split('.').try_fold(object.unwrap_or(&Value::Null), |value, field| value.get(field));
    let text = match found {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ if entry.erased.iter().any(|erased| erased == path) => return "(erased)".to_owned(),
        _ => return "(not recorded)".to_owned(),
    };
    let text = if in_words { text.replace('_', " ") } else { text };
    let line = visible_line(&text);
    if line.chars().count() <= LONGEST {
        return line;
    }
    line.chars().take(LONGEST).chain(['…']).collect()
}

/// What is wrong with the words of an action; none: nothing.
pub fn words_check(words: &str) -> Option<String> {
    if words.is_empty() || words.ends_with('.') || words.trim() != words {
        return Some("write a sentence without a full stop".to_owned());
    }
    let marks: String = words.chars().filter(|letter| matches!(letter, '[' | ']')).collect();
    if !matches!(marks.as_str(), "" | "[]") {
        return Some("mark at most one part with [ and ]".to_owned());
    }
    let mut rest = words;
    while let Some((_, behind)) = rest.split_once('{') {
        let Some((place, behind)) = behind.split_once('}') else { return Some("a brace is not closed".to_owned()) };
        let path = place.strip_prefix("words ").unwrap_or(place);
        let of_entry = ["detail.", "before.", "after."].iter().any(|begin| path.starts_with(begin));
        if !of_entry && !matches!(place, "actor" | "user") {
            return Some(format!("{{{place}}} is no value of an entry"));
        }
        rest = behind;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(place: &str, is_first: bool) -> String {
        match (place, is_first) {
            ("actor", true) => "An API key".to_owned(),
            ("actor", false) => "an API key".to_owned(),
            ("user", _) => "[{actor}]".to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn values_stand_in_the_words_and_one_part_is_marked() {
        let sentence = Sentence::of("{actor} removed [{user}] today", named);
        assert_eq!(sentence.to_string(), "An API key removed [{actor}] today");
        assert_eq!((&*sentence.object, &*sentence.after), ("[{actor}]", " today"));
        assert_eq!(Sentence::of("[{actor}] left", named).object, "An API key");
        assert_eq!(Sentence::of("Today [{actor}] left", named).object, "an API key");
    }

    #[test]
    fn words_with_mistakes_are_found() {
        for words in ["", "{actor} left.", " {actor} left", "{actor", "{name}", "[a] [b]", "a]", "][", "{words user}"] {
            assert!(words_check(words).is_some(), "{words}");
        }
        for words in ["{actor} left", "[{user}] has {words after.state}", "The plan changed to {after.plan.id}"] {
            assert_eq!(words_check(words), None, "{words}");
        }
    }
}
