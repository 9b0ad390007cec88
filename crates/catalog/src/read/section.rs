//! A table of the file.

use toml::de::DeTable;

use super::{
    Report, Value, Words, suggest,
    value::{ID, is_id},
};

/// A table with known keys. A missing or invalid key is reported and replaced by a placeholder, so that the rest is
/// checked, too.
pub(crate) struct Section<'t> {
    report: &'t Report<'t>,
    /// Name of the table in messages, such as `plan "free"`; empty for the file itself.
    place: String,
    /// Start of the table, in bytes.
    offset: usize,
    table: &'t DeTable<'t>,
    /// Keys that were probably meant by misspelled ones, which are not reported as missing as well.
    meant: Vec<String>,
}

impl<'t> Section<'t> {
    /// The whole file.
    pub(crate) fn file(report: &'t Report<'t>, table: &'t DeTable<'t>, keys: &[&str]) -> Self {
        Self::open(report, String::new(), 0, table, keys)
    }

    /// The value as a table in which every key outside of `keys` is an error. `place` names it in messages.
    pub(crate) fn of(value: &Value<'t>, place: String, keys: &[&str]) -> Option<Self> {
        let Some(table) = value.as_table() else {
            value.refuse(&format!("expected a section with the keys {}", keys.join(", ")));
            return None;
        };
        Some(Self::open(value.report, place, value.key_offset(), table, keys))
    }

    fn open(report: &'t Report<'t>, place: String, offset: usize, table: &'t DeTable<'t>, keys: &[&str]) -> Self {
        let mut section = Self { report, place, offset, table, meant: Vec::new() };
        let unknown: Vec<_> = section.values().filter(|value| !keys.contains(&value.key())).collect();
        for value in unknown {
            section.meant.extend(suggest::nearest(value.key(), keys).map(ToOwned::to_owned));
            let hint = suggest::or_one_of(value.key(), keys, "");
            value.say(&section.prefixed(&format!("unknown key {:?} — {hint}", value.key())));
        }
        section
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    fn prefixed(&self, message: &str) -> String {
        if self.place.is_empty() { message.to_owned() } else { format!("{}: {message}", self.place) }
    }

    fn values(&self) -> impl Iterator<Item = Value<'t>> {
        self.table.iter().map(|(key, value)| Value::new(self.report, &self.place, key, value))
    }

    /// Reports an error at the key, or at the start of the section when the key is missing.
    pub(crate) fn say(&self, key: &str, message: &str) {
        let offset = self.get(key).map_or(self.offset, |value| value.key_offset());
        self.report.say(offset, self.prefixed(message));
    }

    /// The value of this key, if it exists.
    pub(crate) fn get(&self, key: &str) -> Option<Value<'t>> {
        let (key, value) = self.table.get_key_value(key)?;
        Some(Value::new(self.report, &self.place, key, value))
    }

    /// The value of this key; reports a missing one.
    pub(crate) fn require(&self, key: &str, expected: &str) -> Option<Value<'t>> {
        let value = self.get(key);
        if value.is_none() && !self.meant.iter().any(|meant| meant == key) {
            self.say(key, &format!("{key} is missing — {expected}"));
        }
        value
    }

    /// A required line of text.
    pub(crate) fn text(&self, key: &str, expected: &str) -> String {
        let value = self.require(key, expected);
        value.and_then(|value| value.text(expected)).unwrap_or_default().to_owned()
    }

    /// An optional line of text.
    pub(crate) fn text_optional(&self, key: &str) -> Option<String> {
        Some(self.get(key)?.text("expected one line of text")?.to_owned())
    }

    /// A list of lines of text; empty when the key is missing.
    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        const EXPECTED: &str = "expected a list of lines such as [\"Email support\"]";
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(items) = value.items() else {
            value.refuse(EXPECTED);
            return Vec::new();
        };
        items.iter().filter_map(|item| item.text(EXPECTED)).map(ToOwned::to_owned).collect()
    }

    /// A required word of a fixed list.
    pub(crate) fn word<W: Words>(&self, key: &str) -> Option<W> {
        self.require(key, &format!("expected {}", suggest::one_of(&W::all())))?.word()
    }

    /// An optional word of a fixed list.
    pub(crate) fn word_optional<W: Words>(&self, key: &str) -> Option<W> {
        self.get(key)?.word()
    }

    /// A list of words of a fixed list, with at least one.
    pub(crate) fn words<W: Words>(&self, key: &str) -> Vec<W> {
        let expected = format!("expected a list of one or more of {}", suggest::one_of(&W::all()));
        let Some(value) = self.require(key, &expected) else { return Vec::new() };
        let Some(items) = value.items().filter(|items| !items.is_empty()) else {
            value.refuse(&expected);
            return Vec::new();
        };
        items.iter().filter_map(Value::word).collect()
    }

    /// The product's own id.
    pub(crate) fn own_id(&self) -> String {
        let id = self.text("id", "expected the product's id such as \"voice\"");
        if let Some(value) = self.get("id").filter(|_| !id.is_empty() && !is_id(&id)) {
            value.refuse(ID);
        }
        id
    }

    /// The entries of the table with this key, in the order of the file; none when it is missing.
    pub(crate) fn entries(&self, key: &str) -> Vec<Value<'t>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(table) = value.as_table() else {
            value.refuse(&format!("expected a section [{key}]"));
            return Vec::new();
        };
        let mut entries: Vec<Value<'t>> =
            table.iter().map(|(key, value)| Value::new(self.report, &self.place, key, value)).collect();
        entries.sort_by_key(Value::key_offset);
        entries
    }

    /// Like [`entries`](Self::entries), each with a name for messages, such as `plan "free"`.
    pub(crate) fn named(&self, key: &str, what: &str) -> Vec<Value<'t>> {
        self.entries(key).into_iter().map(|value| value.named(what)).collect()
    }
}
