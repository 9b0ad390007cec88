//! The topics of the reference with their operations, as far as lists and the search need them.

use std::collections::HashSet;

use serde_json::Value;

use super::schema;
use crate::prose::Prose;

/// The methods of OpenAPI in the order of the pages.
const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// The operations of one tag.
pub(super) struct Topic<'a> {
    /// Name of the tag: `API keys`.
    pub(super) name: String,
    /// Last part of the page's address, unique in the document: `api-keys`.
    pub(super) key: String,
    pub(super) description: Prose,
    pub(super) operations: Vec<Outline<'a>>,
}

/// One operation in a list.
pub(super) struct Outline<'a> {
    /// Last part of the page's address, unique in the document; the operation's id where it has one: `key_create`.
    pub(super) key: String,
    /// Name in lists and the heading: `Create an API key`.
    pub(super) name: String,
    /// HTTP method in capitals: `POST`.
    pub(super) method: String,
    /// Description in Markdown; may be empty.
    pub(super) description: &'a str,
    pub(super) deprecated: bool,
    pub(super) source: Source<'a>,
}

/// Where the document describes an operation.
pub(super) struct Source<'a> {
    /// Template of the path: `/api/v1/workflows/{id}`.
    pub(super) path: &'a str,
    /// HTTP method in lower case: `post`.
    pub(super) method: &'static str,
    /// The path's object, with parameters that all its operations share.
    pub(super) item: &'a Value,
    pub(super) operation: &'a Value,
}

impl Outline<'_> {
    /// The first sentence of the description, for lists.
    pub(super) fn first_sentence(&self) -> Prose {
        let paragraph = self.description.split("\n\n").next().unwrap_or_default();
        Prose::parse(paragraph.find(". ").map_or(paragraph, |end| &paragraph[..=end]))
    }
}

/// The topics that have operations: declared tags in the order of the document, then others in order of appearance.
pub(super) fn topics(document: &Value) -> Vec<Topic<'_>> {
    let mut topics: Vec<Topic<'_>> = Vec::new();
    for tag in document["tags"].as_array().into_iter().flatten() {
        if let Some(name) = tag["name"].as_str() {
            topic_of(&mut topics, name).description = Prose::parse(tag["description"].as_str().unwrap_or_default());
        }
    }
    for (tag, outline) in outlines(document) {
        topic_of(&mut topics, tag).operations.push(outline);
    }
    topics.retain(|topic| !topic.operations.is_empty());
    keys_distinct(topics.iter_mut().map(|topic| &mut topic.key));
    keys_distinct(topics.iter_mut().flat_map(|topic| topic.operations.iter_mut().map(|outline| &mut outline.key)));
    topics
}

fn topic_of<'a, 'b>(topics: &'b mut Vec<Topic<'a>>, name: &str) -> &'b mut Topic<'a> {
    let index = topics.iter().position(|topic| topic.name == name).unwrap_or_else(|| {
        topics.push(Topic {
            name: name.to_owned(),
            key: key(name).to_lowercase(),
            description: Prose::default(),
            operations: Vec::new(),
        });
        topics.len() - 1
    });
    &mut topics[index]
}

/// All operations with their first tag, in the order of the document.
fn outlines(document: &Value) -> impl Iterator<Item = (&str, Outline<'_>)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let sources = paths.flat_map(|(path, item)| {
        let item = schema::resolve(document, item);
        METHODS.iter().filter_map(move |method| Some(Source { path, method, item, operation: item.get(method)? }))
    });
    sources.filter(|source| source.operation.is_object()).map(|source| {
        let operation = source.operation;
        let id = operation["operationId"].as_str().unwrap_or_default();
        let name = name(&source, id);
        let outline = Outline {
            key: key(if id.is_empty() { &name } else { id }),
            method: source.method.to_uppercase(),
            description: operation["description"].as_str().unwrap_or_default(),
            deprecated: operation["deprecated"].as_bool().unwrap_or(false),
            name,
            source,
        };
        (operation["tags"][0].as_str().unwrap_or("Other"), outline)
    })
}

fn name(source: &Source<'_>, id: &str) -> String {
    let summary = source.operation["summary"].as_str().unwrap_or_default().trim().trim_end_matches('.');
    match (summary, id) {
        ("", "") => format!("{} {}", source.method.to_uppercase(), source.path),
        ("", id) => id.replace('_', " "),
        (summary, _) => summary.replace('`', ""),
    }
}

/// `text` as a part of an address: letters, digits, `_` and `-`.
fn key(text: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    text.chars().map(kept).collect::<String>().split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// Adds a number to empty and repeated keys, so that every key is unique.
fn keys_distinct<'a>(keys: impl Iterator<Item = &'a mut String>) {
    let mut seen = HashSet::new();
    for key in keys {
        let base = if key.is_empty() { "unnamed".to_owned() } else { key.clone() };
        let mut number = 1;
        key.clone_from(&base);
        while !seen.insert(key.clone()) {
            number += 1;
            *key = format!("{base}-{number}");
        }
    }
}
