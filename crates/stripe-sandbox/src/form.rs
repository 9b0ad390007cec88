//! Stripe's form encoding: `items[0][price]=price_1&metadata[tenant]=7&expand[]=customer`.
//!
//! [`Params`] are read by taking them, and [`done`](Params::done) refuses parameters that were not taken, before any
//! work is done. In case a handler does not call it there is also [`watch`](Params::watch): a request with unread
//! parameters never gets a successful response.

mod kinds;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Result, StripeError};

/// The largest absolute value of an integer.
const MOST_INTEGER: u64 = 9_999_999_999_999;
/// The largest quantity.
pub(crate) const MOST_QUANTITY: i64 = 9_999_999;
/// The largest price of one unit, in the currency's smallest unit.
pub(crate) const MOST_AMOUNT: i64 = 99_999_999_999;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Node {
    Text(String),
    Map(Vec<(String, Node)>),
}

/// The parameters of a request, or of one object in it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Params {
    /// The path of these parameters in the request: `items[0]`. Empty at the top.
    path: String,
    entries: Vec<(String, Node)>,
    /// The names of all parameters of the request that have not been read yet, shared with the objects in it.
    #[serde(skip)]
    unread: Unread,
}

/// The names of parameters that have not been read.
pub(crate) type Unread = Arc<Mutex<BTreeSet<String>>>;

