//! Errors of invalid requests, in words for callers of the API.
//!
//! Parsers report Rust types and their own steps. Only this module turns their texts into our sentences, so that all
//! operations report errors alike and name the field. Values of the request are not repeated, since they may be
//! secrets.

use freehold_core::{Error, FieldError, codes};
use serde_json::{Value, error::Category};

/// An error in a value.
struct Wrong {
    /// Name of the field inside the parsed value; none for the value itself.
    field: Option<String>,
    message: String,
}

impl Wrong {
    fn of_value(message: impl Into<String>) -> Self {
        Self { field: None, message: message.into() }
    }

    fn of_field(name: &str, message: impl Into<String>) -> Self {
        Self { field: Some(name.to_owned()), message: message.into() }
    }
}

/// The error of a body that is JSON, but not as expected. `pointer` is the place of the error, `error` the parser's
/// text.
pub(crate) fn of_body(body: &[u8], pointer: String, error: &str) -> Error {
    let text = error.rsplit_once(" at line ").map_or(error, |(what, _)| what);
    let (pointer, wrong) = (refined(body, pointer, text), explained(text, "field"));
    match wrong.field.map(|field| format!("/{}", escape(&field))) {
        Some(field) if !pointer.ends_with(&field) => Error::invalid(pointer + &field, wrong.message),
        _ => Error::invalid(pointer, wrong.message),
    }
}

/// The error of a body that is not JSON.
pub(crate) fn of_json(error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    let message = if error.classify() == Category::Eof {
        format!("The body ends before its JSON is complete, at line {line}, column {column}.")
    } else {
        let text = error.to_string();
        let what = SYNTAX.iter().find(|(said, _)| text.starts_with(said)).map_or("it cannot be read", |(_, what)| what);
        format!("The body is not JSON: {what} at line {line}, column {column}.")
    };
    Error::new(codes::MALFORMED_REQUEST, message)
}

/// The error of a query; `name` is the parameter at which parsing stopped.
pub(crate) fn of_query(name: &str, error: &str) -> Error {
    let wrong = explained(error, "parameter");
    of_pair("The query", format!("?{}", wrong.field.as_deref().unwrap_or(name)), wrong.message)
}

/// The error of a form; `name` is the field at which parsing stopped.
pub(crate) fn of_form(name: &str, error: &str) -> Error {
    let wrong = explained(error, "field");
    of_pair("The form", format!("/{}", escape(wrong.field.as_deref().unwrap_or(name))), wrong.message)
}

fn of_pair(whole: &str, pointer: String, message: String) -> Error {
    if pointer.len() == 1 {
        return Error::new(codes::MALFORMED_REQUEST, format!("{whole} could not be read: {message}."));
    }
    let detail = format!("{pointer}: {message}");
    Error::new(codes::MALFORMED_REQUEST, detail).with_fields(vec![FieldError { pointer, message }])
}

/// A name in a JSON pointer (RFC 6901).
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The start of serde_json's errors, and our words for them.
const SYNTAX: &[(&str, &str)] = &[
    ("expected value", "a value is missing or cannot be read"),
    ("expected `:`", "a colon is missing after a name"),
    ("expected `,`", "a comma or the end is missing"),
    ("expected `\"`", "a quotation mark is missing"),
    ("trailing comma", "there is an extra comma"),
    ("trailing characters", "there is more text after the end"),
    ("key must be a string", "a name is not in double quotes"),
    ("control character", "a text contains a control character that is not escaped"),
    ("invalid escape", "a text contains a backslash that escapes nothing"),
    ("invalid unicode code point", "a text is not UTF-8"),
    ("lone leading surrogate", "a text contains half of an escaped character"),
    ("unexpected end of hex escape", "a text contains half of an escaped character"),
    ("recursion limit", "it is nested too deeply"),
    ("number out of range", "a number is too large"),
    ("invalid number", "a number is not written as in JSON"),
];

