//! The test client holds every answer against the OpenAPI document; here, that it finds what is not documented.

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::app::{Documented, Exchange};

/// A document with one operation, whose answers are composed in every way that ours are.
fn document() -> Value {
    json!({
        "paths": { "/api/v1/pets/{id}": { "patch": {
            "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/UpdatePet" } } } },
            "responses": {
                "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Pet" } } } },
                "204": { "description": "No content." },
                "default": { "$ref": "#/components/responses/Error" },
            },
        } } },
        "components": {
            "responses": { "Error": { "content": {
                "application/problem+json": { "schema": {
                    "type": "object", "required": ["code"], "properties": { "code": { "type": "string" } },
                } },
            } } },
            "schemas": {
                "UpdatePet": { "type": "object", "properties": { "name": { "type": "string", "maxLength": 3 } } },
                "Named": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } },
                "Pet": { "allOf": [
                    { "$ref": "#/components/schemas/Named" },
                    { "type": "object", "required": ["born_at", "kind"], "properties": {
                        "born_at": { "type": "string", "format": "date-time" },
                        "kind": { "enum": ["cat", "dog"] },
                        "owner": { "oneOf": [{ "$ref": "#/components/schemas/Named" }, { "type": "null" }] },
                        "tags": { "type": "array", "items": { "$ref": "#/components/schemas/Named" } },
                    } },
                ] },
            },
        },
    })
}

/// What the client finds in an answer with this status and body to a request with this body.
fn problem(sent: &Value, status: u16, kind: &str, answered: &str) -> Option<String> {
    Documented::of(&document()).problem(&Exchange {
        method: &Method::PATCH,
        path: "/api/v1/pets/7?x=1",
        sent: ("application/json", sent.to_string().as_bytes()),
        status,
        answered: (kind, answered.as_bytes()),
    })
}

fn pet(changes: &Value) -> String {
    let mut pet = json!({ "name": "Ada", "born_at": "2026-03-01T08:00:00Z", "kind": "cat", "owner": null });
    for (name, value) in changes.as_object().unwrap() {
        pet[name] = value.clone();
    }
    pet.to_string()
}

#[test]
fn a_documented_answer_is_let_through() {
    let whole = json!({ "owner": { "name": "Bo" }, "tags": [{ "name": "old" }] });
    for answered in [pet(&json!({})), pet(&whole)] {
        assert_eq!(problem(&json!({ "name": "Ada" }), 200, "application/json", &answered), None);
    }
    assert_eq!(problem(&json!({}), 204, "", ""), None);
    assert_eq!(problem(&json!({}), 404, "application/problem+json", r#"{"code":"not_found"}"#), None);
    assert_eq!(problem(&json!({}), 500, "text/html; charset=utf-8", "<p>"), None, "a browser gets a page");
}

#[test]
fn an_answer_that_is_not_documented_is_found() {
    for (changes, word) in [
        (json!({ "age": 3 }), "age"),
        (json!({ "owner": { "name": "Bo", "phone": "1" } }), "phone"),
        (json!({ "tags": [{ "name": "old", "since": 1 }] }), "since"),
        (json!({ "kind": "cow" }), "cow"),
        (json!({ "born_at": "yesterday" }), "date-time"),
        (json!({ "name": null }), "null"),
    ] {
        let found = problem(&json!({}), 200, "application/json", &pet(&changes));
        let found = found.unwrap_or_else(|| panic!("{changes} was let through"));
        assert!(found.contains(word), "{changes}: {found}");
    }
    for (status, kind, answered, word) in [
        (201, "application/json", "{}", "status"),
        (200, "text/plain", "Ada", "text/plain"),
        (200, "application/json", "Ada", "no JSON"),
        (204, "application/json", "{}", "no body"),
        (409, "application/json", r#"{"code":"conflict"}"#, "application/problem+json"),
        (409, "application/problem+json", r#"{"code":"conflict","hint":""}"#, "hint"),
        (409, "application/problem+json", "{}", "code"),
    ] {
        let found = problem(&json!({}), status, kind, answered).unwrap_or_else(|| panic!("{status} {answered}"));
        assert!(found.contains(word), "{status} {answered}: {found}");
    }
}

#[test]
fn a_request_is_held_against_the_document_once_it_was_accepted() {
    for (sent, word) in [(json!({ "nick": "A" }), "nick"), (json!({ "name": "Augusta" }), "Augusta")] {
        let found = problem(&sent, 204, "", "").unwrap_or_else(|| panic!("{sent} was let through"));
        assert!(found.contains(word) && found.contains("request"), "{sent}: {found}");
        assert_eq!(problem(&sent, 422, "application/problem+json", r#"{"code":"validation_failed"}"#), None);
    }
}
