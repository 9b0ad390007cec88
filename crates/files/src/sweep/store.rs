//! SQL of the sweep.

use freehold_core::TenantId;
use freehold_db::statements;
use jiff::Timestamp;

use super::Due;
use crate::path::FileId;

statements! {
    /// Claims the file of all tenants that has been due for the longest. It is due again at `again_at`.
    fn due_claim(again_at: Timestamp; now) -> Due =
        "update freehold.files as f set state = 'deleting', due_at = $1
         from (
           select tenant_id, id from freehold.files where due_at <= $2 order by due_at limit 1 for update skip locked
         ) as d
         where f.tenant_id = d.tenant_id and f.id = d.id
         returning f.tenant_id, f.id, f.multipart";

    /// Deletes the row of a file whose object was deleted.
    fn due_remove(tenant: TenantId, id: FileId) -> () =
        "delete from freehold.files where tenant_id = $1 and id = $2 and state = 'deleting'";
}
