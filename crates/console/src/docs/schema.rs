//! JSON Schema (2020-12, as OpenAPI 3.1 embeds it) as rows of a page.

use serde_json::Value;

use crate::prose::Prose;

/// Greatest depth of nested objects shown; deeper ones show only their kind.
const DEEPEST: usize = 3;
/// Most rows of one schema.
const MOST_ROWS: usize = 400;
/// Most `$ref` followed in a row.
const MOST_REFERENCES: usize = 16;
/// Most values of an enumeration listed.
const MOST_VALUES: usize = 24;

/// Most alternatives that one kind names.
const MOST_KINDS: usize = 6;

/// One property or parameter.
pub(super) struct Row {
    /// Depth of the row, 0 for the outermost.
    pub(super) depth: usize,
    /// Name of the property; empty for a schema that is not an object.
    pub(super) name: String,
    /// Kind of the value: `string (uuid) or null`.
    pub(super) kind: String,
    pub(super) required: bool,
    pub(super) description: Prose,
    /// The allowed values of an enumeration.
    pub(super) values: Vec<String>,
    /// Range and default: `1 to 200`, `default 50`.
    pub(super) bounds: Vec<String>,
}

/// Follows `$ref`; a reference to nothing stays as it is.
pub(super) fn resolve<'a>(document: &'a Value, mut value: &'a Value) -> &'a Value {
    for _ in 0..MOST_REFERENCES {
        let named = value["$ref"].as_str().and_then(|name| document.pointer(name.strip_prefix('#')?));
        match named {
            Some(named) => value = named,
            None => break,
        }
    }
    value
}

/// The row of a parameter, whose description and `required` stand beside its schema.
pub(super) fn parameter_row(document: &Value, parameter: &Value) -> Row {
    let required = parameter["required"].as_bool().unwrap_or(false) || parameter["in"] == "path";
    let mut row = row(document, 0, parameter["name"].as_str().unwrap_or_default(), required, &parameter["schema"]);
    if let Some(description) = parameter["description"].as_str() {
        row.description = Prose::parse(description);
    }
    row
}

/// The rows of a body: its properties, or one row without a name if it is not an object.
pub(super) fn rows(document: &Value, schema: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    if schema.is_object() {
        inside(document, 0, schema, &mut rows);
        if rows.is_empty() || !is_object_like(document, schema) {
            rows.insert(0, row(document, 0, "", false, schema));
        }
    }
    rows
}

fn is_object_like(document: &Value, schema: &Value) -> bool {
    let schema = resolve(document, schema);
    schema.get("properties").is_some() || schema.get("allOf").is_some()
}

/// The rows inside a schema: properties of objects, of the items of lists, of the parts of `allOf`, of each variant.
fn inside(document: &Value, depth: usize, schema: &Value, rows: &mut Vec<Row>) {
    if depth > DEEPEST || rows.len() >= MOST_ROWS {
        return;
    }
    let schema = resolve(document, schema);
    for part in parts(schema, "allOf").take(MOST_REFERENCES) {
        // A part may refer to the whole schema, so it counts as one level deeper but is shown at the same level.
        inside_part(document, depth, part, rows);
    }
    for (name, property, required) in properties(schema) {
        if rows.len() < MOST_ROWS {
            rows.push(row(document, depth, name, required, property));
            inside(document, depth + 1, property, rows);
        }
    }
    for key in ["items", "additionalProperties"] {
        if schema[key].is_object() {
            inside_part(document, depth, &schema[key], rows);
        }
    }
    let variants: Vec<_> = variants(document, schema);
    if let [one] = variants.as_slice() {
        inside_part(document, depth, one, rows);
    } else {
        for (index, variant) in variants.into_iter().enumerate() {
            let word = if index == 0 { "either" } else { "or" };
            variant_rows(document, depth, word, variant, rows);
        }
    }
}

/// The properties and whether they are required: first the required ones in the order of `required`, which is the order
/// of the Rust struct, then the others.
fn properties(schema: &Value) -> Vec<(&String, &Value, bool)> {
    let place = |name: &str| parts(schema, "required").position(|required| required == name);
    let properties = schema["properties"].as_object().into_iter().flatten();
    let mut placed: Vec<_> = properties.map(|(name, property)| (place(name), name, property)).collect();
    placed.sort_by_key(|(place, _, _)| place.unwrap_or(usize::MAX));
    placed.into_iter().map(|(place, name, property)| (name, property, place.is_some())).collect()
}

/// Shows a part at the same depth, protected against a part that refers to itself.
fn inside_part(document: &Value, depth: usize, part: &Value, rows: &mut Vec<Row>) {
    let part = resolve(document, part);
    let nested = ["allOf", "oneOf", "anyOf", "items", "additionalProperties"]
        .iter()
        .any(|key| part[*key].is_object() || part[*key].is_array());
    if nested { inside(document, depth + 1, part, rows) } else { inside(document, depth, part, rows) }
}

