//! Modules: what a plan switches on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::read::{Section, Value, suggest};

/// A part of the product that only some plans include, such as advanced analytics or a file format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Id of the module in code, such as `advanced_analytics`.
    pub id: String,
    /// Display name, such as `Advanced analytics`.
    pub name: String,
}

impl Module {
    /// Reads `[modules]`, in the order of the file. Also returns the ids of invalid modules, so that a plan which names
    /// one gets no further error.
    pub(crate) fn read_all<'t>(file: &Section<'t>) -> (Vec<Self>, Vec<&'t str>) {
        let values = file.named("modules", "module");
        let ids = values.iter().map(Value::key).collect();
        let read = |value: &Value<'_>| {
            let id = value.id()?;
            let name = value.text("expected its name, a text such as \"Advanced analytics\"")?;
            Some(Self { id: id.to_owned(), name: name.to_owned() })
        };
        (values.iter().filter_map(read).collect(), ids)
    }
}

/// The modules of a plan. As JSON: `"all"` or `{"only":["inventory","sales"]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Modules {
    /// Every module of the product, including future ones.
    All,
    /// The modules with these ids.
    Only(BTreeSet<String>),
}

impl Default for Modules {
    fn default() -> Self {
        Self::Only(BTreeSet::new())
    }
}

impl Modules {
    /// Whether the module is included.
    pub fn contains(&self, id: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(id),
        }
    }

    /// Reads `modules = "all"` or `modules = ["inventory"]`; none by default.
    pub(crate) fn read(section: &Section<'_>, declared: &[&str]) -> Self {
        const EXPECTED: &str = r#"expected "all" or a list of modules such as ["inventory"]"#;
        let Some(value) = section.get("modules") else { return Self::default() };
        if value.as_text() == Some("all") {
            return Self::All;
        }
        let Some(items) = value.items() else {
            value.refuse(EXPECTED);
            return Self::default();
        };
        let mut ids = BTreeSet::new();
        for item in items {
            match item.as_text() {
                None => item.refuse(EXPECTED),
                Some(id) if !declared.contains(&id) => item.say(&format!(
                    "{}: unknown module {id:?} — {}",
                    item.place(),
                    suggest::or_one_of(id, declared, "declare it under [modules]")
                )),
                Some(id) if !ids.insert(id.to_owned()) => {
                    item.say(&format!("{}: module {id:?} is listed twice — remove one", item.place()));
                }
                Some(_) => {}
            }
        }
        Self::Only(ids)
    }
}
