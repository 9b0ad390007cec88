//! The list of all settings, derived from the types that they are deserialized into: each with its path and the kind of
//! its value. From it follow the environment variables, suggestions for misspelt names, and the expectations in error
//! messages.

use std::{cell::RefCell, fmt};

use serde::{
    de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};

/// Stands for any name in an open section, such as that of an identity provider.
const ANY: &str = "*";

/// The kind of a value, or the keys of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// True or false.
    Bool,
    /// A whole number.
    Number,
    /// A text, an address, a path.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of texts.
    List,
    /// A section, with its keys in the order in which they are declared.
    Section(Vec<(&'static str, Shape)>),
    /// A section whose keys an operator chooses.
    Open(Box<Shape>),
}

impl Shape {
    /// The shape of the settings that are deserialized into `T`.
    pub(super) fn of<T: DeserializeOwned>() -> Self {
        below::<T>(&mut Vec::new())
    }

    /// The shape at this path.
    pub(super) fn find(&self, path: &[String]) -> Option<&Self> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        match self {
            Self::Section(keys) => keys.iter().find(|(key, _)| key == first)?.1.find(rest),
            Self::Open(each) => each.find(rest),
            _ => None,
        }
    }

    /// Every setting with its path; an open section is one setting.
    pub(super) fn leaves(&self) -> Vec<(Vec<String>, &Self)> {
        let Self::Section(keys) = self else { return vec![(Vec::new(), self)] };
        let mut leaves = Vec::new();
        for (key, shape) in keys {
            for (path, leaf) in shape.leaves() {
                leaves.push(([vec![(*key).to_owned()], path].concat(), leaf));
            }
        }
        leaves
    }

    /// What an operator should write, for error messages.
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Bool => "Write true or false.".to_owned(),
            Self::Number => "Write a whole number.".to_owned(),
            Self::Text => "Write a text.".to_owned(),
            Self::Choice(words) => format!("Write one of {}.", words.join(", ")),
            Self::List => {
                "Write a list, such as [\"one\", \"two\"]; in the environment one,two does as well.".to_owned()
            }
            Self::Section(keys) => {
                let keys: Vec<&str> = keys.iter().map(|(key, _)| *key).collect();
                format!("Write a section with the keys {}.", keys.join(", "))
            }
            Self::Open(_) => "Write a section; in the environment { name = \"value\" }.".to_owned(),
        }
    }
}

fn below<T: DeserializeOwned>(path: &mut Vec<&'static str>) -> Shape {
    match seen::<T>(path) {
        Seen::Leaf(shape) => shape,
        Seen::Section(keys) => Shape::Section(
            keys.iter()
                .map(|&key| {
                    path.push(key);
                    let shape = below::<T>(path);
                    path.pop();
                    (key, shape)
                })
                .collect(),
        ),
        Seen::Open => {
            path.push(ANY);
            let shape = below::<T>(path);
            path.pop();
            Shape::Open(Box::new(shape))
        }
    }
}

enum Seen {
    Leaf(Shape),
    Section(&'static [&'static str]),
    Open,
}

/// The shape that `T` requests from a deserializer at this path.
fn seen<T: DeserializeOwned>(path: &[&'static str]) -> Seen {
    let seen = RefCell::new(None);
    // Deserializing always fails, because the deserializer returns no value.
    let _ = T::deserialize(Probe { path, seen: &seen });
    seen.into_inner().unwrap_or(Seen::Leaf(Shape::Text))
}

/// Records the kind that is requested at the end of its path, and returns no value.
struct Probe<'p> {
    path: &'p [&'static str],
    seen: &'p RefCell<Option<Seen>>,
}

#[derive(Debug)]
struct Nothing;

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing is given")
    }
}

impl std::error::Error for Nothing {}

impl serde::de::Error for Nothing {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl Probe<'_> {
    fn note<T>(&self, seen: Seen) -> Result<T, Nothing> {
        self.seen.borrow_mut().get_or_insert(seen);
        Err(Nothing)
    }

    fn into_section<'de, V: Visitor<'de>>(self, visitor: V, seen: Seen) -> Result<V::Value, Nothing> {
        match self.path.split_first() {
            None => self.note(seen),
            Some((key, path)) => visitor.visit_map(One { key: Some(key), probe: Probe { path, seen: self.seen } }),
        }
    }
}

/// A map with one key.
struct One<'p> {
    key: Option<&'static str>,
    probe: Probe<'p>,
}

impl<'de> MapAccess<'de> for One<'_> {
    type Error = Nothing;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Nothing> {
        self.key.take().map(|key| seed.deserialize(StrDeserializer::new(key))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Nothing> {
        seed.deserialize(Probe { path: self.probe.path, seen: self.probe.seen })
    }
}

macro_rules! leaves {
    ($shape:expr => $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Nothing> {
            self.note(Seen::Leaf($shape))
        })*
    };
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Nothing;

    leaves!(Shape::Bool => deserialize_bool);
    leaves!(Shape::Number => deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8
        deserialize_u16 deserialize_u32 deserialize_u64);
    leaves!(Shape::Text => deserialize_any deserialize_str deserialize_string deserialize_char);
    leaves!(Shape::List => deserialize_seq);

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Nothing> {
        self.into_section(visitor, Seen::Section(fields))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Nothing> {
        self.into_section(visitor, Seen::Open)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Nothing> {
        self.note(Seen::Leaf(Shape::Choice(variants)))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Nothing> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Nothing> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        f32 f64 i128 u128 bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde::Deserialize;

    use super::*;
    use crate::settings::{DEFAULTS, file::File};

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape is read")]
    struct Sample {
        yes: bool,
        count: usize,
        name: String,
        maybe: Option<Word>,
        many: Vec<String>,
        inner: Inner,
        open: BTreeMap<String, Inner>,
    }

    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Inner {
        left: i64,
        right: u32,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Some,
        Other,
    }

    #[test]
    fn the_shape_is_that_of_the_type() {
        let inner = || Shape::Section(vec![("left", Shape::Number), ("right", Shape::Number)]);
        let expected = Shape::Section(vec![
            ("yes", Shape::Bool),
            ("count", Shape::Number),
            ("name", Shape::Text),
            ("maybe", Shape::Choice(&["some", "other"])),
            ("many", Shape::List),
            ("inner", inner()),
            ("open", Shape::Open(Box::new(inner()))),
        ]);
        assert_eq!(Shape::of::<Sample>(), expected);
        let _ = (Word::Some, Word::Other);
    }

    #[test]
    fn the_file_of_defaults_has_every_setting_and_no_other() {
        fn keys(table: &toml::Table, before: &str, found: &mut BTreeSet<String>) {
            for (key, value) in table {
                match value {
                    toml::Value::Table(below) if !below.is_empty() => keys(below, &format!("{before}{key}."), found),
                    _ => drop(found.insert(format!("{before}{key}"))),
                }
            }
        }
        let mut written = BTreeSet::new();
        keys(&DEFAULTS.parse().unwrap(), "", &mut written);
        let shape = Shape::of::<File>();
        let read: BTreeSet<String> = shape.leaves().into_iter().map(|(path, _)| path.join(".")).collect();
        assert_eq!(written, read);
        assert!(read.len() > 60, "{read:?}");
    }
}
