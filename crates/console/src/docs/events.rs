//! `/docs/events`: what is told outside.

use askama::Template;
use serde_json::Value;

use super::schema::{Row, rows};
use crate::{
    Brand,
    prose::{Block, Prose, Span},
};

/// Every type of event, with its schema and a sample.
#[derive(Clone, Debug)]
pub struct EventsPage {
    /// Whose page it is.
    pub brand: Brand,
    /// In the order of the catalog.
    pub events: Vec<EventEntry>,
}

/// One type of event.
#[derive(Clone, Debug)]
pub struct EventEntry {
    /// `call.completed`; also the anchor.
    pub name: String,
    /// Of the data's form.
    pub version: i16,
    /// When it is told.
    pub summary: String,
    /// The JSON schema of the data; what it refers to is inside.
    pub schema: Value,
    /// A whole message.
    pub message: Value,
}

#[derive(Template)]
#[template(path = "events.html")]
struct View<'a> {
    brand: &'a Brand,
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
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        View { brand: &self.brand, entries: self.events.iter().map(Entry::of).collect() }.render()
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