/// The meaning of a parser's text. `thing` is what a name stands for: a field or a parameter.
fn explained(text: &str, thing: &str) -> Wrong {
    if let Some(name) = quoted(text, "missing field ") {
        return Wrong::of_field(name, "a value is required");
    }
    if let Some(name) = quoted(text, "duplicate field ") {
        return Wrong::of_field(name, "given more than once");
    }
    if let Some(name) = quoted(text, "unknown field ") {
        let known = names(text.split_once("`, ").map_or("", |(_, known)| known));
        let message = match known.as_str() {
            "" => format!("unknown {thing}; no {thing} is allowed here"),
            known => format!("unknown {thing}; expected one of {known}"),
        };
        return Wrong::of_field(name, message);
    }
    if text.starts_with("unknown variant ") {
        let known = names(text.rsplit_once("`, expected ").map_or("", |(_, known)| known));
        return Wrong::of_value(if known.is_empty() {
            "no value is allowed here".to_owned()
        } else {
            format!("expected one of {known}")
        });
    }
    if text.contains("did not match any variant of untagged enum") {
        return Wrong::of_value("has none of the documented forms");
    }
    for (said, what) in
        ["invalid type: ", "invalid value: ", "invalid length "].map(|said| (said, text.strip_prefix(said)))
    {
        let Some((found, expected)) = what.and_then(|rest| rest.rsplit_once(", expected ")) else { continue };
        let expected = expectation(expected);
        return Wrong::of_value(match (said, kind(found)) {
            ("invalid type: ", Some(found)) if !expected.contains(found) => format!("expected {expected}, not {found}"),
            _ => format!("expected {expected}"),
        });
    }
    Wrong::of_value(library_text(text).unwrap_or(text))
}

/// The name in backquotes after `before`.
fn quoted<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(before)?.strip_prefix('`')?;
    // A name from the request may contain backquotes; a comma precedes the known names.
    rest.split_once("`, ").map(|(name, _)| name).or_else(|| rest.strip_suffix('`'))
}

/// The names in backquotes, separated by commas.
fn names(text: &str) -> String {
    let all: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    all.join(", ")
}

/// The found value, by serde's name for it.
fn kind(found: &str) -> Option<&'static str> {
    let word = found.split([' ', '`']).next().unwrap_or_default();
    Some(match word {
        "boolean" => "true or false",
        "integer" | "number" => "a number",
        "floating" => "a number with a fraction",
        "character" | "string" => "a text",
        "unit" | "null" | "Option" => "null",
        "sequence" | "byte" => "an array",
        "map" | "struct" => "an object",
        _ => return None,
    })
}

/// The expected value, by the names of serde and of request types.
fn expectation(expected: &str) -> String {
    let plain = match expected {
        "a string" | "a borrowed string" | "a character" | "string" | "str" | "identifier" => "a text",
        "a boolean" | "bool" => "true or false",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "u128" | "usize" => "a whole number, 0 or more",
        "a nonzero u8" | "a nonzero u16" | "a nonzero u32" | "a nonzero u64" | "a nonzero usize" => {
            "a whole number, 1 or more"
        }
        "i8" => "a whole number from -128 to 127",
        "i16" => "a whole number from -32768 to 32767",
        "i32" => "a whole number from -2147483648 to 2147483647",
        "i64" | "i128" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" | "sequence" | "a byte array" => "an array",
        "a map" | "map" => "an object",
        "unit" | "null" => "null",
        "any value" | "any valid JSON value" => "a JSON value",
        "string or map" => "a text or an object",
        "a formatted UUID string" => UUID,
        text if text.contains("UUID") => UUID,
        text if ["a tuple", "tuple", "an array"].iter().any(|word| text.starts_with(word)) => "an array",
        text if ["struct", "internally tagged enum", "adjacently tagged enum"]
            .iter()
            .any(|word| text.starts_with(word)) =>
        {
            "an object"
        }
        text if text.starts_with("enum ") || text.starts_with("variant ") => "one of the documented names",
        text if text.contains("timestamp") || text.contains("datetime") => TIME,
        text if text.contains("civil date") || text == "a date" => DAY,
        text if text.contains(['`', '<', ':']) => "another kind of value",
        other => other,
    };
    plain.to_owned()
}

const UUID: &str = "an id (a UUID)";
const TIME: &str = "a time such as 2026-03-15T12:00:00Z";
const DAY: &str = "a day such as 2026-03-15";

