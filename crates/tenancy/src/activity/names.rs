//! The names of those who act, and of the users on whom they act.

use std::{collections::BTreeMap, fmt};

use freehold_core::{Area, Caller, Permission, Result, visible_line};
use freehold_db::Db;
use freehold_module::AuditAction;
use serde_json::Value;
use uuid::Uuid;

use super::{UserRow, store};
use crate::audit::Entry;

/// Longest name in a sentence, in characters.
const LONGEST: usize = 80;

/// A name, or what stands for a missing one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// The name of a user or the product.
    Known(String),
    /// The name of an API key.
    Key(String),
    /// Words in place of a name: `an API key`.
    Words(&'static str),
}

/// Who acts.
pub(super) struct Actor {
    /// Id of the user or the API key, if the reader may know it.
    pub(super) id: Option<Uuid>,
    pub(super) name: Name,
}

/// The names in the sentences of a page.
pub(super) struct Names {
    users: BTreeMap<Uuid, UserRow>,
    /// None: the reader may not list keys.
    keys: Option<BTreeMap<Uuid, String>>,
    product: String,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(name) => f.write_str(name),
            Self::Key(name) => write!(f, "the API key “{name}”"),
            Self::Words(words) => f.write_str(words),
        }
    }
}

impl Name {
    /// The name at the beginning of a sentence. What users call themselves stays as it is.
    pub(super) fn at_beginning(&self) -> String {
        let text = self.to_string();
        let mut letters = text.chars();
        match (self, letters.next()) {
            (Self::Known(_), _) | (_, None) => text,
            (_, Some(first)) => first.to_uppercase().chain(letters).collect(),
        }
    }
}

impl Names {
    /// The names that the sentences of these entries need.
    pub(super) async fn load(
        db: &Db,
        caller: &Caller,
        product: &str,
        entries: &[(&AuditAction, Entry)],
    ) -> Result<Self> {
        let of_kind = |kind: &'static str| {
            entries.iter().filter(move |(_, entry)| entry.actor_kind == kind).filter_map(|(_, entry)| entry.actor_id)
        };
        let subjects = entries
            .iter()
            .filter(|(action, _)| action.words.all().any(|words| words.contains("{user}")))
            .filter_map(|(_, entry)| subject_id(entry));
        let users: Vec<Uuid> = of_kind("user").chain(subjects).collect();
        let system = db.system("name the users of an activity feed");
        let users = system.fetch_all(store::user_names(caller.tenant(), distinct(users))).await?;
        let keys = if caller.allow(Permission::read(Area::Keys)).is_ok() {
            let named = store::key_names(caller.tenant(), distinct(of_kind("key").collect()));
            Some(db.tenant(caller).fetch_all(named).await?.into_iter().collect())
        } else {
            None
        };
        let users = users.into_iter().map(|row| (row.user_id.uuid(), row)).collect();
        Ok(Self { users, keys, product: product.to_owned() })
    }

    pub(super) fn actor(&self, entry: &Entry) -> Actor {
        match (entry.actor_kind.as_str(), entry.actor_id) {
            ("user", Some(id)) => Actor { id: Some(id), name: self.user(id) },
            ("key", Some(id)) => self.key(id),
            ("service", _) => Actor { id: None, name: Name::Words("the application") },
            ("operator", _) => Actor { id: None, name: Name::Words("an operator") },
            _ => Actor { id: None, name: Name::Known(self.product.clone()) },
        }
    }

    /// The user whose id is the subject of the entry.
    pub(super) fn subject(&self, entry: &Entry) -> Name {
        subject_id(entry).map_or(Name::Words("a user"), |id| self.user(id))
    }

    /// The name of a user. Former members are named by what they call themselves, never by their present address.
    fn user(&self, id: Uuid) -> Name {
        let Some(user) = self.users.get(&id) else { return Name::Words("deleted user") };
        let own = [&user.name, &user.full_name].into_iter().flatten().filter_map(Value::as_str).find_map(shown);
        let email = || user.email.as_deref().filter(|_| user.is_member).and_then(shown);
        match own.or_else(email) {
            Some(name) => Name::Known(name),
            None if user.is_member => Name::Words("a member without an address"),
            None => Name::Words("a former member"),
        }
    }

    fn key(&self, id: Uuid) -> Actor {
        let Some(keys) = &self.keys else { return Actor { id: None, name: Name::Words("an API key") } };
        let name = keys.get(&id).and_then(|name| shown(name));
        let name = name.map_or(Name::Words("an API key"), Name::Key);
        Actor { id: Some(id), name }
    }
}

/// The text on one line, without characters that cannot be seen; none when nothing is left.
fn shown(text: &str) -> Option<String> {
    let line: String = visible_line(text).chars().take(LONGEST).collect();
    (!line.is_empty()).then_some(line)
}

fn subject_id(entry: &Entry) -> Option<Uuid> {
    entry.subject.as_deref()?.parse().ok()
}

fn distinct(mut ids: Vec<Uuid>) -> Vec<Uuid> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
