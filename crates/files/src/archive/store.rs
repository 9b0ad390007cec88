//! SQL of archives.

use freehold_db::statements;

use crate::{file::File, path::FileId};

statements! {
    /// One stored archive.
    fn archive_find(id: FileId; tenant) -> File =
        "select id, name, content_type, size, sha256, created_at
         from freehold.files where tenant_id = $2 and id = $1 and state = 'stored' and not listed";

    /// Marks a stored archive as one whose object is to be deleted, for the sweep.
    fn archive_delete(id: FileId; now, tenant) -> () =
        "update freehold.files set state = 'deleting', due_at = $2
         where tenant_id = $3 and id = $1 and state = 'stored' and not listed";
}
