//! Plain English: the words that readers have to translate first. They stand in no text that a reader of the product sees:
//! descriptions of the API, messages, help, pages, mails and documentation.

use std::{collections::BTreeSet, path::Path, process::Command};

use serde_json::Value;

use super::{exceptions, refuse, root, sources};
use crate::harness::app::TestApp;

/// What not to write, and what to write instead.
const WORDS: &[(&str, &str)] = &[
    ("somebody", "user, member, caller or visitor"),
    ("nobody", "no user, no member"),
    ("anybody", "a user, users"),
    ("whoever", "the user who"),
    ("he", "they"),
    ("his", "their"),
    ("him", "them"),
    ("himself", "themselves"),
    ("does not hold", "is invalid"),
    ("do not hold", "are invalid"),
    ("has come to its end", "has expired or has ended"),
    ("is dealt with once more", "is processed again"),
    ("are dealt with once more", "are processed again"),
    ("put away", "revoke or delete"),
    ("take back", "revoke or cancel"),
    ("taken back", "revoked or cancelled"),
    ("told to stop", "the shutdown signal"),
    ("is told of", "gets"),
    ("house", "organization"),
    ("room", "what the plan allows, or space"),
    ("rooms", "crates, or what the plan allows"),
    ("promise", "reservation"),
    ("promised", "reserved"),
    ("newcomer", "provisioning hook, or new user"),
    ("nudge", "notifier, wake"),
    ("ears", "notifier, wake"),
    ("ways", "sign-in methods"),
    ("elsewhere", "name the place: another server, the identity provider"),
    ("door", "identity provider"),
    ("doors", "identity providers"),
    ("chore", "maintenance job"),
    ("chores", "maintenance jobs"),
    ("office", "context"),
    ("shelf", "catalog"),
    ("chance", "random source"),
];

/// The words of a text in lower case, with a space around each.
fn spaced(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '\'' && letter != '_');
    let words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    format!(" {} ", words.join(" "))
}

/// The refused words of a text, each with what to write instead.
fn refused(text: &str) -> Vec<(&'static str, &'static str)> {
    let text = spaced(text);
    WORDS.iter().filter(|(word, _)| text.contains(&format!(" {word} "))).copied().collect()
}

/// A text without its parts between the marks: code between backticks, values between braces.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once(open) {
        kept.push_str(before);
        kept.push(' ');
        rest = after.split_once(close).map_or("", |(_, behind)| behind);
    }
    kept + rest
}

/// The string literals of Rust code that are sentences, with their lines; no comments, tests and statements of SQL.
fn sentences(code: &str) -> Vec<(usize, String)> {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, line) in code.lines().enumerate() {
        if open.is_none() && line.trim_start().starts_with("//") {
            continue;
        }
        let mut letters = line.chars().peekable();
        while let Some(letter) = letters.next() {
            match (&mut open, letter) {
                (Some((_, text)), '\\') => text.extend(letters.next().map(|_| ' ')),
                (Some(_), '"') => found.extend(open.take()),
                (Some((_, text)), letter) => text.push(letter),
                // The character of a quotation mark.
                (None, '\'') if letters.peek() == Some(&'"') => _ = letters.next(),
                (None, '"') => open = Some((index + 1, String::new())),
                (None, '/') if letters.peek() == Some(&'/') => break,
                (None, _) => {}
            }
        }
        if let Some((_, text)) = &mut open {
            text.push(' ');
        }
    }
    let statement = |text: &str| {
        ["select ", "update ", "insert ", "delete ", "with "].iter().any(|word| text.trim_start().starts_with(word))
    };
    found.retain(|(_, text)| text.split_whitespace().count() > 2 && !statement(text));
    found
}

/// The texts of the files that readers see: documentation, help, pages and mails.
fn files() -> Vec<(String, String)> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().unwrap();
    let names = String::from_utf8(output.stdout).unwrap();
    let mut texts = Vec::new();
    for name in names.split_terminator('\0') {
        let path = Path::new(name);
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        // What an agent says on the telephone is in JSON.
        let template = name.contains("/templates/") && kind != "json";
        let prose = kind == "md" && !name.starts_with("findings/") || name == "docs/help.txt";
        if !template && !prose {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(root().join(name)) else { continue };
        let text = if template {
            let text = without(&without(&text, "{{", "}}"), "{%", "%}");
            without(&without(&text, "{#", "#}"), "<", ">")
        } else {
            without(&without(&text, "```", "```"), "`", "`")
        };
        texts.push((name.to_owned(), text));
    }
    assert!(texts.len() > 50, "the texts were not found");
    texts
}

/// Every description and summary of a document, with its place.
fn descriptions(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| descriptions(item, place, found)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str() {
                    Some(text) if ["description", "summary", "title"].contains(&name.as_str()) => {
                        found.push((format!("openapi.json {place}"), without(text, "`", "`")));
                    }
                    _ => descriptions(field, &format!("{place}/{name}"), found),
                }
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn no_public_text_has_words_that_readers_must_translate() {
    let app = TestApp::with(crate::voice()).await;
    let listed = exceptions(include_str!("plain_words_exceptions.txt"));
    let mut texts = files();
    descriptions(&app.document, "", &mut texts);
    // What tests, the benchmark and the fuzzer write is read by developers only.
    let unseen = |file: &str| {
        file.ends_with("/tests.rs")
            || ["/tests/", "crates/bench/", "crates/fuzz/"].iter().any(|part| file.contains(part))
    };
    for (file, code) in sources().into_iter().filter(|(file, _)| !unseen(file)) {
        let literals = sentences(&code).into_iter();
        texts.extend(literals.map(|(line, text)| (format!("{file}:{line}"), without(&text, "{", "}"))));
    }
    let mut needed = BTreeSet::new();
    let mut broken = Vec::new();
    for (place, text) in texts {
        for (word, instead) in refused(&text) {
            let file = place.split([':', ' ']).next().unwrap_or_default();
            let entry = format!("{file} {word}");
            match listed.get_key_value(entry.as_str()) {
                Some((entry, _)) => _ = needed.insert(*entry),
                None => broken.push(format!("{place}: {word:?}; write {instead}")),
            }
        }
    }
    let stale = listed.keys().filter(|entry| !needed.contains(*entry));
    broken.extend(stale.map(|entry| format!("{entry}: need not stand in plain_words_exceptions.txt any more")));
    refuse("Public text is plain English:", &broken);
}

#[test]
fn the_rule_finds_words_and_leaves_parts_of_words_alone() {
    assert_eq!(refused("Whoever asks, gets his key.").len(), 2);
    assert_eq!(refused("The token does not\n hold."), [("does not hold", "is invalid")]);
    assert!(refused("The mailroom of the warehouse, always, here, this.").is_empty());
    let code = "let a = \"nobody is here\"; // \"somebody is there\"\nlet b = '\"'; let c = \"select nobody from x\";\n\
                let d = \"two \\\n   lines of him\";\n#[cfg(test)]\nlet e = \"he is not read\";";
    let found = sentences(code);
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(refused(&found[1].1), [("him", "them")]);
    assert_eq!(without("the `room` of {room}", "`", "`"), "the   of {room}");
}
