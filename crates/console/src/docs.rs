//! `/docs`: the API reference, made from the OpenAPI document. It has an index with search, a page for each topic (tag)
//! and a page for each operation.

mod command;
mod events;
mod example;
mod operation;
mod outline;
mod schema;
mod search;

use std::sync::Arc;

use askama::Template;
use serde_json::Value;

use self::{
    command::Credential,
    operation::Operation,
    outline::{Outline, Topic},
    search::Hit,
};
pub use self::{
    events::{EventEntry, EventsPage},
    search::SearchEntry,
};
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
    pub document: Arc<Value>,
}

#[derive(Template)]
#[template(path = "docs.html")]
struct IndexView<'a> {
    shell: &'a Shell,
    contents: Contents<'a>,
    title: &'a str,
    version: &'a str,
    introduction: Prose,
}

#[derive(Template)]
#[template(path = "docs_search.html")]
struct SearchView<'a> {
    shell: &'a Shell,
    contents: Contents<'a>,
    hits: Vec<Hit>,
}

#[derive(Template)]
#[template(path = "docs_topic.html")]
struct TopicView<'a> {
    shell: &'a Shell,
    contents: Contents<'a>,
    topic: &'a Topic<'a>,
}

#[derive(Template)]
#[template(path = "docs_operation.html")]
struct OperationView<'a> {
    shell: &'a Shell,
    contents: Contents<'a>,
    topic: &'a Topic<'a>,
    outline: &'a Outline<'a>,
    operation: Operation,
}

/// What every page of the reference shows beside its subject: the search field and the topics.
struct Contents<'a> {
    topics: &'a [Topic<'a>],
    /// Text in the search field; may be empty.
    query: &'a str,
    /// Key of the topic whose operations are listed; empty for none.
    topic: &'a str,
    /// Key of the operation that the page shows; empty for none.
    operation: &'a str,
}

impl DocsPage {
    /// Renders `/docs`: the topics.
    pub fn render(&self) -> Result<String, askama::Error> {
        let info = &self.document["info"];
        let topics = outline::topics(&self.document);
        let view = IndexView {
            shell: &self.shell,
            contents: Contents { topics: &topics, query: "", topic: "", operation: "" },
            title: info["title"].as_str().unwrap_or("API"),
            version: info["version"].as_str().unwrap_or_default(),
            introduction: Prose::parse(info["description"].as_str().unwrap_or_default()),
        };
        view.render()
    }

    /// Renders `/docs?q=…`: the operations and the `entries` that contain all words of `query`, best first.
    pub fn render_search(&self, query: &str, entries: &[SearchEntry]) -> Result<String, askama::Error> {
        let topics = outline::topics(&self.document);
        let hits = search::search(query, &topics, entries);
        let contents = Contents { topics: &topics, query: query.trim(), topic: "", operation: "" };
        SearchView { shell: &self.shell, contents, hits }.render()
    }

    /// Renders the page of a topic by its key, such as `api-keys`; none when the document has no such topic.
    pub fn render_topic(&self, key: &str) -> Result<Option<String>, askama::Error> {
        let topics = outline::topics(&self.document);
        let Some(topic) = topics.iter().find(|topic| topic.key == key) else { return Ok(None) };
        let contents = Contents { topics: &topics, query: "", topic: key, operation: "" };
        TopicView { shell: &self.shell, contents, topic }.render().map(Some)
    }

    /// Renders the page of an operation by its key, such as `workflow_create`; none when the document has no such
    /// operation.
    pub fn render_operation(&self, key: &str) -> Result<Option<String>, askama::Error> {
        let topics = outline::topics(&self.document);
        let mut operations = topics.iter().flat_map(|topic| topic.operations.iter().map(move |each| (topic, each)));
        let Some((topic, outline)) = operations.find(|(_, outline)| outline.key == key) else { return Ok(None) };
        let view = OperationView {
            shell: &self.shell,
            contents: Contents { topics: &topics, query: "", topic: &topic.key, operation: key },
            topic,
            outline,
            operation: operation::read(&self.document, &self.shell.brand.site_url, &outline.source),
        };
        view.render().map(Some)
    }
}

#[cfg(test)]
mod tests;
