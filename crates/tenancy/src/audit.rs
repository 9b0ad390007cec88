//! Who did what: entries that nobody changes, written in the transaction of the change that they tell of.
//!
//! Rooms that know nothing of this one write them with `freehold.audit_append` in the database. Entries are not yet chained
//! by their digests: whoever owns the database can still change them unseen.

mod store;

use freehold_core::{Caller, Id, Kind, Page, PageRequest, Result, TenantId, UserId};
use freehold_db::{Db, SystemTx, TenantTx, row};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

pub use store::STATEMENTS;

/// Names an entry.
pub type EntryId = Id<EntryKind>;

/// The kind of [`EntryId`].
pub enum EntryKind {}
impl Kind for EntryKind {
    const NAME: &'static str = "audit entry";
}

row! {
    /// One entry.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Entry {
        /// Which.
        pub entry_id: EntryId,
        /// When it happened.
        pub at: Timestamp,
        /// `user`, `key` or `system`.
        pub actor_kind: String,
        /// Which person or key; none: Freehold itself.
        pub actor_id: Option<Uuid>,
        /// What happened to what: `member.role_changed`.
        pub action: String,
        /// To what or whom.
        pub subject: Option<String>,
        /// What else is known of it.
        pub detail: Value,
    }
}

/// An entry to be written.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// Its id; ids of later entries are greater.
    pub id: EntryId,
    /// What happened to what, in lower case, with dots: `member.role_changed`.
    pub action: &'static str,
    /// To what or whom: an id, or a name.
    pub subject: Option<String>,
    /// What else is worth knowing, as a JSON object; never a secret.
    pub detail: Value,
}

/// Writes down what the caller does, in the transaction in which he does it.
pub async fn audit_append(tx: &mut TenantTx, caller: &Caller, new: NewEntry, now: Timestamp) -> Result<()> {
    let NewEntry { id, action, subject, detail } = new;
    let (tenant, actor) = (caller.tenant(), caller.actor());
    let append = store::audit_append(tenant, id, actor.kind(), actor.id(), action, subject, detail, now);
    tx.fetch_one(append).await.map(drop)
}

/// Writes down what a person does who is, or just became, a member of `tenant`.
pub(crate) async fn audit_append_person(
    tx: &mut SystemTx,
    tenant: TenantId,
    user: UserId,
    new: NewEntry,
    now: Timestamp,
) -> Result<()> {
    let NewEntry { id, action, subject, detail } = new;
    let append = store::audit_append(tenant, id, "user", Some(user.uuid()), action, subject, detail, now);
    tx.fetch_one(append).await.map(drop)
}

/// A page of the entries of the caller's organization, the newest first. `action`: only these, such as
/// `billing.state_changed`, or those that begin so, such as `billing.*`.
pub async fn audit_list(db: &Db, caller: &Caller, action: Option<&str>, request: PageRequest) -> Result<Page<Entry>> {
    let rows = db.tenant(caller).fetch_all(store::audit_list(action, request.before(), request.rows())).await?;
    Ok(request.page(rows, |entry| entry.entry_id))
}
