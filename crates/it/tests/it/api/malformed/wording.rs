//! The wording of rejections: none contains a parser's message, and each names the field or parameter that is wrong.

use serde_json::{Value, json};

use super::Wrong;
use crate::{
    harness::app::{Answer, Ask},
    house::walk::Operation,
};

/// Messages of parsers that no caller should read: of serde, of numbers, times, ids, URLs and base64.
const PARSER_WORDS: &[&str] = &[
    "missing field",
    "unknown variant",
    "duplicate field",
    "invalid type",
    "invalid value:",
    "invalid length",
    "untagged enum",
    "any variant",
    "tagged enum",
    "struct ",
    "expected struct",
    "expected usize",
    "expected isize",
    "expected u8",
    "expected u16",
    "expected u32",
    "expected u64",
    "expected i16",
    "expected i32",
    "expected i64",
    "expected f64",
    "a string",
    "a sequence",
    "a map",
    "expected ident",
    "unit value",
    "newtype",
    "floating point `",
    "integer `",
    "boolean `",
    "string \"",
    "EOF while",
    "trailing characters",
    "key must be",
    "recursion limit",
    "invalid digit",
    "cannot parse",
    "number too large to fit",
    "invalid float",
    "provided string",
    "premature end",
    "failed to parse",
    "UUID parsing",
    "invalid group",
    "without a base",
    "Invalid symbol",
    "Invalid byte",
    "Invalid padding",
    "Failed to deserialize",
    "deserialize",
    "Deserialize",
    "Error(",
    "Utf8Error",
    "invalid utf-8",
    "ParseIntError",
    "InvalidToken",
    "called `",
    "Rust",
];

/// What is wrong with the wording of a rejection; none: nothing.
pub(super) fn complaint(answer: &Answer) -> Option<String> {
    let body: Value = serde_json::from_str(answer.text()).ok()?;
    let mut texts: Vec<&str> =
        ["detail", "msg", "error_description"].iter().filter_map(|name| body[*name].as_str()).collect();
    let fields = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    texts.extend(fields.iter().filter_map(|field| field["message"].as_str()));
    for text in texts {
        if text.trim_start().starts_with(':') {
            return Some(format!("{text:?} begins with a colon"));
        }
        if let Some(word) = PARSER_WORDS.iter().find(|word| text.contains(**word)) {
            return Some(format!("{text:?} has the parser's words {word:?}"));
        }
    }
    fields.iter().find_map(|field| {
        let (pointer, message) = (field["pointer"].as_str()?, field["message"].as_str()?);
        // Only the whole body has no pointer: then it is not an object.
        let whole = message.starts_with("expected an object");
        let good = pointer.starts_with('/') || pointer.starts_with('?') || pointer.is_empty() && whole;
        (!good).then(|| format!("the pointer {pointer:?} names no field: {message:?}"))
    })
}

/// The field or parameter that a rejection must name.
pub(super) struct Named {
    pub(super) wrong: Wrong,
    /// Prefix of its pointer.
    pub(super) pointer: String,
}

/// Each field of the document with a value of every other type, and the valid body without each of its fields.
pub(super) fn bodies(document: &Value, operation: &Operation, good: &Ask) -> Vec<Named> {
    let mut all = Vec::new();
    let Some(sample) = &operation.sample.body else { return all };
    let mut put = |kind: String, name: &str, body: &Value| {
        let wrong = Wrong::new(kind, good.clone().bytes(body.to_string()));
        all.push(Named { wrong, pointer: format!("/{name}") });
    };
    for (name, schema) in properties(document, operation) {
        let types = types(document, &schema);
        for value in [json!("~"), json!(-7), json!(1.5e300), json!(true), json!([[]]), json!({ "": {} }), json!(null)] {
            if !types.is_empty() && !types.contains(&kind(&value)) {
                let mut body = sample.clone();
                body[&name] = value.clone();
                put(format!("{name} as {value}"), &name, &body);
            }
        }
    }
    for name in sample.as_object().unwrap().keys() {
        let mut body = sample.clone();
        body.as_object_mut().unwrap().remove(name);
        put(format!("no {name}"), name, &body);
    }
    all
}

/// Each query parameter of the document with values that it does not accept, and one unknown parameter.
pub(super) fn queries(operation: &Operation, good: &Ask) -> Vec<Named> {
    let mut all = Vec::new();
    let mut put = |name: &str, query: String| {
        all.push(Named { wrong: Wrong::new(query.clone(), good.clone().query(&query)), pointer: format!("?{name}") });
    };
    let names = operation.query_parameters();
    for name in &names {
        for value in [
            "",
            "x",
            "ten",
            "1.5",
            "-1",
            "99999999999999999999",
            "yes",
            "2026-02-30",
            "2026-03-15T25:00:00Z",
            "%C3%BC",
            "c",
            "c0",
        ] {
            put(name, format!("{name}={value}"));
        }
        put(name, format!("{name}=1&{name}=2"));
    }
    if !names.is_empty() && !operation.is_auth() {
        put("nmae", "nmae=1".to_owned());
    }
    all
}

fn properties(document: &Value, operation: &Operation) -> Vec<(String, Value)> {
    let method = operation.method.as_str().to_lowercase();
    let body = &document["paths"][&operation.path][&method]["requestBody"]["content"]["application/json"]["schema"];
    let mut all = Vec::new();
    collect(document, body, &mut all);
    all
}

fn collect(document: &Value, schema: &Value, all: &mut Vec<(String, Value)>) {
    let schema = resolved(document, schema);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        all.push((name.clone(), property.clone()));
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            collect(document, part, all);
        }
    }
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(place) => resolved(document, document.pointer(place.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

/// The JSON types that a schema allows; empty: any, or not stated.
fn types(document: &Value, schema: &Value) -> Vec<&'static str> {
    let schema = resolved(document, schema);
    let mut all = Vec::new();
    match &schema["type"] {
        Value::String(name) => all.extend(known(name)),
        Value::Array(names) => all.extend(names.iter().filter_map(Value::as_str).filter_map(known)),
        _ => {}
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            all.extend(types(document, part));
        }
    }
    all
}

fn known(name: &str) -> Option<&'static str> {
    ["string", "number", "boolean", "array", "object", "null"]
        .into_iter()
        .find(|known| *known == if name == "integer" { "number" } else { name })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
