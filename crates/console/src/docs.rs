//! `/docs`: the API reference, made from the OpenAPI document.

mod command;
mod events;
mod example;
mod operation;
mod schema;

use std::{collections::HashSet, fmt::Write as _};

use askama::Template;
use serde_json::Value;

pub use self::events::{EventEntry, EventsPage};
use self::operation::Operation;
use crate::{
    Shell,
    prose::{Block, Prose, Span},
};

/// The API reference. It renders every document, and leaves out the parts that it does not understand.
#[derive(Clone, Debug)]
pub struct DocsPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The OpenAPI 3.1 document, as served at `/api/v1/openapi.json`.
    pub document: Value,
}

#[derive(Template)]
#[template(path = "docs.html")]
struct View<'a> {
    shell: &'a Shell,
    title: &'a str,
    version: &'a str,
    introduction: Prose,
    groups: Vec<Group>,
}

/// The operations of one tag.
struct Group {
    name: String,
    anchor: String,
    description: Prose,
    operations: Vec<Operation>,
}

impl DocsPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        let info = &self.document["info"];
        let view = View {
            shell: &self.shell,
            title: info["title"].as_str().unwrap_or("API"),
            version: info["version"].as_str().unwrap_or_default(),
            introduction: Prose::parse(info["description"].as_str().unwrap_or_default()),
            groups: groups(&self.document, &self.shell.brand.site_url),
        };
        view.render()
    }
}

/// The operations by their first tag: declared tags in the order of the document, then others in order of appearance.
fn groups(document: &Value, site_url: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for tag in document["tags"].as_array().into_iter().flatten() {
        if let Some(name) = tag["name"].as_str() {
            group_of(&mut groups, name).description = Prose::parse(tag["description"].as_str().unwrap_or_default());
        }
    }
    for operation in operation::all(document, site_url) {
        group_of(&mut groups, &operation.tag).operations.push(operation);
    }
    groups.retain(|group| !group.operations.is_empty());
    anchors_distinct(&mut groups);
    groups
}

fn group_of<'a>(groups: &'a mut Vec<Group>, name: &str) -> &'a mut Group {
    let index = groups.iter().position(|group| group.name == name).unwrap_or_else(|| {
        groups.push(Group {
            name: name.to_owned(),
            anchor: format!("tag-{}", anchor(name)),
            description: Prose::default(),
            operations: Vec::new(),
        });
        groups.len() - 1
    });
    &mut groups[index]
}

/// `text` as an anchor: letters, digits, `_` and `-`.
fn anchor(text: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    text.chars().map(kept).collect::<String>().split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// Adds a number to repeated anchors, so that every anchor of the page is unique.
fn anchors_distinct(groups: &mut [Group]) {
    let mut seen = HashSet::new();
    let anchors = groups.iter_mut().flat_map(|group| {
        std::iter::once(&mut group.anchor).chain(group.operations.iter_mut().map(|operation| &mut operation.anchor))
    });
    for (index, anchor) in anchors.enumerate() {
        if !seen.insert(anchor.clone()) {
            let _ = write!(anchor, "-{index}");
            seen.insert(anchor.clone());
        }
    }
}

#[cfg(test)]
mod tests;
