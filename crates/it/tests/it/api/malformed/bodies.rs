//! Invalid bodies.

use serde_json::{Value, json};

use super::Wrong;
use crate::{harness::app::Ask, house::walk::Operation};

const MEBIBYTE: usize = 1024 * 1024;

/// Every invalid body for the operation, derived from its valid one.
pub(super) fn wrong(operation: &Operation, good: &Ask) -> Vec<Wrong> {
    let body = operation.sample.body.as_ref().unwrap();
    let mut all = not_json(good, &body.to_string());
    all.extend(other_json(good, &body.to_string()));
    let values: Vec<&Value> = body.as_object().unwrap().values().collect();
    all.push(bytes(good, "its values without their names", json!(values).to_string()));
    all.extend(other_kinds(good));
    all.extend(fields(operation, good, body));
    all
}

fn bytes(good: &Ask, kind: &str, body: impl Into<Vec<u8>>) -> Wrong {
    Wrong::new(kind, good.clone().bytes(body))
}

fn not_json(good: &Ask, text: &str) -> Vec<Wrong> {
    let first = text.find(':').unwrap();
    let (name, rest) = (&text[..=first], &text[first + 1..]);
    let in_place_of_a_value = |value: &[u8]| [name.as_bytes(), value, b"}"].concat();
    let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        bytes(good, "nothing", ""),
        bytes(good, "white space", " \r\n\t "),
        bytes(good, "half of it", &text.as_bytes()[..text.len() / 2]),
        bytes(good, "all but the last byte", &text.as_bytes()[..text.len() - 1]),
        bytes(good, "one brace", "{"),
        bytes(good, "the end of one", "}"),
        bytes(good, "something behind it", format!("{text} x")),
        bytes(good, "another one behind it", format!("{text}{text}")),
        bytes(good, "a NUL behind it", format!("{text}\0")),
        bytes(good, "a comma too many", format!("{},}}", &text[..text.len() - 1])),
        bytes(good, "a comment", format!("/* hello */{text}")),
        bytes(good, "single quotes", text.replace('"', "'")),
        bytes(good, "names without quotes", format!("{{name:{rest}")),
        bytes(good, "no colon", text.replacen(':', " ", 1)),
        bytes(good, "a byte order mark", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        bytes(good, "UTF-16", utf_16),
        bytes(good, "invalid UTF-8", in_place_of_a_value(b"\"\xff\xfe\"")),
        bytes(good, "an overlong character", in_place_of_a_value(b"\"\xc0\xaf\"")),
        bytes(good, "an encoded surrogate", in_place_of_a_value(b"\"\xed\xa0\x80\"")),
        bytes(good, "a lone high surrogate", in_place_of_a_value(br#""\ud800""#)),
        bytes(good, "a lone low surrogate", in_place_of_a_value(br#""\udc00 x""#)),
        bytes(good, "two high surrogates", in_place_of_a_value(br#""\ud800\ud800""#)),
        bytes(good, "a NUL in a text", in_place_of_a_value(b"\"a\0b\"")),
        bytes(good, "a line break in a text", in_place_of_a_value(b"\"a\nb\"")),
        bytes(good, "an unknown escape", in_place_of_a_value(br#""\x41""#)),
        bytes(good, "half an escape", in_place_of_a_value(br#""\u12""#)),
        bytes(good, "not a number", in_place_of_a_value(b"NaN")),
        bytes(good, "infinity", in_place_of_a_value(b"-Infinity")),
        bytes(good, "a hexadecimal number", in_place_of_a_value(b"0x10")),
        bytes(good, "a number with a leading zero", in_place_of_a_value(b"007")),
        bytes(good, "an infinite number", in_place_of_a_value(b"1e999")),
        bytes(good, "a negative infinite number", in_place_of_a_value(b"-1e99999999")),
        bytes(good, "undefined", in_place_of_a_value(b"undefined")),
        bytes(good, "10,000 arrays", in_place_of_a_value(&[[b'['; 10_000], [b']'; 10_000]].concat())),
        bytes(good, "10,000 arrays without an end", [b'['; 10_000]),
        bytes(good, "10,000 objects", in_place_of_a_value(&[b"{\"a\":".repeat(10_000), b"}".repeat(10_001)].concat())),
        bytes(good, "XML", "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]><x>&y;</x>"),
        bytes(good, "a form", "name=x&email=x%40example.org"),
        bytes(good, "YAML", "name: x\nemail: x@example.org\n"),
        bytes(good, "gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"),
        bytes(good, "1 MiB and 1 byte of white space", format!("{text}{}", " ".repeat(MEBIBYTE + 1 - text.len()))),
        bytes(good, "2 MiB of text", in_place_of_a_value(format!("\"{}\"", "x".repeat(2 * MEBIBYTE)).as_bytes())),
    ]
}

fn other_json(good: &Ask, text: &str) -> Vec<Wrong> {
    vec![
        bytes(good, "null", "null"),
        bytes(good, "true", "true"),
        bytes(good, "a number", "1"),
        bytes(good, "a large number", "9".repeat(10_000)),
        bytes(good, "a text", "\"text\""),
        bytes(good, "JSON in a text", Value::String(text.to_owned()).to_string()),
        bytes(good, "an empty array", "[]"),
        bytes(good, "an array of it", format!("[{text}]")),
        bytes(good, "the same name twice", format!("{},{}", &text[..text.len() - 1], &text[1..])),
    ]
}

fn other_kinds(good: &Ask) -> Vec<Wrong> {
    let kind = |kind: &str| good.clone().header("content-type", kind);
    let kinds = [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/jsonp",
        "json",
        "; charset=utf-8",
        "",
    ];
    let mut all: Vec<Wrong> = kinds.map(|name| Wrong::new(format!("content type {name:?}"), kind(name))).into();
    let bytes = good.clone().header("content-type", b"application/json\xff".as_slice());
    all.push(Wrong::new("a content type that is no text", bytes));
    all.push(Wrong::new("no content type", good.clone().without("content-type")));
    all
}

/// The valid body with each field made invalid.
fn fields(operation: &Operation, good: &Ask, body: &Value) -> Vec<Wrong> {
    let mut all = Vec::new();
    let mut put = |kind: &str, name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        all.push(Wrong::new(kind, good.clone().bytes(body.to_string())));
    };
    for (name, value) in body.as_object().unwrap() {
        let others = [json!("text"), json!(-7), json!(1.5e300), json!(true), json!([7]), json!({ "": { "a": 1 } })];
        for other in others.iter().filter(|other| std::mem::discriminant(*other) != std::mem::discriminant(value)) {
            put("a value of another type", name, other.clone());
        }
        if value.is_string() {
            put("a NUL escaped in a text", name, json!("a\0b"));
            put("a very long text", name, json!("x".repeat(100_000)));
            // A password, and what a caller says on the telephone, may contain any characters.
            if !["text", "password"].contains(&name.as_str()) {
                put("a text of control characters", name, json!("\u{1}\u{7f}\u{9b}\u{202e}\r\n"));
            }
        }
    }
    put("a NUL in a name", "na\0me", json!(1));
    // Supabase ignores unknown names, and so does Freehold under /auth/v1.
    if !operation.is_auth() {
        put("an unknown name", "nmae", json!(1));
        put("a name of JavaScript's", "__proto__", json!({ "admin": true }));
        put("an empty name", "", json!(null));
        put("somebody else's tenant", "tenant_id", json!("00000000-0000-0000-0000-000000000000"));
    }
    all
}
