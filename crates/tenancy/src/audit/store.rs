//! SQL of audit entries.

use freehold_core::TenantId;
use freehold_db::statements;
use serde_json::Value;
use uuid::Uuid;

use super::{Entry, EntryId};

statements! {
    /// Writes an entry.
    fn audit_append(
        tenant: TenantId, id: EntryId, actor_kind: &str, actor: Option<Uuid>, action: &str, subject: Option<String>,
        detail: Value; now
    ) -> (bool,) = "select freehold.audit_append($1, $2, $3, $4, $5, $6, $7, $8) is null";

    /// A page of entries.
    fn audit_list(action: Option<&str>, before: Uuid, rows: i64; tenant) -> Entry =
        "select entry_id, at, actor_kind, actor_id, action, subject, detail
         from freehold.audit_entries
         where tenant_id = $4 and entry_id < $2
           and ($1 is null or action = $1 or (right($1, 2) = '.*' and starts_with(action, left($1, -1))))
         order by entry_id desc limit $3";
}
