//! The activity feed: the entries of the audit, in words, as far as their reader may know them.
//!
//! Each module declares its actions with their sentences ([`AuditAction`]) and says which permission a reader needs.
//! An action that no module declares is in no feed.

mod names;
mod sentence;
mod store;

use freehold_core::{Area, Caller, Page, PageRequest, Permission, Result, UserId};
use freehold_db::{Db, audit::EntryId, row};
use freehold_module::AuditAction;
use freehold_vault::Vault;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

pub use sentence::{Sentence, words_check};
pub use store::STATEMENTS;

use crate::audit::{Entry, entries_open};
use names::{Name, Names};

/// The permission to read the feed. Each entry also needs the permission that its action names.
pub const READ: Permission = Permission::read(Area::Organization);

/// A change in the organization, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Id of the audit entry, which is the id of the event about the same change.
    pub entry_id: EntryId,
    /// When the change was made, UTC.
    pub at: Timestamp,
    /// The kind of change, such as `key.created`.
    pub action: &'static str,
    /// Kind of actor: `user`, `key`, `service`, `operator` or `system`.
    pub actor_kind: String,
    /// Id of the user, or of the API key if the reader may list keys; none for other actors.
    pub actor_id: Option<Uuid>,
    /// Name of the actor: `Ada Lovelace`, `Deleted user`.
    pub actor_name: String,
    /// What happened: `Ada Lovelace created the API key “production”`.
    pub sentence: Sentence,
    /// Path of the page that shows what was changed; none: there is no page.
    pub page: Option<String>,
}

row! {
    struct UserRow {
        user_id: UserId,
        is_member: bool,
        email: Option<String>,
        name: Option<Value>,
        full_name: Option<Value>,
    }
}

/// Which entries a feed has. None selects all.
#[derive(Clone, Debug, Default)]
pub struct ActivityFilter {
    /// An action (`key.created`) or a prefix (`key.*`).
    pub action: Option<String>,
    /// Id of the actor.
    pub actor: Option<Uuid>,
    /// Changes from this time on.
    pub since: Option<Timestamp>,
    /// Changes before this time.
    pub until: Option<Timestamp>,
}

/// What a feed is made of: the actions of all modules, and the product's name, which stands for Freehold itself.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    /// The actions of all modules.
    pub actions: &'a [AuditAction],
    /// Name of the product.
    pub product: &'a str,
}

/// A page of the activity feed of the caller's organization, newest first.
///
/// # Errors
/// `permission_denied`.
pub async fn activity_list(
    db: &Db,
    vault: &Vault,
    caller: &Caller,
    declared: Declared<'_>,
    filter: &ActivityFilter,
    request: PageRequest,
) -> Result<Page<Activity>> {
    caller.allow(READ)?;
    let wanted = |action: &&AuditAction| filter.wants(action.name) && caller.allow(action.reader).is_ok();
    let actions: Vec<&AuditAction> = declared.actions.iter().filter(wanted).collect();
    let list = store::activity_list(
        actions.iter().map(|action| action.name.to_owned()).collect(),
        filter.actor,
        filter.since,
        filter.until,
        request.before(),
        request.rows(),
    );
    let page = request.page(db.tenant(caller).fetch_all(list).await?, |row| row.entry_id);
    let (rows, next_cursor) = (page.data, page.next_cursor);
    let mut entries = Vec::with_capacity(rows.len());
    for entry in entries_open(db, vault, caller, rows).await? {
        entries.extend(actions.iter().find(|action| action.name == entry.action).map(|action| (*action, entry)));
    }
    let names = Names::load(db, caller, declared.product, &entries).await?;
    let data = entries.iter().map(|(action, entry)| activity(action, entry, &names)).collect();
    Ok(Page { data, next_cursor })
}

impl ActivityFilter {
    fn wants(&self, action: &str) -> bool {
        match self.action.as_deref().map(|wanted| (wanted, wanted.strip_suffix('*'))) {
            None => true,
            Some((_, Some(begin))) if begin.ends_with('.') => action.starts_with(begin),
            Some((wanted, _)) => action == wanted,
        }
    }
}

/// An entry of the audit in words.
fn activity(action: &AuditAction, entry: &Entry, names: &Names) -> Activity {
    let actor = names.actor(entry);
    let by_oneself = actor.id.is_some_and(|id| entry.subject.as_deref() == Some(id.to_string().as_str()));
    let words = match (&*entry.actor_kind, by_oneself) {
        ("system", _) => action.words.by_itself,
        ("user", true) => action.words.to_oneself,
        _ => None,
    };
    let text = |name: &Name, is_first| if is_first { name.at_beginning() } else { name.to_string() };
    let sentence = Sentence::of(words.unwrap_or(action.words.usual), |place, is_first| match place {
        "actor" => text(&actor.name, is_first),
        "user" => text(&names.subject(entry), is_first),
        value => sentence::value(entry, value),
    });
    Activity {
        entry_id: entry.entry_id,
        at: entry.at,
        action: action.name,
        actor_kind: entry.actor_kind.clone(),
        actor_id: actor.id,
        actor_name: actor.name.at_beginning(),
        page: action.page.and_then(|path| page_path(path, entry.subject.as_deref())),
        sentence,
    }
}

/// The path of a page; none when it needs a subject that cannot stand in a path.
fn page_path(path: &str, subject: Option<&str>) -> Option<String> {
    if !path.contains("{subject}") {
        return Some(path.to_owned());
    }
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'_';
    let subject = subject.filter(|subject| !subject.is_empty() && subject.bytes().all(plain))?;
    Some(path.replace("{subject}", subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_names_an_action_or_a_prefix() {
        let filter = |action: &str| ActivityFilter { action: Some(action.to_owned()), ..ActivityFilter::default() };
        assert!(ActivityFilter::default().wants("key.created"));
        assert!(filter("key.created").wants("key.created") && filter("key.*").wants("key.created"));
        for other in ["key", "key.", "k*", "*", "member.*", "key.created.*", ""] {
            assert!(!filter(other).wants("key.created"), "{other}");
        }
    }

    #[test]
    fn a_page_is_named_by_a_subject_that_is_an_id() {
        assert_eq!(page_path("/keys", None).as_deref(), Some("/keys"));
        assert_eq!(page_path("/workflows/{subject}", Some("0193-7d0e")).as_deref(), Some("/workflows/0193-7d0e"));
        for subject in [None, Some(""), Some("../keys"), Some("a?b"), Some("ä")] {
            assert_eq!(page_path("/workflows/{subject}", subject), None, "{subject:?}");
        }
    }
}
