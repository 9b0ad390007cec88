//! The record of what operators did. Entries are never changed or deleted: the database refuses it.

mod store;

use std::fmt::Display;

use freehold_core::{Id, Kind, OperatorId, Page, PageRequest, Result};
use freehold_db::{Db, SystemTx, row};
use freehold_identity::session::Client;
use jiff::Timestamp;
use serde_json::{Value, json};

pub use store::STATEMENTS;

/// Id of an entry.
pub type EntryId = Id<EntryKind>;

/// The kind of [`EntryId`].
pub enum EntryKind {}
impl Kind for EntryKind {
    const NAME: &'static str = "entry";
}

row! {
    /// An entry of the record.
    #[derive(Clone, Debug)]
    pub struct Entry {
        /// Id of the entry.
        pub entry_id: EntryId,
        /// When it was done, UTC.
        pub at: Timestamp,
        /// Id of the operator; none for the server's command line.
        pub operator_id: Option<OperatorId>,
        /// What was done, such as `tenant.suspended`.
        pub action: String,
        /// The id or name of what was changed.
        pub subject: Option<String>,
        /// Further facts, as a JSON object.
        pub detail: Value,
        /// Network address of the operator's client; none for the command line.
        pub address: Option<String>,
        /// The `User-Agent` of the operator's client; none when it sent none.
        pub agent: Option<String>,
    }
}

/// An entry to write.
#[derive(Clone, Debug)]
pub struct NewOperatorEntry {
    operator: Option<OperatorId>,
    action: &'static str,
    subject: String,
    detail: Value,
    client: Client,
}

impl NewOperatorEntry {
    /// An entry about an action, in lower case with dots, at the server's command line. `subject` is the id or name of
    /// what is changed.
    pub fn new(action: &'static str, subject: impl Display) -> Self {
        let subject = subject.to_string();
        Self { operator: None, action, subject, detail: json!({}), client: Client::default() }
    }

    /// The same by an operator, from this client.
    #[must_use]
    pub fn by(self, operator: OperatorId, client: &Client) -> Self {
        Self { operator: Some(operator), client: client.clone(), ..self }
    }

    /// With further facts, as a JSON object without secrets.
    #[must_use]
    pub fn detail(self, detail: Value) -> Self {
        Self { detail, ..self }
    }
}

/// Writes an entry in the transaction of the change.
pub async fn entry_note(tx: &mut SystemTx, new: NewOperatorEntry) -> Result<()> {
    let NewOperatorEntry { operator, action, subject, detail, client } = new;
    let id: EntryId = tx.id();
    let insert = store::entry_insert(store::EntryRow {
        id,
        operator,
        action,
        subject: &subject,
        detail,
        address: client.address(),
        agent: client.agent(),
    });
    tx.execute(insert).await.map(drop)
}

/// A page of the entries, newest first; with `operator`, only those of that operator.
pub async fn entry_list(db: &Db, operator: Option<OperatorId>, page: PageRequest) -> Result<Page<Entry>> {
    let list = store::entry_list(operator, page.before(), page.rows());
    let rows = db.system("list what operators did").fetch_all(list).await?;
    Ok(page.page(rows, |entry| entry.entry_id))
}