/// The meaning of a library's error text; none for other texts, which are readable.
fn library_text(text: &str) -> Option<&'static str> {
    const BEGIN: &[(&str, &str)] = &[
        ("invalid digit found", "expected a whole number"),
        ("cannot parse integer", "expected a whole number"),
        ("number too large", "the number is too large"),
        ("number too small", "the number is too small"),
        ("invalid float literal", "expected a number"),
        ("cannot parse float", "expected a number"),
        ("provided string was not `true` or `false`", "expected true or false"),
        ("too many characters in string", "expected one character"),
        ("cannot parse char", "expected one character"),
        ("UUID parsing failed", "expected an id (a UUID)"),
        ("invalid character: ", "expected an id (a UUID)"),
        ("invalid group ", "expected an id (a UUID)"),
        ("invalid length: ", "expected an id (a UUID)"),
        ("relative URL without a base", "expected a URL such as https://example.org/path"),
        ("empty host", "expected a URL with a host"),
        ("invalid port number", "the port of the URL is not a number from 1 to 65535"),
        ("invalid IPv", "the address is invalid"),
        ("invalid international domain name", "the domain of the address is invalid"),
        ("invalid domain character", "the domain of the address is invalid"),
        ("invalid socket address", "expected an address such as 127.0.0.1:8080"),
        ("invalid IP address", "expected an IP address"),
        ("Invalid symbol", "expected base64"),
        ("Invalid byte", "expected base64"),
        ("Invalid padding", "expected base64"),
        ("Invalid last symbol", "expected base64"),
        ("Invalid input length", "expected base64"),
        ("Encoded text cannot have", "expected base64"),
        ("invalid utf-8", "the text is not UTF-8"),
        ("failed to parse", "expected a time such as 2026-03-15T12:00:00Z"),
        ("parsed ", "expected a time such as 2026-03-15T12:00:00Z"),
        ("failed to find", "expected a time such as 2026-03-15T12:00:00Z"),
        ("premature end of input", "expected a time such as 2026-03-15T12:00:00Z"),
        ("input contains invalid characters", "expected a time such as 2026-03-15T12:00:00Z"),
        ("number out of range", "the number is too large"),
        ("invalid number", "expected a number"),
        ("expected value", "expected a JSON value"),
    ];
    // An incomplete date: "expected two digit month, but found end of input".
    if text.starts_with("expected ") && text.contains(", but found ") {
        return Some("expected a time such as 2026-03-15T12:00:00Z");
    }
    BEGIN.iter().find(|(begin, _)| text.starts_with(begin)).map(|(_, meaning)| *meaning)
}