impl Params {
    /// Parses a body or a query string.
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        let mut entries = Vec::new();
        for (key, value) in url::form_urlencoded::parse(encoded) {
            let (first, rest) = key.split_at(key.find('[').unwrap_or(key.len()));
            let inner = rest.split('[').skip(1).map(|part| part.trim_end_matches(']'));
            let path: Vec<&str> = std::iter::once(first).chain(inner).collect();
            insert(&mut entries, &path, value.into_owned());
        }
        Self { entries, ..Self::default() }
    }

    /// Reads JSON, which the sandbox's own endpoints also accept.
    pub(crate) fn from_json(value: Value) -> Self {
        let entries = match node(value) {
            Node::Map(entries) => entries,
            Node::Text(_) => Vec::new(),
        };
        Self { entries, ..Self::default() }
    }

    /// Parameters that the sandbox creates: the hosted pages call the same functions as the API.
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        let mut encoded = url::form_urlencoded::Serializer::new(String::new());
        encoded.extend_pairs(pairs);
        Self::parse(encoded.finish().as_bytes())
    }

    /// Appends the parameters of another source, such as the query to the body.
    pub(crate) fn extend(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// The name of a parameter in error messages: `items[0][price]`.
    pub(crate) fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}[{key}]", self.path) }
    }

    /// Records from now on what is read. The names that remain in the result were not read.
    pub(crate) fn watch(&mut self) -> Unread {
        let mut names = BTreeSet::new();
        leaves(&self.path, &self.entries, &mut names);
        self.unread = Arc::new(Mutex::new(names));
        Arc::clone(&self.unread)
    }

    /// Refuses parameters with other names.
    pub(crate) fn only_keys(&self, keys: &[&str]) -> Result<()> {
        match self.entries.iter().find(|(key, _)| !keys.contains(&key.as_str())) {
            None => Ok(()),
            Some((key, _)) => Err(StripeError::unknown(&self.name(key))),
        }
    }

    /// Adds a parameter.
    pub(crate) fn add(&mut self, key: &str, text: &str) {
        let (first, rest) = key.split_at(key.find('[').unwrap_or(key.len()));
        let inner = rest.split('[').skip(1).map(|part| part.trim_end_matches(']'));
        let path: Vec<&str> = std::iter::once(first).chain(inner).collect();
        insert(&mut self.entries, &path, text.to_owned());
    }

    /// Moves a parameter here from another part of the request.
    pub(crate) fn adopt(&mut self, key: &str, from: &mut Self) {
        from.read(key);
        if let Some(place) = from.entries.iter().position(|(name, _)| name == key) {
            self.entries.push(from.entries.remove(place));
        }
    }

    /// Records that a parameter and everything in it was read.
    fn read(&self, key: &str) {
        let name = self.name(key);
        let inner = format!("{name}[");
        let mut unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        unread.retain(|each| *each != name && !each.starts_with(&inner));
    }

    fn take(&mut self, key: &str) -> Option<Node> {
        let place = self.entries.iter().position(|(name, _)| name == key)?;
        let node = self.entries.remove(place).1;
        if matches!(node, Node::Text(_)) {
            self.read(key);
        }
        Some(node)
    }

    /// Whether the parameter was sent and has not been taken yet.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| name == key)
    }

    /// Takes a text; `Some("")` if it was sent empty, which unsets the field.
    pub(crate) fn text(&mut self, key: &str) -> Result<Option<String>> {
        match self.take(key) {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(Node::Map(_)) => {
                Err(StripeError::invalid(format!("Invalid string: {}", self.name(key))).at(&self.name(key)))
            }
        }
    }

    /// Takes a text that is required and must not be empty.
    pub(crate) fn need(&mut self, key: &str) -> Result<String> {
        let name = self.name(key);
        match self.text(key)? {
            Some(text) if text.is_empty() => Err(StripeError::coded(
                "parameter_invalid_empty",
                format!("You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however '{name}' cannot be unset."),
            )
            .at(&name)),
            Some(text) => Ok(text),
            None => Err(StripeError::missing(&name)),
        }
    }

    /// Refuses a missing parameter, without taking it.
    pub(crate) fn need_there(&self, key: &str) -> Result<()> {
        if self.has(key) { Ok(()) } else { Err(StripeError::missing(&self.name(key))) }
    }

    /// Takes an integer.
    pub(crate) fn int(&mut self, key: &str) -> Result<Option<i64>> {
        let name = self.name(key);
        let Some(text) = self.text(key)? else { return Ok(None) };
        let wrong = || StripeError::coded("parameter_invalid_integer", format!("Invalid integer: {text}")).at(&name);
        let number: i64 = text.parse().map_err(|_| wrong())?;
        // Within this limit, sums and products of such numbers cannot overflow.
        if number.unsigned_abs() > MOST_INTEGER { Err(wrong()) } else { Ok(Some(number)) }
    }

    /// Takes an integer that is at least `least`.
    pub(crate) fn int_from(&mut self, key: &str, least: i64) -> Result<Option<i64>> {
        let number = self.int(key)?;
        let name = self.name(key);
        if number.is_some_and(|number| number < least) {
            let message = format!("This value must be greater than or equal to {least}.");
            return Err(StripeError::coded("parameter_invalid_integer", message).at(&name));
        }
        Ok(number)
    }

    /// Takes a probability or another decimal number.
    pub(crate) fn number(&mut self, key: &str) -> Result<Option<f64>> {
        let name = self.name(key);
        let Some(text) = self.text(key)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| StripeError::invalid(format!("Invalid number: {text}")).at(&name))
    }

    /// Takes `true` or `false`.
    pub(crate) fn flag(&mut self, key: &str) -> Result<Option<bool>> {
        let name = self.name(key);
        match self.text(key)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(StripeError::invalid(format!("Invalid boolean: {other}")).at(&name)),
        }
    }

    /// Takes an object; an empty text means an empty object.
    pub(crate) fn map(&mut self, key: &str) -> Result<Option<Self>> {
        let path = self.name(key);
        match self.take(key) {
            None => Ok(None),
            Some(Node::Map(entries)) => Ok(Some(Self { path, entries, unread: Arc::clone(&self.unread) })),
            Some(Node::Text(text)) if text.is_empty() => Ok(Some(Self { path, ..Self::default() })),
            Some(Node::Text(_)) => Err(StripeError::invalid(format!("Invalid object: {path}")).at(&path)),
        }
    }

    /// Whether all parameters have been taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes a list of objects.
    pub(crate) fn list(&mut self, key: &str) -> Result<Option<Vec<Self>>> {
        let Some(all) = self.map(key)? else { return Ok(None) };
        let Self { path, entries, unread } = all;
        let one = |(index, (_, node))| match node {
            Node::Map(entries) => Ok(Self { path: format!("{path}[{index}]"), entries, unread: Arc::clone(&unread) }),
            Node::Text(_) => Err(StripeError::invalid(format!("Invalid object: {path}[{index}]")).at(&path)),
        };
        entries.into_iter().enumerate().map(one).collect::<Result<_>>().map(Some)
    }

    /// Takes a list of texts.
    pub(crate) fn texts(&mut self, key: &str) -> Result<Option<Vec<String>>> {
        if let Some((_, Node::Text(text))) = self.entries.iter().find(|(name, _)| name == key)
            && !text.is_empty()
        {
            return Err(StripeError::invalid(format!("Invalid array: {}", self.name(key))).at(&self.name(key)));
        }
        let Some(all) = self.map(key)? else { return Ok(None) };
        let Self { path, entries, .. } = all;
        self.read(key);
        let one = |(_, node)| match node {
            Node::Text(text) => Ok(text),
            Node::Map(_) => Err(StripeError::invalid(format!("Invalid string in {path}")).at(&path)),
        };
        entries.into_iter().map(one).collect::<Result<_>>().map(Some)
    }

    /// Takes all remaining parameters as names and texts. An object among them is refused.
    pub(crate) fn pairs(&mut self) -> Result<Vec<(String, String)>> {
        let mut pairs = Vec::new();
        for (key, node) in std::mem::take(&mut self.entries) {
            self.read(&key);
            match node {
                Node::Text(text) => pairs.push((key, text)),
                Node::Map(_) => {
                    let name = self.name(&key);
                    return Err(StripeError::invalid(format!("Invalid string: {name}")).at(&name));
                }
            }
        }
        Ok(pairs)
    }

    /// Refuses parameters that were not taken.
    pub(crate) fn done(&self) -> Result<()> {
        match self.entries.first() {
            None => Ok(()),
            Some((name, _)) => Err(StripeError::unknown(&self.name(name))),
        }
    }
}

