//! Postal addresses.

use serde_json::{Map, Value, json};

use crate::{error::Result, form::Params};

/// Reads an address; none if it was not sent, null if it was sent empty.
pub(crate) fn address(params: &mut Params, key: &str) -> Result<Option<Value>> {
    let Some(mut given) = params.map(key)? else { return Ok(None) };
    if given.is_empty() {
        return Ok(Some(Value::Null));
    }
    let mut address = Map::new();
    for part in ["city", "country", "line1", "line2", "postal_code", "state"] {
        let text = given.text(part)?.filter(|text| !text.is_empty());
        address.insert(part.to_owned(), json!(text));
    }
    given.done()?;
    Ok(Some(Value::Object(address)))
}
