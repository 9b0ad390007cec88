//! The settings of a module: an operator sets them, the module's jobs, hooks and handlers read them.
//!
//! They stand under `[product]` in `freehold.toml`, and in the environment as `FREEHOLD_PRODUCT_` and the name. A
//! module declares each as a constant of the type that it reads:
//!
//! ```
//! use freehold_module::{Module, Setting, Settings, TypedSetting};
//!
//! const REMIND_DAYS: TypedSetting<i64> = TypedSetting::number("remind_days", "Days before a reminder.", 7, 1, 30);
//! const MODULE: Module<()> = Module { settings: &[REMIND_DAYS.setting], ..Module::named("todo") };
//!
//! let settings = Settings::default();
//! assert_eq!(settings.get(&REMIND_DAYS), 7);
//! ```

use std::{collections::BTreeMap, fmt, sync::Arc};

use freehold_core::Secret;

/// A setting of a module.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key under `[product]`: lower case, digits and underscores. Unique over all modules, and not `name`.
    pub name: &'static str,
    /// What it is for, in whole sentences, with its unit.
    pub about: &'static str,
    /// The kind of its value, and the default.
    pub kind: SettingKind,
}

/// The kind of a value, and the default.
#[derive(Clone, Copy, Debug)]
pub enum SettingKind {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Number {
        /// Value when an operator sets none.
        default: i64,
        /// The lowest value.
        low: i64,
        /// The highest value.
        high: i64,
    },
    /// A text.
    Text(&'static str),
    /// One of these words.
    Choice {
        /// Word when an operator sets none.
        default: &'static str,
        /// All words that are accepted.
        words: &'static [&'static str],
    },
    /// A list of texts.
    List(&'static [&'static str]),
    /// A text that stands in the environment only and is never printed; not set by default.
    Secret,
}

/// The value of a setting.
#[derive(Clone, Debug)]
pub enum SettingValue {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A text, or one of the words of a choice.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
    /// A secret; none: it is not set.
    Secret(Option<Secret>),
}

impl SettingKind {
    /// The value of a setting that the operator leaves out.
    pub fn default_value(self) -> SettingValue {
        match self {
            Self::Flag(default) => SettingValue::Flag(default),
            Self::Number { default, .. } => SettingValue::Number(default),
            Self::Text(default) | Self::Choice { default, .. } => SettingValue::Text(default.to_owned()),
            Self::List(default) => SettingValue::List(default.iter().map(|&text| text.to_owned()).collect()),
            Self::Secret => SettingValue::Secret(None),
        }
    }
}

/// A setting with the type of its value.
pub struct TypedSetting<T> {
    /// The setting, for [`Module::settings`](crate::Module::settings).
    pub setting: Setting,
    read: fn(SettingValue) -> Option<T>,
}

impl TypedSetting<bool> {
    /// A setting that is true or false.
    pub const fn flag(name: &'static str, about: &'static str, default: bool) -> Self {
        let read = |value| if let SettingValue::Flag(flag) = value { Some(flag) } else { None };
        Self { setting: Setting { name, about, kind: SettingKind::Flag(default) }, read }
    }
}

impl TypedSetting<i64> {
    /// A whole number from `low` to `high`.
    pub const fn number(name: &'static str, about: &'static str, default: i64, low: i64, high: i64) -> Self {
        let read = |value| if let SettingValue::Number(number) = value { Some(number) } else { None };
        Self { setting: Setting { name, about, kind: SettingKind::Number { default, low, high } }, read }
    }
}

impl TypedSetting<String> {
    /// A text.
    pub const fn text(name: &'static str, about: &'static str, default: &'static str) -> Self {
        Self { setting: Setting { name, about, kind: SettingKind::Text(default) }, read: text_of }
    }

    /// One of these words.
    pub const fn choice(
        name: &'static str,
        about: &'static str,
        default: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        Self { setting: Setting { name, about, kind: SettingKind::Choice { default, words } }, read: text_of }
    }
}

impl TypedSetting<Vec<String>> {
    /// A list of texts.
    pub const fn list(name: &'static str, about: &'static str, default: &'static [&'static str]) -> Self {
        let read = |value| if let SettingValue::List(list) = value { Some(list) } else { None };
        Self { setting: Setting { name, about, kind: SettingKind::List(default) }, read }
    }
}

impl TypedSetting<Option<Secret>> {
    /// A secret, which stands in the environment only; none: it is not set.
    pub const fn secret(name: &'static str, about: &'static str) -> Self {
        let read = |value| if let SettingValue::Secret(secret) = value { Some(secret) } else { None };
        Self { setting: Setting { name, about, kind: SettingKind::Secret }, read }
    }
}

fn text_of(value: SettingValue) -> Option<String> {
    if let SettingValue::Text(text) = value { Some(text) } else { None }
}

/// The settings of all modules, as the operator set them. Cheap to clone.
#[derive(Clone, Default)]
pub struct Settings(Arc<BTreeMap<&'static str, SettingValue>>);

impl FromIterator<(&'static str, SettingValue)> for Settings {
    fn from_iter<I: IntoIterator<Item = (&'static str, SettingValue)>>(values: I) -> Self {
        Self(Arc::new(values.into_iter().collect()))
    }
}

impl Settings {
    /// The value of a setting, or its default.
    pub fn get<T: Default>(&self, setting: &TypedSetting<T>) -> T {
        let kind = setting.setting.kind;
        let set = self.0.get(setting.setting.name).cloned().and_then(setting.read);
        // The constructors give every default the type that is read.
        set.or_else(|| (setting.read)(kind.default_value())).unwrap_or_default()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
