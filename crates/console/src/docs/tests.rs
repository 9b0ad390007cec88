use serde_json::{Value, json};

use super::*;
use crate::Brand;

fn page(document: Value) -> String {
    let brand = Brand {
        product_name: "VoiceFX AI".to_owned(),
        site_url: "https://app.example.org".to_owned(),
        ..Brand::default()
    };
    DocsPage { shell: Shell { brand, ..Shell::default() }, document }.render().unwrap()
}

/// The page of an API with one `POST /things` that takes this schema, beside these named ones.
fn page_of_body(schema: Value, schemas: Value) -> String {
    page(json!({
        "paths": {"/things": {"post": {
            "operationId": "thing_create",
            "requestBody": {"required": true, "content": {"application/json": {"schema": schema}}},
        }}},
        "components": {"schemas": schemas},
    }))
}

#[test]
fn an_operation_shows_its_path_parameters_body_answers_and_command() {
    let html = page(json!({
        "openapi": "3.1.0",
        "info": {"title": "VoiceFX AI", "version": "1"},
        "security": [{"key": []}],
        "paths": {"/api/v1/workflows/{id}/runs": {"post": {
            "tags": ["runs"],
            "operationId": "run_start",
            "summary": "Starts a run.",
            "description": "Counts one `calls`.",
            "parameters": [{"name": "id", "in": "path", "schema": {"type": "string", "format": "uuid"}}],
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/RunIn"}}}},
            "responses": {"201": {"description": "It runs."}, "402": {"description": "The plan does not reach."}},
        }}},
        "components": {"schemas": {"RunIn": {
            "type": "object",
            "required": ["channel"],
            "properties": {
                "channel": {"type": "string", "enum": ["text", "http"]},
                "note": {"type": ["string", "null"], "maxLength": 80, "description": "For you."},
            },
        }}},
    }));
    for part in [
        "id=\"run_start\"",
        ">Starts a run</a>",
        "<span class=\"method post\">POST</span> <code>/api/v1/workflows/{id}/runs</code>",
        "<p>Counts one <code>calls</code>.</p>",
        "string (uuid)",
        "One of <code>text</code>, <code>http</code>",
        "string or null",
        "at most 80 characters",
        "It runs.",
        "curl https://app.example.org/api/v1/workflows/01890a5d-ac96-774b-bcce-b302099a8057/runs",
        "Authorization: Bearer sk_live_…",
        "&#34;channel&#34;: &#34;text&#34;",
    ] {
        assert!(html.contains(part), "{part} is missing in {html}");
    }
}

#[test]
fn schemas_are_described_in_words() {
    let pet = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    for (schema, part) in [
        (json!({"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}), "list of object"),
        (json!({"type": "object", "additionalProperties": {"type": "integer"}}), "map of integer"),
        (json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Pet"}]}), "object or null"),
        (json!({"oneOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "string"}]}), "either Pet"),
        (json!({"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"age": {}}}]}), ">age</code>"),
        (json!({"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"age": {}}}]}), ">name</code>"),
        (json!({"const": "x"}), "always x"),
        (json!(true), "Body"),
    ] {
        let html = page_of_body(schema.clone(), json!({"Pet": pet}));
        assert!(html.contains(part), "{part} is missing for {schema}: {html}");
    }
}

#[test]
fn nesting_ends_and_schemas_that_name_themselves_end_too() {
    let node = json!({
        "type": "object",
        "properties": {"child": {"$ref": "#/components/schemas/Node"}, "all": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}},
        "allOf": [{"$ref": "#/components/schemas/Node"}],
        "oneOf": [{"$ref": "#/components/schemas/Node"}, {"$ref": "#/components/schemas/Loop"}],
    });
    let schemas = json!({"Node": node, "Loop": {"$ref": "#/components/schemas/Loop"}});
    let html = page_of_body(json!({"$ref": "#/components/schemas/Node"}), schemas);
    assert!(html.contains("depth-3") && !html.contains("depth-4"));
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
}

#[test]
fn no_shape_of_document_is_too_odd() {
    let odd = [json!(null), json!(true), json!(7), json!("x"), json!([]), json!({}), json!([{}]), json!({"$ref": "x"})];
    for value in &odd {
        page(value.clone());
        page(json!({"paths": value, "info": value, "tags": value, "servers": value, "components": value}));
        page(json!({"paths": {"/x": value}, "tags": [value]}));
        page(json!({"paths": {"/x": {"get": value, "parameters": value}}}));
        page_of_body(value.clone(), value.clone());
        for key in ["tags", "parameters", "requestBody", "responses", "security", "summary", "operationId"] {
            page(json!({"paths": {"/x": {"get": {key: value}}}}));
            page(json!({"paths": {"/x": {"get": {key: [value]}}}}));
            page(json!({"paths": {"/x": {"get": {key: {"200": value, "content": {"a/json": value}}}}}}));
        }
        for key in ["type", "properties", "items", "required", "enum", "oneOf", "allOf", "anyOf", "examples", "minimum"]
        {
            page_of_body(json!({key: value}), json!({}));
            page_of_body(json!({"type": "object", "properties": {"a": {key: value}, "b": value}}), json!({}));
        }
    }
}

#[test]
fn two_operations_of_one_name_have_two_anchors() {
    let operation = json!({"operationId": "list"});
    let html = page(json!({"paths": {"/a": {"get": operation}, "/b": {"get": operation}}}));
    assert_eq!(html.matches("id=\"list\"").count(), 1);
    assert!(html.contains("id=\"list-2\""));
}
