//! SQL of the erasure of files.

use freehold_core::TenantId;
use freehold_db::statements;
use jiff::Timestamp;

use super::Doomed;
use crate::path::FileId;

statements! {
    /// Claims files of an organization. The sweep continues with them at `again_at`.
    fn files_claim(tenant: TenantId, again_at: Timestamp) -> Doomed =
        "update freehold.files set state = 'deleting', due_at = $2
         where tenant_id = $1 and id in (select id from freehold.files where tenant_id = $1 limit 100)
         returning id, multipart";

    /// Deletes the row of a file whose object was deleted.
    fn file_forget(tenant: TenantId, id: FileId) -> () = "delete from freehold.files where tenant_id = $1 and id = $2";
}
