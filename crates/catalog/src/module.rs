//! What a plan switches on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::read::{Section, Value, suggest};

/// A part of the product that some plans have and others do not: advanced analytics, prescriptions, a file format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// What the code asks for: `advanced_analytics`.
    pub id: String,
    /// What people read: `Advanced analytics`.
    pub name: String,
}

impl Module {
    /// Reads `[modules]`, in the order of the file. Also answers the ids of those it could not read, so that a plan
    /// that names one is not blamed for it.
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
    /// Every module of the product, those added later included.
    All,
    /// These, by id.
    Only(BTreeSet<String>),
}

impl Default for Modules {
    fn default() -> Self {
        Self::Only(BTreeSet::new())
    }
}

impl Modules {
    /// Whether the module is switched on.
    pub fn contains(&self, id: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(id),
        }
    }

    /// Reads `modules = "all"` or `modules = ["inventory"]`; nothing said means none.
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
                    "{}: there is no module {id:?} — {}",
                    item.place(),
                    suggest::or_one_of(id, declared, "declare it under [modules]")
                )),
                Some(id) if !ids.insert(id.to_owned()) => {
                    item.say(&format!("{}: module {id:?} is named twice — once is enough", item.place()));
                }
                Some(_) => {}
            }
        }
        Self::Only(ids)
    }
}
