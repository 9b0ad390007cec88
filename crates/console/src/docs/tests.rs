use serde_json::{Value, json};

use super::*;
use crate::Brand;

fn docs(document: Value) -> DocsPage {
    let brand = Brand {
        product_name: "VoiceFX AI".to_owned(),
        site_url: "https://app.example.org".to_owned(),
        ..Brand::default()
    };
    DocsPage { shell: Shell { brand, ..Shell::default() }, document: Arc::new(document) }
}

/// All pages of a document: the index, a search, and each topic and operation to which the index and topics link.
fn page(document: Value) -> String {
    let docs = docs(document);
    let mut pages = vec![docs.render().unwrap(), docs.render_search("a", &[]).unwrap()];
    for topic in outline::topics(&docs.document) {
        assert!(pages[0].contains(&format!("href=\"/docs/topics/{}\"", topic.key)), "{}", topic.key);
        let html = docs.render_topic(&topic.key).unwrap().unwrap();
        for outline in &topic.operations {
            assert!(html.contains(&format!("href=\"/docs/operations/{}\"", outline.key)), "{}", outline.key);
            pages.push(docs.render_operation(&outline.key).unwrap().unwrap());
        }
        pages.push(html);
    }
    pages.concat()
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
        ">Starts a run</h1>",
        "<span class=\"method post\">POST</span> <code>/api/v1/workflows/{id}/runs</code>",
        "<p>Counts one <code>calls</code>.</p>",
        "string (uuid)",
        "One of <code>text</code>, <code>http</code>",
        "string or null",
        "at most 80 characters",
        "It runs.",
        "curl https://app.example.org/api/v1/workflows/01890a5d-ac96-774b-bcce-b302099a8057/runs",
        "Authorization: Bearer $KEY",
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
fn two_operations_of_one_name_have_two_pages() {
    let operation = json!({"operationId": "list"});
    let docs = docs(json!({"paths": {"/a": {"get": operation}, "/b": {"get": operation}, "/c": {"get": operation}}}));
    for (key, path) in [("list", "/a"), ("list-2", "/b"), ("list-3", "/c")] {
        let html = docs.render_operation(key).unwrap().unwrap();
        assert!(html.contains(&format!("<code>{path}</code>")), "{key}: {html}");
    }
    assert_eq!(docs.render_operation("list-4").unwrap(), None);
    assert_eq!(docs.render_topic("missing").unwrap(), None);
}

#[test]
fn a_command_sends_the_credential_that_the_operation_takes() {
    let of = |security: Value| page(json!({"paths": {"/things": {"get": {"security": security}}}}));
    let (key, token) = ("Authorization: Bearer $KEY", "Authorization: Bearer $TOKEN");
    let both = of(json!([{"bearer": []}, {"key": []}]));
    assert!(both.contains(key) && !both.contains(token));
    let users_only = of(json!([{"bearer": []}]));
    assert!(!users_only.contains(key) && users_only.contains(token));
    for none in [json!([]), json!([{}]), json!([{"bearer": []}, {}])] {
        let html = of(none);
        assert!(!html.contains(key) && !html.contains(token), "{html}");
    }
}

#[test]
fn the_search_finds_operations_events_and_error_codes() {
    let docs = docs(json!({"paths": {
        "/keys": {"post": {"operationId": "key_create", "summary": "Create an API key", "tags": ["API keys"]}},
        "/runs": {"get": {"operationId": "run_list", "summary": "List runs", "description": "Needs a key. Or not."}},
    }}));
    let entries = [SearchEntry {
        name: "quota_exceeded".to_owned(),
        kind: "Error code",
        href: "/docs/errors#quota_exceeded".to_owned(),
        summary: "The plan's limit is reached".to_owned(),
    }];
    let hits = |query: &str| {
        let html = docs.render_search(query, &entries).unwrap();
        let (_, results) = html.split_once("role=\"status\"").unwrap();
        let links = results.split("<h2><a href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        links.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(hits("KEYS"), ["/docs/operations/key_create", "/docs/operations/run_list"]);
    assert_eq!(hits("create key"), ["/docs/operations/key_create"]);
    assert_eq!(hits("get /runs"), ["/docs/operations/run_list"]);
    assert_eq!(hits("quota_exceeded"), ["/docs/errors#quota_exceeded"]);
    assert!(hits("key nothing").is_empty() && hits("%%%").is_empty());
    let html = docs.render_search("<script>\"'", &entries).unwrap();
    assert!(!html.contains("<script>"), "{html}");
}
