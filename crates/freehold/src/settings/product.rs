//! The settings of the running product, which its modules declare: `[product]`.

use std::collections::BTreeMap;

use freehold_core::Secret;
use freehold_module::{Setting, SettingKind, SettingValue, Settings};
use toml::Value;

use super::{
    near::nearest,
    shape::Shape,
    variables::{Environment, value, variable},
};

/// The section of the settings file.
pub(super) const SECTION: &str = "product";
/// The key of that section with the product's name, which `product = "voice"` gives as well.
pub(super) const NAME: &str = "name";

/// The declared settings, and their values so far.
pub(super) struct ProductLayer<O> {
    /// The values in the file, until it is known which product runs.
    pub(super) written: Vec<(String, Value, O)>,
    declared: Vec<Setting>,
    values: BTreeMap<&'static str, (SettingValue, O)>,
}

impl<O> Default for ProductLayer<O> {
    fn default() -> Self {
        Self { written: Vec::new(), declared: Vec::new(), values: BTreeMap::new() }
    }
}

impl<O: Clone + std::fmt::Display> ProductLayer<O> {
    /// Reads what the file has of these settings. Returns the mistakes with their sources.
    pub(super) fn declare(&mut self, declared: Vec<Setting>) -> Vec<(O, String)> {
        self.declared = declared;
        let mut mistakes = Vec::new();
        for (key, value, origin) in std::mem::take(&mut self.written) {
            match self.of_file(&key, &value) {
                Ok((name, value)) => drop(self.values.insert(name, (value, origin))),
                Err(problem) => mistakes.push((origin.clone(), format!("{origin}: {problem}"))),
            }
        }
        mistakes
    }

    fn of_file(&self, key: &str, value: &Value) -> Result<(&'static str, SettingValue), String> {
        let Some(setting) = self.declared.iter().find(|setting| setting.name == key) else {
            let names = || self.declared.iter().map(|setting| setting.name).chain([NAME]);
            let hint = match nearest(key, names()) {
                Some(meant) => format!("Did you mean {meant}?"),
                None => format!("There are {}.", names().collect::<Vec<_>>().join(", ")),
            };
            return Err(format!("there is no setting {key} in [{SECTION}]. {hint}"));
        };
        if matches!(setting.kind, SettingKind::Secret) {
            return Err(format!(
                "{key} in [{SECTION}] is a secret, and secrets stand in the environment, not in a file. Set {} there.",
                variable_of(setting)
            ));
        }
        let expected = |expected| format!("{key} in [{SECTION}] is {value}. {expected}");
        read(setting.kind, value).map(|value| (setting.name, value)).map_err(expected)
    }

    /// The names of the variables.
    pub(super) fn variables(&self) -> Vec<String> {
        self.declared.iter().map(variable_of).collect()
    }

    /// Reads the environment; `origin` makes a source of a variable's name. Returns the mistakes.
    pub(super) fn environment(&mut self, environment: &Environment, origin: fn(String) -> O) -> Vec<String> {
        let mut mistakes = Vec::new();
        for setting in &self.declared {
            let name = variable_of(setting);
            let Some(text) = environment.get(&name) else { continue };
            let found = value(text, &shape_of(setting.kind)).and_then(|value| read(setting.kind, &value));
            match found {
                Ok(value) => drop(self.values.insert(setting.name, (value, origin(name)))),
                Err(expected) => mistakes.push(format!("{name} is {text:?}. {expected}")),
            }
        }
        mistakes
    }

    /// Every setting with its value and its source; none: the default. Secrets are left out.
    pub(super) fn every(&self) -> Vec<(String, String, Option<O>)> {
        let row = |setting: &Setting| {
            let set = self.values.get(setting.name);
            let value = set.map_or_else(|| setting.kind.default_value(), |(value, _)| value.clone());
            Some((format!("{SECTION}.{}", setting.name), shown(value)?, set.map(|(_, origin)| origin.clone())))
        };
        self.declared.iter().filter_map(row).collect()
    }

    /// The variables of the secrets, and whether each is set.
    pub(super) fn secrets(&self) -> Vec<(String, bool)> {
        let secrets = self.declared.iter().filter(|setting| matches!(setting.kind, SettingKind::Secret));
        secrets.map(|setting| (variable_of(setting), self.values.contains_key(setting.name))).collect()
    }

    /// The settings, for the modules.
    pub(super) fn settings(&self) -> Settings {
        self.values.iter().map(|(name, (value, _))| (*name, value.clone())).collect()
    }
}

fn variable_of(setting: &Setting) -> String {
    variable(&[SECTION.to_owned(), setting.name.to_owned()])
}

fn shape_of(kind: SettingKind) -> Shape {
    match kind {
        SettingKind::Flag(_) => Shape::Bool,
        SettingKind::Number { .. } => Shape::Number,
        SettingKind::Text(_) | SettingKind::Secret => Shape::Text,
        SettingKind::Choice { words, .. } => Shape::Choice(words),
        SettingKind::List(_) => Shape::List,
    }
}

/// The value of this kind; an error says what is expected.
fn read(kind: SettingKind, value: &Value) -> Result<SettingValue, String> {
    let read = match (kind, value) {
        (SettingKind::Flag(_), Value::Boolean(flag)) => Some(SettingValue::Flag(*flag)),
        (SettingKind::Number { low, high, .. }, Value::Integer(number)) => {
            if !(low..=high).contains(number) {
                return Err(format!("Write a whole number between {low} and {high}."));
            }
            Some(SettingValue::Number(*number))
        }
        (SettingKind::Text(_), Value::String(text)) => Some(SettingValue::Text(text.clone())),
        (SettingKind::Choice { words, .. }, Value::String(text)) if words.contains(&text.as_str()) => {
            Some(SettingValue::Text(text.clone()))
        }
        (SettingKind::List(_), Value::Array(items)) => {
            let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            texts.map(SettingValue::List)
        }
        (SettingKind::Secret, Value::String(text)) => Some(SettingValue::Secret(Some(Secret::new(text.as_str())))),
        _ => None,
    };
    read.ok_or_else(|| shape_of(kind).expected())
}

/// The value as it stands in the file; none for a secret.
fn shown(value: SettingValue) -> Option<String> {
    Some(match value {
        SettingValue::Flag(flag) => Value::Boolean(flag).to_string(),
        SettingValue::Number(number) => number.to_string(),
        SettingValue::Text(text) => Value::String(text).to_string().replace('\n', " "),
        SettingValue::List(texts) => Value::Array(texts.into_iter().map(Value::String).collect()).to_string(),
        SettingValue::Secret(_) => return None,
    })
}
