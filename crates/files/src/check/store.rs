//! SQL of the comparison of files with their objects.

use freehold_core::TenantId;
use freehold_db::statements;
use uuid::Uuid;

use super::{Key, Stored};
use crate::path::FileId;

statements! {
    /// Those of these files that have a row, in any state.
    fn keys_known(tenants: Vec<Uuid>, ids: Vec<Uuid>) -> Key =
        "select f.tenant_id, f.id from unnest($1::uuid[], $2::uuid[]) as k (tenant_id, id)
         join freehold.files as f on f.tenant_id = k.tenant_id and f.id = k.id";

    /// A page of the stored files of all tenants.
    fn stored_list(after_tenant: Uuid, after_id: Uuid, rows: i64) -> Stored =
        "select tenant_id, id, name, size from freehold.files
         where (tenant_id, id) > ($1, $2) and state = 'stored'
         order by tenant_id, id limit $3";

    /// A stored file.
    fn stored_find(tenant: TenantId, id: FileId) -> Key =
        "select tenant_id, id from freehold.files where tenant_id = $1 and id = $2 and state = 'stored'";
}
