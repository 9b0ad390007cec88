//! SQL of stored and deleted files.

use freehold_db::statements;
use uuid::Uuid;

use super::{Deleted, File};
use crate::path::FileId;

statements! {
    /// A page of stored files.
    fn file_list(before: Uuid, rows: i64; tenant) -> File =
        "select id, name, content_type, size, sha256, created_at
         from freehold.files where tenant_id = $3 and id < $1 and state = 'stored' and listed
         order by id desc limit $2";

    /// One stored file.
    fn file_find(id: FileId; tenant) -> File =
        "select id, name, content_type, size, sha256, created_at
         from freehold.files where tenant_id = $2 and id = $1 and state = 'stored' and listed";

    /// Marks a stored file as one whose object is being deleted. The sweep continues when this program does not.
    fn file_delete(id: FileId; now, tenant) -> Deleted =
        "update freehold.files set state = 'deleting', due_at = $2
         where tenant_id = $3 and id = $1 and state = 'stored' and listed
         returning name, size, meter";

    /// Deletes the row of a file whose object was deleted.
    fn file_remove(id: FileId; tenant) -> () =
        "delete from freehold.files where tenant_id = $2 and id = $1 and state = 'deleting'";
}
