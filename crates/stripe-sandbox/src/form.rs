//! Stripe's form encoding: `items[0][price]=price_1&metadata[tenant]=7&expand[]=customer`.
//!
//! [`Params`] is read by taking: what nobody took at the end is a parameter that nobody knows.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    error::{Result, StripeError},
    money,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Node {
    Text(String),
    Map(Vec<(String, Node)>),
}

/// The parameters of a request, or of one object in it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Params {
    /// Where in the request these stand: `items[0]`. Empty at the top.
    path: String,
    entries: Vec<(String, Node)>,
}

impl Params {
    /// From a body or a query.
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        let mut entries = Vec::new();
        for (key, value) in url::form_urlencoded::parse(encoded) {
            let (first, rest) = key.split_at(key.find('[').unwrap_or(key.len()));
            let inner = rest.split('[').skip(1).map(|part| part.trim_end_matches(']'));
            let path: Vec<&str> = std::iter::once(first).chain(inner).collect();
            insert(&mut entries, &path, value.into_owned());
        }
        Self { path: String::new(), entries }
    }

    /// From JSON, which the sandbox's own knobs take too.
    pub(crate) fn from_json(value: Value) -> Self {
        let entries = match node(value) {
            Node::Map(entries) => entries,
            Node::Text(_) => Vec::new(),
        };
        Self { path: String::new(), entries }
    }

    /// Parameters of our own making, as the hosted pages send them to the same functions as the API.
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        let mut encoded = url::form_urlencoded::Serializer::new(String::new());
        encoded.extend_pairs(pairs);
        Self::parse(encoded.finish().as_bytes())
    }

    /// Appends those of another source, as a query to a body.
    pub(crate) fn extend(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// How a parameter is named in errors: `items[0][price]`.
    pub(crate) fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}[{key}]", self.path) }
    }

    fn take(&mut self, key: &str) -> Option<Node> {
        let place = self.entries.iter().position(|(name, _)| name == key)?;
        Some(self.entries.remove(place).1)
    }

    /// Whether it was sent and not taken yet.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| name == key)
    }

    /// A text; `Some("")` where it was sent empty, which unsets.
    pub(crate) fn text(&mut self, key: &str) -> Result<Option<String>> {
        match self.take(key) {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(Node::Map(_)) => {
                Err(StripeError::invalid(format!("Invalid string: {}", self.name(key))).at(&self.name(key)))
            }
        }
    }

    /// A text that must be there and not empty.
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

    /// A whole number.
    pub(crate) fn int(&mut self, key: &str) -> Result<Option<i64>> {
        let name = self.name(key);
        let Some(text) = self.text(key)? else { return Ok(None) };
        let number = text.parse().map_err(|_| {
            StripeError::coded("parameter_invalid_integer", format!("Invalid integer: {text}")).at(&name)
        })?;
        Ok(Some(number))
    }

    /// A whole number from `least` on.
    pub(crate) fn int_from(&mut self, key: &str, least: i64) -> Result<Option<i64>> {
        let number = self.int(key)?;
        let name = self.name(key);
        if number.is_some_and(|number| number < least) {
            let message = format!("This value must be greater than or equal to {least}.");
            return Err(StripeError::coded("parameter_invalid_integer", message).at(&name));
        }
        Ok(number)
    }

    /// A probability or another number with a fraction.
    pub(crate) fn number(&mut self, key: &str) -> Result<Option<f64>> {
        let name = self.name(key);
        let Some(text) = self.text(key)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| StripeError::invalid(format!("Invalid number: {text}")).at(&name))
    }

    /// A percentage of at most four decimals, in ten thousandths of a percent.
    pub(crate) fn percent(&mut self, key: &str) -> Result<Option<i64>> {
        let name = self.name(key);
        let Some(text) = self.text(key)? else { return Ok(None) };
        let wrong = || StripeError::invalid(format!("Invalid decimal: {text}")).at(&name);
        money::percent_read(&text).ok_or_else(wrong).map(Some)
    }

    /// A currency's code, in small letters.
    pub(crate) fn currency(&mut self, key: &str) -> Result<Option<String>> {
        let name = self.name(key);
        let Some(text) = self.text(key)? else { return Ok(None) };
        let code = text.to_ascii_lowercase();
        if money::is_currency(&code) {
            return Ok(Some(code));
        }
        let known: Vec<&str> = money::CURRENCIES.split_ascii_whitespace().collect();
        let message =
            format!("Invalid currency: {code}. Stripe currently supports these currencies: {}", known.join(", "));
        Err(StripeError::invalid(message).at(&name))
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, key: &str) -> Result<Option<bool>> {
        let name = self.name(key);
        match self.text(key)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(StripeError::invalid(format!("Invalid boolean: {other}")).at(&name)),
        }
    }

    /// One of a few words.
    pub(crate) fn one_of(&mut self, key: &str, words: &[&str]) -> Result<Option<String>> {
        let name = self.name(key);
        let text = self.text(key)?;
        if let Some(text) = &text {
            word_check(&name, text, words)?;
        }
        Ok(text)
    }

    /// One of the words that the sandbox has, where Stripe has more: those are refused as not modelled.
    pub(crate) fn only(&mut self, key: &str, ours: &[&str], stripes: &[&str]) -> Result<Option<String>> {
        let name = self.name(key);
        match self.one_of(key, stripes)? {
            Some(word) if !ours.contains(&word.as_str()) => {
                Err(StripeError::not_modelled(&format!("{name}={word}"), &name))
            }
            word => Ok(word),
        }
    }

    /// Sets an optional word, where it was sent; sent empty, it unsets.
    pub(crate) fn set_one_of(&mut self, key: &str, words: &[&str], target: &mut Option<String>) -> Result<()> {
        let name = self.name(key);
        if let Some(text) = self.text(key)? {
            if !text.is_empty() {
                word_check(&name, &text, words)?;
            }
            *target = (!text.is_empty()).then_some(text);
        }
        Ok(())
    }

    /// An object; an empty text stands for an empty object.
    pub(crate) fn map(&mut self, key: &str) -> Result<Option<Self>> {
        let path = self.name(key);
        match self.take(key) {
            None => Ok(None),
            Some(Node::Map(entries)) => Ok(Some(Self { path, entries })),
            Some(Node::Text(text)) if text.is_empty() => Ok(Some(Self { path, entries: Vec::new() })),
            Some(Node::Text(_)) => Err(StripeError::invalid(format!("Invalid object: {path}")).at(&path)),
        }
    }

    /// Whether nothing is left to take.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Objects in order.
    pub(crate) fn list(&mut self, key: &str) -> Result<Option<Vec<Self>>> {
        let Some(all) = self.map(key)? else { return Ok(None) };
        let path = all.path.clone();
        let one = |(index, node)| match node {
            Node::Map(entries) => Ok(Self { path: format!("{path}[{index}]"), entries }),
            Node::Text(_) => Err(StripeError::invalid(format!("Invalid object: {path}[{index}]")).at(&path)),
        };
        all.entries.into_iter().map(one).collect::<Result<_>>().map(Some)
    }

    /// Texts in order.
    pub(crate) fn texts(&mut self, key: &str) -> Result<Option<Vec<String>>> {
        if let Some((_, Node::Text(text))) = self.entries.iter().find(|(name, _)| name == key)
            && !text.is_empty()
        {
            return Err(StripeError::invalid(format!("Invalid array: {}", self.name(key))).at(&self.name(key)));
        }
        let Some(all) = self.map(key)? else { return Ok(None) };
        let path = all.path.clone();
        let one = |(_, node)| match node {
            Node::Text(text) => Ok(text),
            Node::Map(_) => Err(StripeError::invalid(format!("Invalid string in {path}")).at(&path)),
        };
        all.entries.into_iter().map(one).collect::<Result<_>>().map(Some)
    }

    /// Everything that is left, as names and texts.
    pub(crate) fn pairs(&mut self) -> Vec<(String, String)> {
        let texts = std::mem::take(&mut self.entries).into_iter().filter_map(|(key, node)| match node {
            Node::Text(text) => Some((key, text)),
            Node::Map(_) => None,
        });
        texts.collect()
    }

    /// Sets an optional text, where it was sent; sent empty, it unsets.
    pub(crate) fn set(&mut self, key: &str, target: &mut Option<String>) -> Result<()> {
        if let Some(text) = self.text(key)? {
            *target = (!text.is_empty()).then_some(text);
        }
        Ok(())
    }

    /// Merges `metadata` as Stripe does: an empty value takes the key away, an empty `metadata` all of them.
    pub(crate) fn metadata(&mut self, target: &mut Map<String, Value>) -> Result<()> {
        let Some(mut sent) = self.map("metadata")? else { return Ok(()) };
        if sent.is_empty() {
            target.clear();
        }
        for (key, text) in sent.pairs() {
            if text.is_empty() {
                target.remove(&key);
            } else {
                target.insert(key, Value::String(text));
            }
        }
        Ok(())
    }

    /// As JSON, for what is only kept and given back.
    pub(crate) fn json(&mut self, key: &str) -> Option<Value> {
        self.take(key).map(|node| value(&node))
    }

    /// Takes and forgets parameters of Stripe's that change nothing here.
    pub(crate) fn ignore(&mut self, keys: &[&str]) {
        self.entries.retain(|(name, _)| !keys.contains(&name.as_str()));
    }

    /// Refuses parameters that Stripe has and the sandbox does not.
    pub(crate) fn not_modelled(&self, keys: &[&str]) -> Result<()> {
        match keys.iter().find(|key| self.has(key)) {
            None => Ok(()),
            Some(key) => {
                let name = self.name(key);
                Err(StripeError::not_modelled(&format!("the parameter {name}"), &name))
            }
        }
    }

    /// Takes an object that only says that something is off, which it is here: `automatic_tax[enabled]=false`.
    pub(crate) fn disabled(&mut self, key: &str) -> Result<()> {
        let name = self.name(key);
        let Some(mut object) = self.map(key)? else { return Ok(()) };
        if object.flag("enabled")? == Some(true) {
            return Err(StripeError::not_modelled(&format!("{name}[enabled]=true"), &format!("{name}[enabled]")));
        }
        object.done()
    }

    /// Refuses what nobody took.
    pub(crate) fn done(&self) -> Result<()> {
        match self.entries.first() {
            None => Ok(()),
            Some((name, _)) => Err(StripeError::unknown(&self.name(name))),
        }
    }
}

fn word_check(name: &str, text: &str, words: &[&str]) -> Result<()> {
    if words.contains(&text) {
        return Ok(());
    }
    Err(StripeError::invalid(format!("Invalid {name}: must be one of {}", words.join(", "))).at(name))
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

fn value(node: &Node) -> Value {
    match node {
        Node::Text(text) if text == "true" || text == "false" => Value::Bool(text == "true"),
        Node::Text(text) => Value::String(text.clone()),
        Node::Map(entries) if entries.iter().enumerate().all(|(index, (key, _))| *key == index.to_string()) => {
            entries.iter().map(|(_, node)| value(node)).collect()
        }
        Node::Map(entries) => Value::Object(entries.iter().map(|(key, node)| (key.clone(), value(node))).collect()),
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
    use serde_json::json;

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
    fn what_nobody_took_is_unknown_and_named_with_its_path() {
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