fn insert(entries: &mut Vec<(String, Node)>, path: &[&str], text: String) {
    let Some((first, rest)) = path.split_first() else { return };
    let key = if first.is_empty() { entries.len().to_string() } else { (*first).to_owned() };
    if rest.is_empty() {
        entries.push((key, Node::Text(text)));
        return;
    }
    let place = entries.iter().position(|(name, node)| *name == key && matches!(node, Node::Map(_)));
    let place = place.unwrap_or_else(|| {
        entries.push((key, Node::Map(Vec::new())));
        entries.len() - 1
    });
    if let Node::Map(inner) = &mut entries[place].1 {
        insert(inner, rest, text);
    }
}

/// Collects the names of all texts.
fn leaves(path: &str, entries: &[(String, Node)], names: &mut BTreeSet<String>) {
    for (key, node) in entries {
        let name = if path.is_empty() { key.clone() } else { format!("{path}[{key}]") };
        match node {
            Node::Text(_) => _ = names.insert(name),
            Node::Map(inner) => leaves(&name, inner, names),
        }
    }
}

fn node(value: Value) -> Node {
    match value {
        Value::Object(map) => Node::Map(map.into_iter().map(|(key, value)| (key, node(value))).collect()),
        Value::Array(list) => {
            Node::Map(list.into_iter().enumerate().map(|(index, value)| (index.to_string(), node(value))).collect())
        }
        Value::String(text) => Node::Text(text),
        Value::Null => Node::Text(String::new()),
        other => Node::Text(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn nested_parameters_are_read_as_the_sdks_write_them() {
        let mut params = Params::parse(
            b"items[0][price]=price_1&items[0][quantity]=2&items[1][price]=price_2&expand[]=a&expand[]=b&metadata[k]=a%20b&ok=true",
        );
        let mut items = params.list("items").unwrap().unwrap();
        assert_eq!(items[0].need("price").unwrap(), "price_1");
        assert_eq!(items[0].int("quantity").unwrap(), Some(2));
        assert_eq!(items[1].need("price").unwrap(), "price_2");
        assert_eq!(params.texts("expand").unwrap().unwrap(), ["a", "b"]);
        let mut metadata = Map::new();
        params.metadata(&mut metadata).unwrap();
        assert_eq!(Value::Object(metadata), json!({ "k": "a b" }));
        assert_eq!(params.flag("ok").unwrap(), Some(true));
        params.done().unwrap();
    }

    #[test]
    fn a_parameter_that_was_not_taken_is_refused_as_unknown_with_its_path() {
        let mut params = Params::parse(b"item[wrong]=1");
        let item = params.map("item").unwrap().unwrap();
        let error = item.done().unwrap_err().body();
        assert_eq!(error["error"]["code"], "parameter_unknown");
        assert_eq!(error["error"]["param"], "item[wrong]");
    }

    #[test]
    fn empty_texts_unset() {
        let mut params = Params::parse(b"name=&metadata[a]=&metadata[b]=2");
        let (mut name, mut metadata) = (Some("x".to_owned()), Map::new());
        metadata.insert("a".to_owned(), json!("1"));
        params.set("name", &mut name).unwrap();
        params.metadata(&mut metadata).unwrap();
        assert_eq!((name, Value::Object(metadata)), (None, json!({ "b": "2" })));
    }
}
