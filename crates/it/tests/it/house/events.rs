//! The event catalog: every event is documented, and no change goes unnoticed.

use std::collections::BTreeSet;

use freehold::products::PRODUCTS;
use freehold_compose::event_types;
use freehold_jobs::outbox::{EventType, Pattern};
use serde_json::Value;

use super::{refuse, snapshot, sources};

#[test]
fn the_catalog_of_events_is_the_one_in_the_repository() {
    let head = "# Events\n\nThe events for webhooks and `GET /api/v1/events`; the server shows them at `/docs/events`. Made from \
        the code by `make snapshots`; do not edit.\n\n| event | version | when it is published |\n|---|---|---|";
    let events = event_types(&freehold_voice::PRODUCT);
    let rows = events
        .iter()
        .map(|event| format!("| [`{}`](#{}) | {} | {} |", event.name, anchor(event), event.version, event.summary));
    let table: Vec<String> = std::iter::once(head.to_owned()).chain(rows).collect();
    let chapters: Vec<String> = events.iter().map(chapter).collect();
    snapshot::same_as("docs/events.md", &format!("{}\n\n{}", table.join("\n"), chapters.join("\n")));
}

/// The anchor of its section.
fn anchor(event: &EventType) -> String {
    event.name.replace('.', "")
}

fn chapter(event: &EventType) -> String {
    let schema = (event.schema)();
    let fields = schema["properties"].as_object().unwrap().iter().map(|(name, property)| {
        // A line break would end the row of the table.
        let words = property["description"].as_str().unwrap_or("see its own fields").replace('\n', " ");
        format!("| `{name}` | {} | {words} |", kind(property))
    });
    let fields: Vec<String> = fields.collect();
    let message = serde_json::to_string_pretty(&event.message()).unwrap();
    format!(
        "## `{}`\n\n| data | type | what it is |\n|---|---|---|\n{}\n\n```json\n{message}\n```\n",
        event.name,
        fields.join("\n")
    )
}

fn kind(property: &Value) -> String {
    let words = match &property["type"] {
        Value::String(one) => one.clone(),
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "object".to_owned(),
    };
    match property["format"].as_str() {
        Some(format) if !format.starts_with("int") => format!("{words} ({format})"),
        _ => words,
    }
}

#[test]
fn types_of_events_are_distinct_and_said_in_a_sentence() {
    for (_, product) in PRODUCTS {
        let mut names = BTreeSet::new();
        for event in event_types(product) {
            assert!(names.insert(event.name), "{} is there twice", event.name);
            assert!(event.name.parse::<Pattern>().is_ok() && event.name.contains('.'), "{}", event.name);
            assert!(
                event.version > 0 && event.summary.ends_with('.') && !event.summary.contains("  "),
                "{}",
                event.name
            );
        }
    }
}

#[test]
fn a_product_file_cannot_declare_events_of_the_backbone() {
    let bare = freehold_web::Product::from_toml("bare.toml", "");
    for event in event_types(&bare) {
        let first = event.name.split('.').next().unwrap_or_default();
        assert!(freehold_catalog::RESERVED_EVENTS.contains(&first), "{first} is not in RESERVED_EVENTS");
    }
}

#[test]
fn every_event_of_the_source_tree_is_in_the_catalog() {
    let listed: BTreeSet<&str> =
        PRODUCTS.iter().flat_map(|(_, product)| event_types(product)).map(|event| event.name).collect();
    let mut broken = Vec::new();
    for (file, text) in sources() {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for name in code.split("const TYPE: &'static str = \"").skip(1).filter_map(|rest| rest.split('"').next()) {
            if !listed.contains(name) {
                broken.push(format!("{file}: {name} is in no list of `freehold_compose::event_types`"));
            }
        }
    }
    refuse("Every event is documented:", &broken);
}
