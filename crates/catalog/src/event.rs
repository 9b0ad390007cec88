//! Events that the application publishes: `[events."order.paid"]`.

use serde_json::{Map, Value as Json, json};

use crate::read::{Section, Value, Words, suggest};

/// An event type of an application that lives elsewhere. It publishes events with `POST /api/v1/events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The event's type: the object and what happened to it, such as `order.paid`.
    pub name: String,
    /// Version of the form of the data, from 1.
    pub version: i16,
    /// When the event is published, in one sentence.
    pub summary: String,
    /// Fields of the data, in the order of the file; empty: the data is any object.
    pub fields: Vec<EventField>,
}

/// A field of an event's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventField {
    /// Name of the field.
    pub name: String,
    /// Type of its value.
    pub kind: FieldKind,
    /// What the value is.
    pub description: String,
    /// Whether the field may be missing or null.
    pub optional: bool,
}

/// The type of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A text.
    Text,
    /// A whole number that fits into 64 bits.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A list of any values.
    List,
    /// An object with any fields.
    Object,
}

impl Words for FieldKind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("string", Self::Text),
        ("integer", Self::Integer),
        ("number", Self::Number),
        ("boolean", Self::Boolean),
        ("array", Self::List),
        ("object", Self::Object),
    ];
}

/// The first words of Freehold's own event types. A product that took one could be mistaken for Freehold by a receiver.
pub const RESERVED_EVENTS: &[&str] = &[
    "api_key",
    "export",
    "file",
    "member",
    "role",
    "invitation",
    "organization",
    "usage",
    "webhook",
    "billing",
    "freehold",
];

/// The longest name of a type, in bytes, as in the patterns of webhook endpoints.
const LONGEST: usize = 100;

impl Event {
    const KEYS: &[&str] = &["version", "summary", "fields"];

    /// Reads `[events.…]`, in the order of the file.
    pub(crate) fn read_all(file: &Section<'_>) -> Vec<Self> {
        file.named("events", "event").iter().filter_map(Self::read).collect()
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        let name = read_name(value);
        let section = Section::of(value, value.place().to_owned(), Self::KEYS)?;
        let version = section.require("version", "expected the version of its data, 1 at first");
        let version = version.and_then(|value| value.whole(1..=i16::MAX.into(), "expected a version from 1"));
        let summary = section.text("summary", "expected when it is published, such as \"An order is paid.\"");
        if let Some(value) = section.get("summary").filter(|_| !summary.is_empty() && !summary.ends_with('.')) {
            value.refuse("expected a sentence, which ends with a full stop");
        }
        let fields = section.named("fields", "field").iter().filter_map(EventField::read).collect();
        Some(Self { name: name?, version: i16::try_from(version?).ok()?, summary, fields })
    }

    /// What is wrong with the data: a JSON pointer into it, and a message. Empty: nothing.
    pub fn mistakes(&self, data: &Map<String, Json>) -> Vec<(String, String)> {
        if self.fields.is_empty() {
            return Vec::new();
        }
        let known: Vec<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
        let unknown = data.keys().filter(|name| !known.contains(&name.as_str())).map(|name| {
            let hint = suggest::or_one_of(name, &known, "");
            (format!("/{}", name.replace('~', "~0").replace('/', "~1")), format!("unknown field; {hint}"))
        });
        let wrong = self.fields.iter().filter_map(|field| {
            let message = match data.get(&field.name) {
                None | Some(Json::Null) if field.optional => return None,
                Some(value) if field.kind.fits(value) => return None,
                None => format!("missing; expected {}", field.kind.expected()),
                Some(_) => format!("expected {}", field.kind.expected()),
            };
            Some((format!("/{}", field.name), message))
        });
        unknown.chain(wrong).collect()
    }

    /// The JSON schema of the data.
    pub fn schema(&self) -> Json {
        let properties: Map<String, Json> = self
            .fields
            .iter()
            .map(|field| {
                let kind = field.kind.word();
                let kind = if field.optional { json!([kind, "null"]) } else { json!(kind) };
                (field.name.clone(), json!({ "type": kind, "description": field.description }))
            })
            .collect();
        let required: Vec<&str> =
            self.fields.iter().filter(|field| !field.optional).map(|field| field.name.as_str()).collect();
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": self.fields.is_empty(),
        })
    }

    /// An example of the data.
    pub fn sample(&self) -> Json {
        self.fields.iter().map(|field| (field.name.clone(), field.kind.sample())).collect::<Map<_, _>>().into()
    }
}

/// The event's name: two or more words of lower-case letters, digits and `_`, separated by dots.
fn read_name(value: &Value<'_>) -> Option<String> {
    let name = value.key();
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    if name.len() > LONGEST || !name.contains('.') || !name.split('.').all(is_word) {
        value.say(&format!(
            "{}: not a type of events — expected an object and what happened to it, in quotes: [events.\"order.paid\"]",
            value.place()
        ));
        return None;
    }
    let first = name.split('.').next().unwrap_or_default();
    if RESERVED_EVENTS.contains(&first) {
        value.say(&format!("{}: types that begin with {first:?} are Freehold's own — choose another", value.place()));
        return None;
    }
    Some(name.to_owned())
}

impl EventField {
    const KEYS: &[&str] = &["type", "description", "optional"];

    fn read(value: &Value<'_>) -> Option<Self> {
        let name = value.id();
        let section = Section::of(value, value.place().to_owned(), Self::KEYS)?;
        let kind = section.word("type");
        let description = section.text("description", "expected what the value is, such as \"Id of the order.\"");
        let optional = section.get("optional").and_then(|value| value.truth("expected true or false"));
        Some(Self { name: name?.to_owned(), kind: kind?, description, optional: optional.unwrap_or_default() })
    }
}

impl FieldKind {
    fn fits(self, value: &Json) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::List => value.is_array(),
            Self::Object => value.is_object(),
        }
    }

    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("object", |(word, _)| word)
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::List => "an array",
            Self::Object => "an object",
        }
    }

    fn sample(self) -> Json {
        match self {
            Self::Text => json!("text"),
            Self::Integer => json!(1),
            Self::Number => json!(1.5),
            Self::Boolean => json!(true),
            Self::List => json!([]),
            Self::Object => json!({}),
        }
    }
}
