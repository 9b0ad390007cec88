//! Event types and their catalog.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// An event that customers can read and receive by webhook. Its JSON is the message's `data`. A change that could break
/// a reader (a field that is removed or changes its meaning) needs a new version.
pub trait Event: Serialize + ToSchema {
    /// The event's type, such as `call.completed`: the object and what happened to it, in lower case, separated by
    /// dots.
    const TYPE: &'static str;
    /// The version of the data's schema, from 1.
    const VERSION: i16;
    /// When the event is published, in one sentence.
    const SUMMARY: &'static str;

    /// A realistic example, for the catalog and for tests.
    fn sample() -> Self;
}

/// One entry of the catalog.
#[derive(Clone, Copy, Debug)]
pub struct EventType {
    /// The event's type, such as `call.completed`.
    pub name: &'static str,
    /// The version of the data's schema, from 1.
    pub version: i16,
    /// When the event is published, in one sentence.
    pub summary: &'static str,
    /// The JSON schema of the data.
    pub schema: fn() -> Value,
    /// A realistic example of the data.
    pub sample: fn() -> Value,
}

impl EventType {
    /// The catalog entry of this event.
    pub const fn of<E: Event>() -> Self {
        Self {
            name: E::TYPE,
            version: E::VERSION,
            summary: E::SUMMARY,
            schema: schema::<E>,
            // An event is a plain struct, so serializing it cannot fail.
            sample: || serde_json::to_value(E::sample()).unwrap_or_default(),
        }
    }

    /// A whole message with the example as its data, as webhook receivers get it.
    pub fn message(&self) -> Value {
        message_of(self.name, self.version, (self.sample)())
    }
}

/// A whole message with this example as its data.
pub fn message_of(name: &str, version: i16, data: Value) -> Value {
    json!({
        "id": "01985a2e-7c60-7a31-8f2e-6d0c4be91a57",
        "type": name,
        "version": version,
        "timestamp": "2026-07-30T09:15:00Z",
        "data": data,
    })
}

/// The schema, with the schemas that it refers to under `$defs`.
fn schema<E: Event>() -> Value {
    let mut schema = serde_json::to_value(E::schema()).unwrap_or_default();
    let mut parts = Vec::new();
    E::schemas(&mut parts);
    let parts = parts.into_iter().map(|(name, part)| (name, serde_json::to_value(part).unwrap_or_default()));
    let mut parts: Map<String, Value> = parts.collect();
    // Two event types with the same data each wrap one shared struct; the schema is then only a reference to that
    // struct.
    if let Some(name) = schema["$ref"].as_str().and_then(|target| target.strip_prefix(COMPONENTS)) {
        schema = parts.remove(name).unwrap_or_default();
    }
    if !parts.is_empty() {
        schema["$defs"] = parts.into();
    }
    refer_inside(&mut schema);
    schema
}

/// Where an OpenAPI document holds its schemas.
const COMPONENTS: &str = "#/components/schemas/";

/// Points every reference at `$defs` inside the schema, so that the schema is complete by itself.
fn refer_inside(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(target)) = fields.get_mut("$ref") {
                *target = target.replace(COMPONENTS, "#/$defs/");
            }
            fields.values_mut().for_each(refer_inside);
        }
        Value::Array(values) => values.iter_mut().for_each(refer_inside),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, ToSchema)]
    struct Opened {
        /// The door that was opened.
        door: Door,
        times: i32,
    }

    #[derive(Serialize, ToSchema)]
    #[serde(rename_all = "lowercase")]
    enum Door {
        Front,
    }

    impl Event for Opened {
        const TYPE: &'static str = "door.opened";
        const VERSION: i16 = 2;
        const SUMMARY: &'static str = "A door was opened.";
        fn sample() -> Self {
            Self { door: Door::Front, times: 3 }
        }
    }

    #[test]
    fn the_catalog_says_what_the_type_says() {
        const KINDS: &[EventType] = &[EventType::of::<Opened>()];
        let message = KINDS[0].message();
        assert_eq!(message["type"], "door.opened");
        assert_eq!(message["version"], 2);
        assert_eq!(message["data"], json!({ "door": "front", "times": 3 }));
        let schema = (KINDS[0].schema)();
        assert_eq!(schema["required"], json!(["door", "times"]));
        assert!(schema["$defs"]["Door"].is_object(), "{schema}");
        assert!(!schema.to_string().contains("#/components"), "{schema}");
    }
}
