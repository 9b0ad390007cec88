//! The audit log: immutable entries, written in the transaction of the change that they record.
//!
//! Crates that do not depend on this one write entries with `freehold.audit_append` in the database. Entries are not
//! chained by digests yet: the owner of the database can change them unnoticed.

mod store;

use std::fmt::Display;

use freehold_core::{Caller, Id, Kind, Page, PageRequest, Result, TenantId, UserId};
use freehold_db::{Db, SystemTx, TenantTx, row};
use freehold_jobs::outbox::EventId;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

pub use store::STATEMENTS;

/// Id of an audit entry.
pub type EntryId = Id<EntryKind>;

/// The kind of [`EntryId`].
pub enum EntryKind {}
impl Kind for EntryKind {
    const NAME: &'static str = "audit entry";
}

row! {
    /// An audit entry.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Entry {
        /// Id of the entry.
        pub entry_id: EntryId,
        /// When the change was made, UTC.
        pub at: Timestamp,
        /// Kind of actor: `user`, `key`, `service` or `system`.
        pub actor_kind: String,
        /// Id of the user, API key or service key; none for Freehold itself.
        pub actor_id: Option<Uuid>,
        /// The kind of change, such as `member.role_changed`.
        pub action: String,
        /// The id or name of what was changed; none when the action has no subject.
        pub subject: Option<String>,
        /// Further facts about the change, as a JSON object.
        pub detail: Value,
    }
}

/// An audit entry to write.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// Id of the entry; later entries have greater ids.
    pub id: EntryId,
    /// The kind of change, in lower case with dots, such as `member.role_changed`.
    pub action: &'static str,
    /// The id or name of what is changed; none when the action has no subject.
    pub subject: Option<String>,
    /// Further facts about the change, as a JSON object without secrets.
    pub detail: Value,
}

impl NewEntry {
    /// The entry for an action that an event announces. It has the event's id.
    pub fn of_event(event: EventId, action: &'static str, subject: impl Display, detail: Value) -> Self {
        Self { id: Id::new(event.uuid()), action, subject: Some(subject.to_string()), detail }
    }
}

/// Records an action of the transaction's caller.
pub async fn audit_append(tx: &mut TenantTx, new: NewEntry) -> Result<()> {
    let NewEntry { id, action, subject, detail } = new;
    let (tenant, actor) = (tx.caller().tenant(), tx.caller().actor());
    let append = store::audit_append(tenant, id, actor.kind(), actor.id(), action, subject, detail);
    tx.fetch_one(append).await.map(drop)
}

/// Records an action of a user who is, or just became, a member of `tenant`.
pub(crate) async fn audit_append_person(
    tx: &mut SystemTx,
    tenant: TenantId,
    user: UserId,
    new: NewEntry,
) -> Result<()> {
    let NewEntry { id, action, subject, detail } = new;
    let append = store::audit_append(tenant, id, "user", Some(user.uuid()), action, subject, detail);
    tx.fetch_one(append).await.map(drop)
}

/// A page of the entries of the caller's organization, newest first. `action` selects an action
/// (`billing.state_changed`) or a prefix (`billing.*`).
pub async fn audit_list(db: &Db, caller: &Caller, action: Option<&str>, request: PageRequest) -> Result<Page<Entry>> {
    let rows = db.tenant(caller).fetch_all(store::audit_list(action, request.before(), request.rows())).await?;
    Ok(request.page(rows, |entry| entry.entry_id))
}
