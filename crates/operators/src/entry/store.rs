//! SQL of the record of operators.

use freehold_core::OperatorId;
use freehold_db::{params, statements};
use serde_json::Value;
use uuid::Uuid;

use super::{Entry, EntryId};

params! {
    /// An entry to write.
    pub(super) struct EntryRow<'a> {
        pub(super) id: EntryId,
        pub(super) operator: Option<OperatorId>,
        pub(super) action: &'a str,
        pub(super) subject: &'a str,
        pub(super) detail: Value,
        pub(super) address: Option<String>,
        pub(super) agent: Option<String>,
    }
}

statements! {
    /// Writes an entry.
    fn entry_insert(entry: EntryRow<'_>; now) -> () =
        "insert into freehold.operator_entries (entry_id, operator_id, action, subject, detail, address, agent, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)";

    /// A page of entries.
    fn entry_list(operator: Option<OperatorId>, before: Uuid, rows: i64) -> Entry =
        "select entry_id, at, operator_id, action, subject, detail, address, agent from freehold.operator_entries
         where ($1::uuid is null or operator_id = $1) and entry_id < $2 order by entry_id desc limit $3";
}