/// The pointer to the invalid value. Parsing a tagged enum stops at the whole object, so its only field with the value
/// that the parser names is meant.
fn refined(body: &[u8], pointer: String, text: &str) -> String {
    let found = ["invalid type: ", "invalid value: "].into_iter().find_map(|said| text.strip_prefix(said));
    let Some((found, _)) = found.and_then(|rest| rest.rsplit_once(", expected ")) else { return pointer };
    let Ok(whole) = serde_json::from_slice::<Value>(body) else { return pointer };
    let Some(Value::Object(fields)) = whole.pointer(&pointer) else { return pointer };
    let shown = |value: &Value| match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => format!("boolean `{value}`"),
        Value::Number(number) if number.is_f64() => format!("floating point `{value}`"),
        Value::Number(_) => format!("integer `{value}`"),
        Value::String(text) => format!("string {text:?}"),
        Value::Array(_) => "sequence".to_owned(),
        // The object itself may be invalid.
        Value::Object(_) => String::new(),
    };
    let found = if found == "unit value" { "null" } else { found };
    let mut holding = fields.iter().filter(|(_, value)| shown(value) == found);
    match (holding.next(), holding.next()) {
        (Some((name, _)), None) => format!("{pointer}/{}", escape(name)),
        _ => pointer,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use crate::{Paging, read_form, read_json, read_query};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only reading it is tested")]
    struct Body {
        plan: String,
        seats: Option<u32>,
        share: Option<f64>,
        live: Option<bool>,
        tags: Option<Vec<String>>,
        node: Option<Node>,
        interval: Option<Interval>,
        id: Option<freehold_core::UserId>,
        at: Option<jiff::Timestamp>,
        day: Option<jiff::civil::Date>,
        either: Option<Either>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "type", rename_all = "snake_case")]
    #[expect(dead_code, reason = "only reading it is tested")]
    enum Node {
        Ask { text: String, tries: u8 },
        End { text: Option<String> },
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Interval {
        Month,
        Year,
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only reading it is tested")]
    enum Either {
        Number(u8),
        Name { name: String },
    }

    fn refusal(body: &str) -> (String, String) {
        let error = read_json::<Body>(body.as_bytes()).unwrap_err();
        assert!(!error.message().starts_with(':'), "{}", error.message());
        let field = &error.fields()[0];
        (field.pointer.clone(), field.message.clone())
    }

    #[test]
    fn a_wrong_value_is_named_with_its_field_and_what_was_expected() {
        for (body, pointer, message) in [
            ("{}", "/plan", "a value is required"),
            (r#"{"plan":1}"#, "/plan", "expected a text, not a number"),
            (r#"{"plan":null}"#, "/plan", "expected a text, not null"),
            (r#"{"plan":"x","plan":"y"}"#, "/plan", "given more than once"),
            (
                r#"{"plan":"x","paln":"y"}"#,
                "/paln",
                "unknown field; expected one of plan, seats, share, live, tags, node, interval, id, at, day, either",
            ),
            (
                r#"{"plan":"x","a/b":"y"}"#,
                "/a~1b",
                "unknown field; expected one of plan, seats, share, live, tags, node, interval, id, at, day, either",
            ),
            (r#"{"plan":"x","seats":"eight"}"#, "/seats", "expected a whole number from 0 to 4294967295, not a text"),
            (r#"{"plan":"x","seats":-1}"#, "/seats", "expected a whole number from 0 to 4294967295"),
            (
                r#"{"plan":"x","seats":1.5}"#,
                "/seats",
                "expected a whole number from 0 to 4294967295, not a number with a fraction",
            ),
            (r#"{"plan":"x","share":"half"}"#, "/share", "expected a number, not a text"),
            (r#"{"plan":"x","live":"yes"}"#, "/live", "expected true or false, not a text"),
            (r#"{"plan":"x","tags":{}}"#, "/tags", "expected an array, not an object"),
            (r#"{"plan":"x","tags":["a",2]}"#, "/tags/1", "expected a text, not a number"),
            (r#"{"plan":"x","interval":"week"}"#, "/interval", "expected one of month, year"),
            (r#"{"plan":"x","node":{"type":"ask","text":"x"}}"#, "/node/tries", "a value is required"),
            (r#"{"plan":"x","node":{"type":"ask","text":7,"tries":1}}"#, "/node/text", "expected a text, not a number"),
            (
                r#"{"plan":"x","node":{"type":"ask","text":"x","tries":300}}"#,
                "/node/tries",
                "expected a whole number from 0 to 255",
            ),
            (r#"{"plan":"x","node":{"type":"aks"}}"#, "/node/type", "expected one of ask, end"),
            (r#"{"plan":"x","node":{"text":"x"}}"#, "/node/type", "a value is required"),
            (r#"{"plan":"x","id":"7"}"#, "/id", "expected an id (a UUID)"),
            (r#"{"plan":"x","id":7}"#, "/id", "expected an id (a UUID), not a number"),
            (r#"{"plan":"x","at":"yesterday"}"#, "/at", "expected a time such as 2026-03-15T12:00:00Z"),
            (r#"{"plan":"x","at":"2026-03-15"}"#, "/at", "expected a time such as 2026-03-15T12:00:00Z"),
            (r#"{"plan":"x","at":"2026-03-15T12"}"#, "/at", "expected a time such as 2026-03-15T12:00:00Z"),
            (r#"{"plan":"x","at":""}"#, "/at", "expected a time such as 2026-03-15T12:00:00Z"),
            (r#"{"plan":"x","either":"x"}"#, "/either", "has none of the documented forms"),
            ("[]", "", "expected an object, not an array"),
            ("\"x\"", "", "expected an object, not a text"),
        ] {
            assert_eq!(refusal(body), (pointer.to_owned(), message.to_owned()), "{body}");
        }
        assert!(refusal(r#"{"plan":"x","day":"15.3.2026"}"#).1.starts_with("expected a "));
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        for body in
            [r#"{"plan":12345678}"#, r#"{"plan":"x","seats":"12345678"}"#, r#"{"plan":"x","interval":"12345678"}"#]
        {
            let error = read_json::<Body>(body.as_bytes()).unwrap_err();
            assert!(!format!("{error:?} {:?}", error.fields()).contains("12345678"), "{error:?}");
        }
    }

    #[test]
    fn a_text_that_is_not_json_is_refused_with_its_place() {
        for (body, detail) in [
            ("{", "The body ends before its JSON is complete, at line 1, column 1."),
            ("{\n\"plan\": x}", "The body is not JSON: a value is missing or cannot be read at line 2, column 9."),
            ("{plan: 1}", "The body is not JSON: a name is not in double quotes at line 1, column 2."),
            (r#"{"plan":"x"} x"#, "The body is not JSON: there is more text after the end at line 1, column 14."),
            (r#"{"plan":"x",}"#, "The body is not JSON: there is an extra comma at line 1, column 13."),
        ] {
            assert_eq!(read_json::<Body>(body.as_bytes()).unwrap_err().message(), detail, "{body}");
        }
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        for (query, pointer, message) in [
            ("limit=ten", "?limit", "expected a whole number"),
            ("limit=", "?limit", "expected a whole number"),
            ("limit=1.5", "?limit", "expected a whole number"),
            ("limit=99999999999999999999", "?limit", "the number is too large"),
            ("limit=1&limit=2", "?limit", "given more than once"),
            ("page=2", "?page", "unknown parameter; expected one of limit, cursor"),
        ] {
            let error = read_query::<Paging>(query).unwrap_err();
            assert_eq!(error.message(), format!("{pointer}: {message}"), "{query}");
            let field = &error.fields()[0];
            assert_eq!((field.pointer.as_str(), field.message.as_str()), (pointer, message), "{query}");
        }
        let error = read_form::<Paging>(b"limit=ten").unwrap_err();
        assert_eq!(error.message(), "/limit: expected a whole number");
    }
}
