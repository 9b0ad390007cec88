//! Examples of JSON values: those of the document, or examples generated from the schema.

use serde_json::{Map, Value, json};

use super::schema::resolve;

/// Greatest depth of a generated example.
const DEEPEST: usize = 6;
/// Most values of a generated example.
const MOST_VALUES: usize = 200;

/// An example of a request's or response's content.
pub(super) fn of_media(document: &Value, media: &Value) -> Value {
    let named = || media["examples"].as_object()?.values().find_map(|named| resolve(document, named).get("value"));
    match media.get("example").or_else(named) {
        Some(given) => given.clone(),
        None => of_schema(document, &media["schema"]),
    }
}

/// An example of a schema.
pub(super) fn of_schema(document: &Value, schema: &Value) -> Value {
    Making { document, left: MOST_VALUES }.value(schema, 0)
}

/// An example that is being generated.
struct Making<'a> {
    document: &'a Value,
    /// Values left to generate. Without a limit, schemas that refer to each other would generate thousands.
    left: usize,
}

impl Making<'_> {
    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        let schema = resolve(self.document, schema);
        let given = [schema.get("example"), schema["examples"].get(0), schema.get("const"), schema.get("default")];
        if let Some(given) = given.into_iter().flatten().next().or_else(|| schema["enum"].get(0)) {
            return given.clone();
        }
        if depth > DEEPEST || self.left == 0 {
            return Value::Null;
        }
        self.left -= 1;
        if schema["properties"].is_object() || schema["allOf"].is_array() {
            return self.object(schema, depth);
        }
        for key in ["oneOf", "anyOf"] {
            let mut variants = schema[key].as_array().into_iter().flatten();
            if let Some(variant) = variants.find(|variant| resolve(self.document, variant)["type"] != "null") {
                return self.value(variant, depth + 1);
            }
        }
        let mut kinds = schema["type"].as_array().into_iter().flatten().filter_map(Value::as_str);
        match schema["type"].as_str().or_else(|| kinds.find(|kind| *kind != "null")) {
            Some("string") => json!(string(schema)),
            Some("integer" | "number") => {
                schema.get("minimum").filter(|least| least.is_number()).cloned().unwrap_or(json!(1))
            }
            Some("boolean") => json!(true),
            Some("array") if schema["items"].is_object() => json!([self.value(&schema["items"], depth + 1)]),
            Some("array") => json!([]),
            Some("object") if schema["additionalProperties"].is_object() => {
                json!({"name": self.value(&schema["additionalProperties"], depth + 1)})
            }
            Some("object") => json!({}),
            _ => Value::Null,
        }
    }

    /// An object with its required properties, or with all of them if none is required.
    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut made = Map::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            match self.value(part, depth + 1) {
                Value::Object(part) => made.extend(part),
                other if schema["properties"].is_null() && made.is_empty() => return other,
                _ => {}
            }
        }
        let required = schema["required"].as_array().filter(|required| !required.is_empty());
        let properties = schema["properties"].as_object().into_iter().flatten();
        let wanted =
            properties.filter(|(name, _)| required.is_none_or(|required| required.iter().any(|one| one == *name)));
        for (name, property) in wanted.take(self.left) {
            made.insert(name.clone(), self.value(property, depth + 1));
        }
        Value::Object(made)
    }
}

fn string(schema: &Value) -> &'static str {
    match schema["format"].as_str() {
        Some("uuid") => "01890a5d-ac96-774b-bcce-b302099a8057",
        Some("date-time") => "2026-11-21T09:30:00Z",
        Some("date") => "2026-11-21",
        Some("email") => "ada@example.org",
        Some("uri" | "url") => "https://example.org",
        _ => "string",
    }
}
