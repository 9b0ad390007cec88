//! The effect of a test's job.

use freehold_core::TenantId;
use freehold_db::statements;

statements! {
    /// Inserts a note.
    fn note_insert(tenant: TenantId, body: &str) -> () = "insert into it.notes (tenant_id, body) values ($1, $2)";
}
