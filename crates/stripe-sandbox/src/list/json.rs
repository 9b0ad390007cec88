//! A list object.

use serde_json::{Value, json};

/// A list object.
pub(crate) fn of(data: Vec<Value>, url: &str, has_more: bool) -> Value {
    json!({ "object": "list", "data": data, "has_more": has_more, "url": url })
}
