//! `/docs/events`: the events that the server publishes.

use askama::Template;
use serde_json::Value;

use super::schema::{Row, rows};
use crate::{
    Shell,
    prose::{Block, Prose, Span},
};

/// Every event type, with its schema and a sample.
#[derive(Clone, Debug)]
pub struct EventsPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The event types, in the order of the catalog.
    pub events: Vec<EventEntry>,
}

/// One event type.
#[derive(Clone, Debug)]
pub struct EventEntry {
    /// Name of the type: `call.completed`; also the anchor.
    pub name: String,
    /// Version of the data's form.
    pub version: i16,
    /// When the event is published.
    pub summary: String,
    /// JSON schema of the data, with everything that it refers to.
    pub schema: Value,
    /// A complete sample message.
    pub message: Value,
}

#[derive(Template)]
#[template(path = "events.html")]
struct View<'a> {
    shell: &'a Shell,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    name: &'a str,
    version: i16,
    summary: Prose,
    rows: Vec<Row>,
    message: String,
}

impl EventsPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        View { shell: &self.shell, entries: self.events.iter().map(Entry::of).collect() }.render()
    }
}

impl<'a> Entry<'a> {
    fn of(event: &'a EventEntry) -> Self {
        Self {
            name: &event.name,
            version: event.version,
            summary: Prose::parse(&event.summary),
            rows: rows(&event.schema, &event.schema),
            message: format!("{:#}", event.message),
        }
    }
}
