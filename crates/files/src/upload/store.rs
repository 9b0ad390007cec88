//! SQL of uploads.

use freehold_core::TenantId;
use freehold_db::{params, statements};
use jiff::Timestamp;

use crate::{file::File, path::FileId};

params! {
    /// An upload that begins.
    pub(super) struct UploadRow {
        pub(super) tenant: TenantId,
        pub(super) id: FileId,
        pub(super) name: String,
        pub(super) content_type: String,
        pub(super) meter: String,
        pub(super) listed: bool,
        pub(super) due_at: Timestamp,
    }
}

statements! {
    /// Inserts a file whose object is being written.
    fn upload_insert(row: UploadRow; now) -> () =
        "insert into freehold.files (tenant_id, id, name, content_type, state, meter, listed, due_at, created_at)
         values ($1, $2, $3, $4, 'uploading', $5, $6, $7, $8)";

    /// Moves on the time at which an upload is due.
    fn upload_renew(id: FileId, due_at: Timestamp, multipart: Option<String>; tenant) -> () =
        "update freehold.files set due_at = $2, multipart = coalesce($3, multipart)
         where tenant_id = $4 and id = $1 and state = 'uploading'";

    /// Marks an upload as one whose object is being deleted.
    fn upload_abandon(id: FileId; now, tenant) -> () =
        "update freehold.files set state = 'deleting', due_at = $2
         where tenant_id = $3 and id = $1 and state = 'uploading'";

    /// Makes an uploaded file a stored one.
    fn file_store(id: FileId, size: i64, sha256: Vec<u8>; tenant) -> File =
        "update freehold.files set state = 'stored', size = $2, sha256 = $3, multipart = null, due_at = null
         where tenant_id = $4 and id = $1 and state = 'uploading'
         returning id, name, content_type, size, sha256, created_at";
}
