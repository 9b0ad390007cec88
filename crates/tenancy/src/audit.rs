//! The audit log: immutable entries, written in the transaction of the change that they record.
//!
//! Read in this order: [`freehold_db::audit`] writes entries, [`audit_list`] reads them; `chain` joins entries to the chain of their
//! tenant, whose hashes `record` defines and whose head `head` signs; `person` encrypts personal data; `renewal`
//! follows a change of the master key; `retention` deletes old entries; `export` writes a chain to a file, which
//! `verify` checks without a database.

mod chain;
mod export;
mod head;
mod person;
mod record;
mod renewal;
mod retention;
mod store;
mod verify;

use freehold_core::{Caller, Context, Page, PageRequest, Result, TenantId};
use freehold_db::{Db, audit::EntryId, row};
use freehold_vault::Vault;
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

pub use chain::{audit_chain, audit_late, tenant_chain};
pub(crate) use export::audit_files;
pub use export::{Export, Format, audit_head};
pub use head::{AUDIT_HEAD, Head, SignedHead};
pub use person::AUDIT_PERSON;
pub use record::Hash;
pub use renewal::audit_renew;
pub use retention::audit_cut;
pub use store::STATEMENTS;
pub use verify::{Broken, Expected, Verified, verify};

pub(crate) use person::person_erase;
use person::{Keys, Place, open_items};
use record::Item;

row! {
    pub(crate) struct EntryRow {
        pub(crate) entry_id: EntryId,
        at: Timestamp,
        actor_kind: String,
        actor_id: Option<Uuid>,
        action: String,
        subject: Option<String>,
        detail: String,
        before: Option<String>,
        after: Option<String>,
        personal: Option<Value>,
        sealed: Option<String>,
        number: Option<i64>,
        hash: Option<Vec<u8>>,
    }
}

/// An audit entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Id of the entry.
    pub entry_id: EntryId,
    /// When the change was made, UTC.
    pub at: Timestamp,
    /// Kind of actor: `user`, `key`, `service`, `operator` or `system`.
    pub actor_kind: String,
    /// Id of the user, API key, service key or operator; none for Freehold itself and for the server's command line.
    pub actor_id: Option<Uuid>,
    /// The kind of change, such as `member.role_changed`.
    pub action: String,
    /// The id or name of what was changed; none when the action has no subject.
    pub subject: Option<String>,
    /// Further facts about the change, as a JSON object.
    pub detail: Value,
    /// The values before the change, as a JSON object; none where nothing was changed.
    pub before: Option<Value>,
    /// The values after the change, as a JSON object; none where nothing was changed.
    pub after: Option<Value>,
    /// Network address of the client of the request; none when the change had no request, or after erasure.
    pub address: Option<String>,
    /// The `User-Agent` of the request; none when it had none, or after erasure.
    pub agent: Option<String>,
    /// The names of the values that were erased: `client.address`, `detail.email`.
    pub erased: Vec<String>,
    /// The number in the chain, from 1; none until the entry is chained.
    pub number: Option<i64>,
    /// The hash in the chain; none until the entry is chained.
    pub hash: Option<Vec<u8>>,
}

/// Which entries a list has. None selects all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// An action (`billing.state_changed`) or a prefix (`billing.*`).
    pub action: Option<String>,
    /// Id of the actor.
    pub actor: Option<Uuid>,
    /// Kind of actor.
    pub actor_kind: Option<String>,
    /// The id or name of what was changed.
    pub subject: Option<String>,
    /// Changes from this time on.
    pub since: Option<Timestamp>,
    /// Changes before this time.
    pub until: Option<Timestamp>,
}

/// A page of the entries of the caller's organization, newest first.
pub async fn audit_list(
    db: &Db,
    vault: &Vault,
    caller: &Caller,
    filter: &Filter,
    request: PageRequest,
) -> Result<Page<Entry>> {
    let row = store::FilterRow {
        action: filter.action.as_deref(),
        actor: filter.actor,
        actor_kind: filter.actor_kind.as_deref(),
        subject: filter.subject.as_deref(),
        since: filter.since,
        until: filter.until,
    };
    let rows = db.tenant(caller).fetch_all(store::audit_list(row, request.before(), request.rows())).await?;
    let Page { data, next_cursor } = request.page(rows, |entry| entry.entry_id);
    Ok(Page { data: entries_open(db, vault, caller, data).await?, next_cursor })
}

/// The entries of these rows, with the personal data whose keys exist.
pub(crate) async fn entries_open(db: &Db, vault: &Vault, caller: &Caller, rows: Vec<EntryRow>) -> Result<Vec<Entry>> {
    let keys = keys_load(db, vault, caller, &rows).await?;
    rows.into_iter().map(|row| Entry::open(row, caller.tenant(), &keys)).collect()
}

/// The keys of the personal data in these entries.
async fn keys_load(db: &Db, vault: &Vault, caller: &Caller, rows: &[EntryRow]) -> Result<Keys> {
    let mut persons = Vec::new();
    for row in rows {
        persons.extend(row.items()?.into_iter().map(|item| item.person));
    }
    persons.sort_unstable();
    persons.dedup();
    if persons.is_empty() {
        return Ok(Keys::default());
    }
    let rows = db.tenant(caller).fetch_all(store::persons_by_id(persons)).await?;
    Keys::read(vault, caller.tenant(), rows)
}

impl EntryRow {
    /// The encrypted personal data; nothing before the entry is chained.
    fn items(&self) -> Result<Vec<Item>> {
        let Some(sealed) = &self.sealed else { return Ok(Vec::new()) };
        serde_json::from_str(sealed).context("reading an audit entry")
    }
}

impl Entry {
    /// The entry with the personal data whose keys exist.
    fn open(row: EntryRow, tenant: TenantId, keys: &Keys) -> Result<Self> {
        let place = Place::new(tenant, row.entry_id.uuid());
        let items = row.items()?;
        let json = |text: String| serde_json::from_str(&text).context("reading an audit entry");
        let mut entry = Self {
            entry_id: row.entry_id,
            at: row.at,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            action: row.action,
            subject: row.subject,
            detail: json(row.detail)?,
            before: row.before.map(json).transpose()?,
            after: row.after.map(json).transpose()?,
            address: None,
            agent: None,
            erased: Vec::new(),
            number: row.number,
            hash: row.hash,
        };
        for open in open_items(row.personal)? {
            entry.put_all(open.values);
        }
        for item in items {
            match keys.readable(&place, &item)? {
                Some(readable) => entry.put_all(serde_json::from_str(readable.values.get()).unwrap_or_default()),
                None => entry.erased.extend(item.fields),
            }
        }
        Ok(entry)
    }

    fn put_all(&mut self, values: Map<String, Value>) {
        for (name, value) in values {
            let text = || value.as_str().map(str::to_owned);
            match name.split_once('.') {
                Some(("client", "address")) => self.address = text(),
                Some(("client", "agent")) => self.agent = text(),
                Some(("detail", field)) => put(&mut self.detail, field, value),
                Some(("before", field)) => self.before.iter_mut().for_each(|before| put(before, field, value.clone())),
                Some(("after", field)) => self.after.iter_mut().for_each(|after| put(after, field, value.clone())),
                _ => {}
            }
        }
    }
}

/// Sets a field of a JSON object.
fn put(object: &mut Value, field: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(field.to_owned(), value);
    }
}
