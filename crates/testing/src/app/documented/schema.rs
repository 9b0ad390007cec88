//! The schemas of a document, stricter: a value has only the documented properties.
//!
//! A document leaves `additionalProperties` out, so that clients accept what later versions add. Here a property that
//! the document does not name is a mistake. It cannot be forbidden where a schema is a part of another (`allOf`), since
//! a part does not know the properties of the others. So each component is there twice: under `whole` it is closed,
//! under `parts` it is open, and the schema that it is a part of is closed with `unevaluatedProperties`.

use serde_json::{Map, Value, json};

/// The schema of a whole value.
pub(super) fn closed(schema: &Value) -> Value {
    strict(schema, true)
}

/// The schema of a part of a value.
pub(super) fn open(schema: &Value) -> Value {
    strict(schema, false)
}

fn strict(schema: &Value, whole: bool) -> Value {
    let Value::Object(fields) = schema else { return if schema.is_null() { json!(true) } else { schema.clone() } };
    let composed = fields.contains_key("allOf") || fields.contains_key("properties");
    // Alternatives beside other properties are parts, too.
    let alternative = whole && !composed;
    let mut out = Map::new();
    for (keyword, value) in fields {
        let value = match (keyword.as_str(), value) {
            ("$ref", Value::String(to)) => {
                let form = if alternative { "whole" } else { "parts" };
                json!(to.replace("#/components/schemas/", &format!("#/{form}/")))
            }
            ("properties" | "patternProperties", Value::Object(all)) => {
                all.iter().map(|(name, one)| (name.clone(), closed(one))).collect::<Map<_, _>>().into()
            }
            ("items" | "additionalProperties", one) => closed(one),
            ("prefixItems", Value::Array(all)) => all.iter().map(closed).collect(),
            ("allOf", Value::Array(all)) => all.iter().map(open).collect(),
            ("oneOf" | "anyOf", Value::Array(all)) => all.iter().map(|one| strict(one, alternative)).collect(),
            ("discriminator" | "example" | "examples" | "contentSchema", _) => continue,
            (_, value) => value.clone(),
        };
        out.insert(keyword.clone(), value);
    }
    if whole && composed && !fields.contains_key("additionalProperties") {
        out.insert("unevaluatedProperties".to_owned(), json!(false));
    }
    Value::Object(out)
}
