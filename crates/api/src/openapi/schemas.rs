//! Names of schemas, and unions that generators of clients can read.

use serde_json::{Map, Value, json};

const REFERENCE: &str = "#/components/schemas/";

/// Names the schemas of the document for its readers.
pub(super) fn name(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    split_unions(schemas);
    // In the code the ending tells what is sent from what it is made of; in the document there is only one of them.
    let endings: Vec<(String, String)> = schemas
        .keys()
        .filter_map(|name| Some((name.clone(), name.strip_suffix("Body")?.to_owned())))
        .filter(|(_, short)| !schemas.contains_key(short))
        .collect();
    for (name, short) in &endings {
        if let Some(schema) = schemas.remove(name) {
            schemas.insert(short.clone(), schema);
        }
    }
    refer(document, &endings);
}

/// Gives each variant of a union a schema and a name of its own: `NodeSay` is the `Node` with `"type": "say"`, and
/// `ConditionAnyOf` the `Condition` whose only field is `any_of`.
fn split_unions(schemas: &mut Map<String, Value>) {
    let mut own = Map::new();
    for (union, schema) in schemas.iter_mut() {
        let Some(variants) = schema.get_mut("oneOf").and_then(Value::as_array_mut) else { continue };
        let tags = variants.iter().map(tag).collect::<Option<Vec<String>>>();
        let told = tags.is_some();
        let Some(names) = tags.or_else(|| variants.iter().map(only_field).collect()) else { continue };
        let mut mapping = Map::new();
        for (variant, tag) in variants.iter_mut().zip(names) {
            let name = format!("{union}{}", pascal(&tag));
            let reference = format!("{REFERENCE}{name}");
            mapping.insert(tag, json!(reference));
            own.insert(name, std::mem::replace(variant, json!({ "$ref": reference })));
        }
        if told {
            schema["discriminator"] = json!({ "propertyName": "type", "mapping": mapping });
        }
    }
    schemas.extend(own);
}

/// The value of `type` that tells this variant; none where it is not told by one.
fn tag(variant: &Value) -> Option<String> {
    match variant["properties"]["type"]["enum"].as_array()?.as_slice() {
        [Value::String(tag)] => Some(tag.clone()),
        _ => None,
    }
}

/// The field of a variant that has no other.
fn only_field(variant: &Value) -> Option<String> {
    let fields = variant["properties"].as_object()?;
    fields.keys().next().filter(|_| fields.len() == 1).cloned()
}

/// `any_of` as `AnyOf`.
fn pascal(name: &str) -> String {
    let mut words = String::new();
    for word in name.split('_') {
        let mut letters = word.chars();
        words.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        words.push_str(letters.as_str());
    }
    words
}

/// Leads references from the old names to the new ones.
fn refer(value: &mut Value, renamed: &[(String, String)]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| refer(item, renamed)),
        Value::Object(fields) => {
            for (field, value) in fields {
                if field == "$ref"
                    && let Some(name) = value.as_str().and_then(|reference| reference.strip_prefix(REFERENCE))
                    && let Some((_, new)) = renamed.iter().find(|(old, _)| old == name)
                {
                    *value = json!(format!("{REFERENCE}{new}"));
                } else {
                    refer(value, renamed);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_named_for_readers() {
        let mut document = json!({
            "components": { "schemas": {
                "CallBody": { "properties": { "node": { "$ref": "#/components/schemas/Node" } } },
                "CallList": { "items": { "$ref": "#/components/schemas/CallBody" } },
                "Node": { "oneOf": [
                    { "properties": { "type": { "enum": ["say"] } } },
                    { "properties": { "type": { "enum": ["hang_up"] } } },
                ] },
                "Condition": { "oneOf": [
                    { "properties": { "equals": { "type": "string" } } },
                    { "properties": { "any_of": { "type": "array" } } },
                ] },
                "Report": {},
                "ReportBody": {},
            } },
        });
        name(&mut document);
        let schemas = &document["components"]["schemas"];
        let mut names: Vec<&String> = schemas.as_object().unwrap().keys().collect();
        names.sort_unstable();
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        let expected =
            "Call CallList Condition ConditionAnyOf ConditionEquals Node NodeHangUp NodeSay Report ReportBody";
        assert_eq!(names.join(" "), expected);
        assert_eq!(schemas["Condition"]["oneOf"][0], json!({ "$ref": "#/components/schemas/ConditionEquals" }));
        assert_eq!(schemas["Condition"]["discriminator"], Value::Null);
        assert_eq!(schemas["CallList"]["items"]["$ref"], "#/components/schemas/Call");
        assert_eq!(schemas["Node"]["oneOf"][1]["$ref"], "#/components/schemas/NodeHangUp");
        assert_eq!(schemas["Node"]["discriminator"]["mapping"]["hang_up"], "#/components/schemas/NodeHangUp");
    }
}
