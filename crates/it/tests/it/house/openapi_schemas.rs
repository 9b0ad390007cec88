//! The schemas of the OpenAPI document: named as a developer would name them, and as exact as the code.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{exceptions, refuse};
use crate::harness::app::TestApp;

/// What an operation does. Its id is `<resource>_<verb>`, with what further tells it from others behind the verb.
const VERBS: &[&str] = &[
    "accept",
    "adopt",
    "authorize",
    "begin",
    "callback",
    "cancel",
    "challenge",
    "change",
    "check",
    "commit",
    "count",
    "create",
    "delete",
    "end",
    "enroll",
    "export",
    "finish",
    "generate",
    "get",
    "import",
    "invite",
    "leave",
    "link",
    "list",
    "pause",
    "preview",
    "publish",
    "receive",
    "record",
    "refresh",
    "regenerate",
    "release",
    "remove",
    "replay",
    "request",
    "resend",
    "reserve",
    "resume",
    "revoke",
    "rotate",
    "select",
    "send",
    "sign",
    "start",
    "test",
    "transfer",
    "unenroll",
    "unlink",
    "update",
    "verify",
    "watch",
];

/// How the name of a request's schema begins.
const REQUESTS: &[&str] = &[
    "Accept", "Cancel", "Change", "Check", "Commit", "Create", "Delete", "End", "Generate", "Invite", "Publish",
    "Record", "Refresh", "Release", "Replay", "Request", "Resend", "Reserve", "Rotate", "Send", "Sign", "Transfer",
    "Update", "Verify",
];

/// Endings that say how a schema is used and not what it is.
const ENDINGS: &[&str] = &["Body", "Dto", "New", "Change", "Schema", "Response"];

fn components(document: &Value) -> &Map<String, Value> {
    document["components"]["schemas"].as_object().unwrap()
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(_, methods)| methods.as_object().into_iter().flatten());
    all.map(|(_, operation)| (operation["operationId"].as_str().unwrap_or_default(), operation))
}

/// The words of `UsageEvent` or `usage_event`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() || words.is_empty() || letter == '_' {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter != '_') {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words
}

#[tokio::test]
async fn names_are_those_that_an_sdk_would_have() {
    let app = TestApp::with(crate::voice()).await;
    let listed = exceptions(include_str!("openapi_exceptions.txt"));
    let mut broken = Vec::new();
    for name in components(&app.document).keys() {
        let plain = name.chars().all(|letter| letter.is_ascii_alphabetic()) && name.starts_with(char::is_uppercase);
        if !plain || ENDINGS.iter().any(|end| name.ends_with(end)) {
            broken.push(format!("the schema {name}: name what it is, in words"));
        }
    }
    for (id, operation) in operations(&app.document) {
        let words = words(id);
        if words.len() < 2 || !words[1..].iter().any(|word| VERBS.contains(&word.as_str())) {
            broken.push(format!("the operation {id}: its id is <resource>_<verb>"));
        }
        for (_, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            let Some(request) = content["schema"]["$ref"].as_str().and_then(|to| to.rsplit('/').next()) else {
                continue;
            };
            if !REQUESTS.iter().any(|verb| request.starts_with(verb)) && !listed.contains_key(request) {
                broken.push(format!("{id}: name its request {request} after what it does, such as CreateWorkflow"));
            }
        }
    }
    refuse("Names in the OpenAPI document:", &broken);
}

#[tokio::test]
async fn unions_have_named_variants_that_a_field_tells_apart() {
    let app = TestApp::with(crate::voice()).await;
    let listed = exceptions(include_str!("openapi_exceptions.txt"));
    let mut broken = Vec::new();
    let mut unions = 0;
    for (name, schema) in components(&app.document) {
        let Some(variants) = schema["oneOf"].as_array() else { continue };
        unions += 1;
        if variants.iter().any(|variant| variant.get("$ref").is_none()) {
            broken.push(format!("{name}: a variant has no schema of its own"));
        }
        if schema["discriminator"]["mapping"].as_object().map(Map::len) != Some(variants.len())
            && !listed.contains_key(name.as_str())
        {
            broken.push(format!("{name}: no field tells its variants apart (discriminator)"));
        }
    }
    assert!(unions > 2, "the unions were not found");
    refuse("Unions of the OpenAPI document:", &broken);
}

/// A field or parameter of the document.
struct Field<'a> {
    /// `Webhook.url`, `job_list?state`.
    place: String,
    name: &'a str,
    schema: &'a Value,
    description: &'a str,
}

/// Every field of every schema, and every parameter.
fn fields(document: &Value) -> Vec<Field<'_>> {
    let mut found = Vec::new();
    for (schema, value) in components(document) {
        of_schema(schema, value, &mut found);
    }
    for (id, operation) in operations(document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default();
            let description = parameter["description"].as_str().unwrap_or_default();
            found.push(Field { place: format!("{id}?{name}"), name, schema: &parameter["schema"], description });
        }
    }
    found
}

