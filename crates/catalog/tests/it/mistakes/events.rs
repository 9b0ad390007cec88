//! Errors in `[events]`, and in who records a meter.

use freehold_catalog::{Product, RESERVED_EVENTS};
use serde_json::json;

use super::{FILE, NOTES, changed};

const SHARED: &str = "[events.\"note.shared\"]\nversion = 1\nsummary = \"A note is shared.\"\n";

/// The errors of the product with these lines in place of `[costs]`' head, which is line 47.
#[track_caller]
fn with_event(lines: &str) -> String {
    changed("[costs]", &format!("{lines}\n[costs]"))
}

#[test]
fn an_event_is_read_with_its_fields_and_checks_data() {
    let fields = "[events.\"note.shared\".fields]\nnote_id = { type = \"string\", description = \"Id of the note.\" }\n\
                  to = { type = \"array\", description = \"Addresses.\", optional = true }\n";
    let product = Product::parse(FILE, &NOTES.replace("[costs]", &format!("{SHARED}{fields}[costs]"))).unwrap();
    let event = product.event("note.shared").unwrap();
    assert_eq!((event.version, event.summary.as_str(), event.fields.len()), (1, "A note is shared.", 2));
    assert_eq!(event.sample(), json!({ "note_id": "text", "to": [] }));
    let schema = event.schema();
    assert_eq!((&schema["required"], &schema["additionalProperties"]), (&json!(["note_id"]), &json!(false)));
    let wrong = |data: serde_json::Value| event.mistakes(data.as_object().unwrap());
    assert!(wrong(json!({ "note_id": "1" })).is_empty());
    assert!(wrong(json!({ "note_id": "1", "to": null })).is_empty());
    let expected = |place: &str, message: &str| vec![(place.to_owned(), message.to_owned())];
    assert_eq!(wrong(json!({ "note_id": 1 })), expected("/note_id", "expected a string"));
    assert_eq!(wrong(json!({})), expected("/note_id", "missing; expected a string"));
    assert_eq!(wrong(json!({ "note_id": "1", "too": [] })), expected("/too", r#"unknown field; did you mean "to"?"#));
}

#[test]
fn an_event_without_fields_takes_any_object() {
    let product = Product::parse(FILE, &NOTES.replace("[costs]", &format!("{SHARED}[costs]"))).unwrap();
    let event = product.event("note.shared").unwrap();
    assert!(event.mistakes(json!({ "anything": { "at": "all" } }).as_object().unwrap()).is_empty());
    assert_eq!(event.schema()["additionalProperties"], true);
}

#[test]
fn a_name_that_is_no_type_of_events() {
    let expected =
        "not a type of events — expected an object and what happened to it, in quotes: [events.\"order.paid\"]";
    for name in ["shared", "Note.shared", "note.", ".", "note shared", "note.*"] {
        let found = with_event(&SHARED.replace("note.shared", name));
        assert_eq!(found, format!("notes/product.toml:47: event {name:?}: {expected}"));
    }
    // Without quotes it is a section in a section.
    let found = with_event(&SHARED.replace("\"note.shared\"", "note.shared"));
    assert!(found.starts_with("notes/product.toml:47: ") && found.contains(expected), "{found}");
}

#[test]
fn types_of_freehold_cannot_be_taken() {
    for first in RESERVED_EVENTS {
        let found = with_event(&SHARED.replace("note.shared", &format!("{first}.shared")));
        assert!(found.contains("are Freehold's own — choose another"), "{found}");
    }
}

#[test]
fn what_is_missing_or_wrong_is_told_with_its_line() {
    assert_eq!(
        with_event("[events.\"note.shared\"]\n"),
        "notes/product.toml:47: event \"note.shared\": version is missing — expected the version of its data, 1 at first\n\
         notes/product.toml:47: event \"note.shared\": summary is missing — expected when it is published, such as \"An order is paid.\""
    );
    assert_eq!(
        with_event(&SHARED.replace("version = 1", "version = 0")),
        "notes/product.toml:48: event \"note.shared\": version = 0 — expected a version from 1"
    );
    assert_eq!(
        with_event(&SHARED.replace("shared.\"", "shared\"")),
        "notes/product.toml:49: event \"note.shared\": summary = \"A note is shared\" — expected a sentence, which ends with a full stop"
    );
    assert_eq!(
        with_event(&format!("{SHARED}schema = \"x\"\n")),
        "notes/product.toml:50: event \"note.shared\": unknown key \"schema\" — expected \"version\", \"summary\" or \"fields\""
    );
    let field = |text: &str| with_event(&format!("{SHARED}[events.\"note.shared\".fields]\n{text}\n"));
    assert_eq!(
        field("note_id = { type = \"strin\", description = \"Id of the note.\" }"),
        "notes/product.toml:51: field \"note_id\": type = \"strin\" — did you mean \"string\"?"
    );
    assert_eq!(
        field("note_id = { type = \"string\" }"),
        "notes/product.toml:51: field \"note_id\": description is missing — expected what the value is, such as \"Id of the order.\""
    );
    assert_eq!(
        field("to = { type = \"array\", description = \"Addresses.\", optional = \"yes\" }"),
        "notes/product.toml:51: field \"to\": optional = \"yes\" — expected true or false"
    );
    assert!(field("note_id = \"string\"").contains(":51: field \"note_id\" = \"string\" — expected a section"));
}

#[test]
fn who_records_a_meter() {
    let product =
        Product::parse(FILE, &NOTES.replacen("kind = \"level\"", "kind = \"level\"\nrecorded_by = \"code\"", 1));
    let product = product.unwrap();
    assert!(!product.meter("notes").unwrap().is_recorded_by_api());
    assert!(product.meter("exports").unwrap().is_recorded_by_api());
    assert!(!product.meter("requests").unwrap().is_recorded_by_api());
    assert_eq!(
        changed("window = \"minute\"", "window = \"minute\"\nrecorded_by = \"api\""),
        "notes/product.toml:28: meter \"requests\": Freehold counts this by itself — remove this line"
    );
    assert_eq!(
        changed("kind = \"level\"", "kind = \"level\"\nrecorded_by = \"app\""),
        "notes/product.toml:13: meter \"notes\": recorded_by = \"app\" — did you mean \"api\"?"
    );
}
