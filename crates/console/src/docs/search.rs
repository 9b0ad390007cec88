//! The search of the reference. It runs on the server, so it needs no script.

use super::outline::{Outline, Topic};
use crate::prose::Prose;

/// Most words of a query; further ones are ignored.
const MOST_WORDS: usize = 8;
/// Characters of a query that are read; the search field takes no more.
const LONGEST: usize = 200;
/// Most results on a page.
const MOST_HITS: usize = 50;

/// Something besides operations that the search finds, such as an event type or an error code.
#[derive(Clone, Debug)]
pub struct SearchEntry {
    /// Name as programs write it: `quota_exceeded`.
    pub name: String,
    /// What it is: `Error code`.
    pub kind: &'static str,
    /// Path of its page on this site.
    pub href: String,
    /// One sentence about it.
    pub summary: String,
}

/// A result.
pub(super) struct Hit {
    pub(super) name: String,
    pub(super) href: String,
    /// Topic of an operation, or the kind of an entry.
    pub(super) place: String,
    /// HTTP method and path of an operation; none for others.
    pub(super) route: Option<(String, String)>,
    pub(super) summary: Prose,
}

/// What contains all words of `query`, best first. A query without words finds nothing.
pub(super) fn search(query: &str, topics: &[Topic<'_>], entries: &[SearchEntry]) -> Vec<Hit> {
    let words = words(query);
    if words.is_empty() {
        return Vec::new();
    }
    let operations = topics.iter().flat_map(|topic| {
        let words = &words;
        topic.operations.iter().filter_map(move |outline| {
            let identifiers = format!("{} {} {}", outline.key, outline.method, outline.source.path);
            let score = score(words, [&outline.name, &identifiers, &topic.name, &text_of(outline)])?;
            Some((score, operation_hit(topic, outline)))
        })
    });
    let others = entries.iter().filter_map(|entry| {
        let score = score(&words, [&entry.name, entry.kind, "", &entry.summary])?;
        Some((score, entry_hit(entry)))
    });
    let mut scored: Vec<(u32, Hit)> = operations.chain(others).collect();
    // The sort is stable: results of the same score keep the order of the document.
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, hit)| hit).take(MOST_HITS).collect()
}

/// The words in lower case, without the plural's `s`, so that `keys` finds `key`.
fn words(query: &str) -> Vec<String> {
    let query: String = query.chars().take(LONGEST).collect::<String>().to_lowercase();
    let words = query.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let singular = |word: &str| match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with('s') => stem.to_owned(),
        _ => word.to_owned(),
    };
    words.map(singular).take(MOST_WORDS).collect()
}

/// Rates texts from the most important one to the least; none when a word is in none of them.
fn score(words: &[String], texts: [&str; 4]) -> Option<u32> {
    let texts = texts.map(str::to_lowercase);
    let mut total = 0;
    for word in words {
        let place = texts.iter().position(|text| text.contains(word.as_str()))?;
        total += [8, 4, 2, 1][place];
    }
    Some(total)
}

/// The description of an operation and its parameters' names.
fn text_of(outline: &Outline<'_>) -> String {
    let parameters = outline.source.operation["parameters"].as_array().into_iter().flatten();
    let names: Vec<&str> = parameters.filter_map(|parameter| parameter["name"].as_str()).collect();
    format!("{} {}", outline.description, names.join(" "))
}

fn operation_hit(topic: &Topic<'_>, outline: &Outline<'_>) -> Hit {
    Hit {
        name: outline.name.clone(),
        href: format!("/docs/operations/{}", outline.key),
        place: topic.name.clone(),
        route: Some((outline.method.clone(), outline.source.path.to_owned())),
        summary: outline.first_sentence(),
    }
}

fn entry_hit(entry: &SearchEntry) -> Hit {
    Hit {
        name: entry.name.clone(),
        href: entry.href.clone(),
        place: entry.kind.to_owned(),
        route: None,
        summary: Prose::parse(&entry.summary),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_singular_and_few() {
        assert_eq!(words("Create API-Keys, access"), ["create", "api", "key", "access"]);
        assert_eq!(words("run_start bus"), ["run_start", "bus"]);
        assert_eq!(words(" %00 <b> "), ["00", "b"]);
        assert!(words("… --").is_empty());
        assert_eq!(words(&"a ".repeat(5000)).len(), MOST_WORDS);
    }

    #[test]
    fn every_word_must_be_found_and_names_weigh_most() {
        let words = words("create key");
        assert_eq!(score(&words, ["Create an API key", "", "", ""]), Some(16));
        assert_eq!(score(&words, ["Create a run", "", "", "needs a key"]), Some(9));
        assert_eq!(score(&words, ["Create a run", "", "", ""]), None);
    }
}