/// A row that names a variant with properties, and below it the rows of the properties.
fn variant_rows(document: &Value, depth: usize, word: &str, variant: &Value, rows: &mut Vec<Row>) {
    let resolved = resolve(document, variant);
    if rows.len() >= MOST_ROWS || !is_object_like(document, resolved) {
        return;
    }
    let mut row = row(document, depth, "", false, variant);
    row.kind = variant_name(document, variant).map_or_else(|| word.to_owned(), |name| format!("{word} {name}"));
    rows.push(row);
    inside(document, depth + 1, resolved, rows);
}

/// Name of a variant: its title, its schema's name or the constant in its tag.
fn variant_name(document: &Value, variant: &Value) -> Option<String> {
    let resolved = resolve(document, variant);
    let title = resolved["title"].as_str().map(str::to_owned);
    title.or_else(|| reference_name(variant).map(str::to_owned)).or_else(|| {
        let mut properties = resolved["properties"].as_object()?.iter();
        properties.find_map(|(name, property)| {
            let only = property.get("const").or_else(|| property["enum"].as_array()?.first())?;
            Some(format!("{name} {}", plain(only)))
        })
    })
}

/// `Workflow` of `#/components/schemas/Workflow`.
fn reference_name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn parts<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    schema[key].as_array().into_iter().flatten()
}

/// The alternatives of `oneOf` and `anyOf`, without null.
fn variants<'a>(document: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let all = parts(schema, "oneOf").chain(parts(schema, "anyOf"));
    all.filter(|variant| resolve(document, variant)["type"] != "null").take(MOST_VALUES).collect()
}

fn row(document: &Value, depth: usize, name: &str, required: bool, schema: &Value) -> Row {
    let resolved = resolve(document, schema);
    // A description beside a `$ref` is about this property; the one of the type is about all its uses.
    let description = schema["description"].as_str().or_else(|| resolved["description"].as_str()).unwrap_or_default();
    Row {
        depth,
        name: name.to_owned(),
        kind: kind(document, schema, 0),
        required,
        description: Prose::parse(description),
        values: resolved["enum"].as_array().into_iter().flatten().take(MOST_VALUES).map(plain).collect(),
        bounds: bounds(resolved),
    }
}

/// A schema's kind in words: `list of string (uuid)`.
fn kind(document: &Value, schema: &Value, depth: usize) -> String {
    let resolved = resolve(document, schema);
    if depth > DEEPEST {
        return "anything".to_owned();
    }
    if let Some(only) = resolved.get("const") {
        return format!("always {}", plain(only));
    }
    let mut words: Vec<String> = match &resolved["type"] {
        Value::String(name) => vec![kind_one(document, resolved, name, depth)],
        Value::Array(names) => {
            names.iter().filter_map(Value::as_str).map(|name| kind_one(document, resolved, name, depth)).collect()
        }
        _ => kinds_untyped(document, resolved, depth),
    };
    // `null` comes last.
    words.sort_by_key(|word| word == "null");
    words.dedup();
    words.join(" or ")
}

/// The kinds of a schema that has no `type`.
fn kinds_untyped(document: &Value, resolved: &Value, depth: usize) -> Vec<String> {
    let alternatives: Vec<_> = parts(resolved, "oneOf").chain(parts(resolved, "anyOf")).take(MOST_KINDS).collect();
    if !alternatives.is_empty() {
        let mut kinds: Vec<_> = alternatives.iter().map(|one| kind(document, one, depth + 1)).collect();
        let mut seen = std::collections::HashSet::new();
        kinds.retain(|kind| seen.insert(kind.clone()));
        return kinds;
    }
    match parts(resolved, "allOf").next() {
        Some(part) if resolved.get("properties").is_none() => vec![kind(document, part, depth + 1)],
        Some(_) => vec!["object".to_owned()],
        None if resolved.get("properties").is_some() => vec!["object".to_owned()],
        None if resolved["enum"].is_array() => vec!["value".to_owned()],
        None => vec!["anything".to_owned()],
    }
}

fn kind_one(document: &Value, schema: &Value, name: &str, depth: usize) -> String {
    match name {
        "array" if schema["items"].is_object() => format!("list of {}", kind(document, &schema["items"], depth + 1)),
        "array" => "list".to_owned(),
        "object" if schema["additionalProperties"].is_object() && schema.get("properties").is_none() => {
            format!("map of {}", kind(document, &schema["additionalProperties"], depth + 1))
        }
        "object" | "null" | "boolean" => name.to_owned(),
        other => match schema["format"].as_str() {
            Some("int32" | "int64" | "double" | "float") | None => other.to_owned(),
            Some(format) => format!("{other} ({format})"),
        },
    }
}

/// Range, pattern and default of a value.
fn bounds(schema: &Value) -> Vec<String> {
    let mut bounds = Vec::new();
    let ranges =
        [("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items")];
    for (least, most, unit) in ranges {
        match (schema[least].is_number(), schema[most].is_number()) {
            (true, true) => bounds.push(format!("{} to {}{unit}", schema[least], schema[most])),
            (true, false) => bounds.push(format!("at least {}{unit}", schema[least])),
            (false, true) => bounds.push(format!("at most {}{unit}", schema[most])),
            (false, false) => {}
        }
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        bounds.push(format!("matches {pattern}"));
    }
    if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
        bounds.push(format!("default {}", plain(default)));
    }
    bounds
}

/// A value as text, strings without quotes.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