fn of_schema<'a>(place: &str, schema: &'a Value, found: &mut Vec<Field<'a>>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{place}.{name}");
        of_schema(&place, field, found);
        let inner = field["oneOf"].as_array().into_iter().flatten();
        let description = inner.chain([field]).find_map(|one| one["description"].as_str()).unwrap_or_default();
        found.push(Field { place, name, schema: field, description });
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        of_schema(place, part, found);
    }
}

impl Field<'_> {
    /// Whether the value is a text of any form: not an enumeration, no format, no reference.
    fn is_bare_text(&self) -> bool {
        let kind = &self.schema["type"];
        let text = kind == "string" || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "string"));
        text && ["enum", "format", "const"].iter().all(|keyword| self.schema.get(keyword).is_none())
    }

    /// What its name says of the value; none: nothing.
    fn wanted(&self) -> Option<&'static str> {
        let ends =
            |endings: &[&str]| endings.iter().any(|end| self.name == *end || self.name.ends_with(&format!("_{end}")));
        if ends(&["at", "until", "since"]) {
            Some("a time (format: date-time)")
        } else if ends(&["url", "uri", "redirect_to"]) {
            Some("a URL (format: uri)")
        } else if ends(&["email"]) {
            Some("an e-mail address (format: email)")
        } else if ends(&["id"]) {
            Some("an id (format: uuid)")
        } else if ends(&["status", "state", "kind", "role", "mode", "type", "channel", "standing", "reason", "scope"]) {
            Some("one of few values (enum)")
        } else {
            None
        }
    }
}

#[tokio::test]
async fn a_field_has_the_form_that_its_name_says() {
    let app = TestApp::with(crate::voice()).await;
    let listed = exceptions(include_str!("openapi_exceptions.txt"));
    let mut needed = BTreeSet::new();
    let mut broken = Vec::new();
    for field in fields(&app.document) {
        let Some(wanted) = field.wanted().filter(|_| field.is_bare_text()) else { continue };
        match listed.get_key_value(field.place.as_str()) {
            Some((place, _)) => _ = needed.insert(*place),
            None => broken.push(format!("{}: document it as {wanted}", field.place)),
        }
    }
    let of_fields = listed.keys().filter(|place| place.contains(['.', '?']));
    let stale = of_fields.filter(|place| !needed.contains(*place));
    broken.extend(stale.map(|place| format!("{place}: need not stand in openapi_exceptions.txt any more")));
    refuse("Formats of the OpenAPI document:", &broken);
}

/// The number that follows a phrase: 50 of `at most 50 characters`.
fn number_after(text: &str, phrase: &str) -> Option<f64> {
    let rest = text.split_once(phrase)?.1;
    let number: String = rest.chars().take_while(|letter| letter.is_ascii_digit() || *letter == ',').collect();
    number.replace(',', "").parse().ok()
}

/// The keyword in which a schema of this form gives its upper bound.
fn upper_bound(schema: &Value) -> Option<&'static str> {
    let kind = &schema["type"];
    let is = |name: &str| kind == name || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == name));
    let all = [("string", "maxLength"), ("array", "maxItems"), ("integer", "maximum"), ("number", "maximum")];
    all.iter().find(|(name, _)| is(name)).map(|(_, keyword)| *keyword)
}

#[tokio::test]
async fn ranges_are_in_the_schema_and_not_in_words_alone() {
    let app = TestApp::with(crate::voice()).await;
    let listed = exceptions(include_str!("openapi_exceptions.txt"));
    let mut broken = Vec::new();
    for field in fields(&app.document) {
        let Some(keyword) = upper_bound(field.schema) else { continue };
        let first = field.description.split(". ").next().unwrap_or_default();
        if keyword == "maxLength" && !first.contains("characters") {
            continue;
        }
        let range = first.split([' ', ',', ':']).zip(first.split(' ').skip(1)).any(|(_, word)| word == "to");
        let Some(most) = number_after(first, "at most ").or_else(|| number_after(first, " to ").filter(|_| range))
        else {
            continue;
        };
        let entry = format!("{} range", field.place);
        if field.schema[keyword].as_f64() != Some(most) && !listed.contains_key(entry.as_str()) {
            broken
                .push(format!("{}: the description says {most}, {keyword} is {}", field.place, field.schema[keyword]));
        }
    }
    refuse("Ranges of the OpenAPI document:", &broken);
}

#[test]
fn names_are_split_into_words() {
    assert_eq!(words("UsageEvent"), ["usage", "event"]);
    assert_eq!(words("usage_event_list"), ["usage", "event", "list"]);
    assert_eq!(number_after("Page size, 1 to 1,000; 50 when left out", " to "), Some(1_000.0));
}
