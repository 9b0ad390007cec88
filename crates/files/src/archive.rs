//! Archives: files that Freehold itself makes of an organization's data. They are written, read and deleted as files
//! are, but count in no meter, and the organization finds them through what made them, not among its files.

mod store;

use std::sync::Arc;

use freehold_core::{Caller, OptionExt, Result};
use freehold_db::{Db, TenantTx};

pub use store::STATEMENTS;

use crate::{
    file::File,
    path::FileId,
    storage::Storage,
    upload::{self, Upload, Uploaded},
};

/// Begins to write an archive with this name and content type. The caller of this function has checked who may.
///
/// # Errors
/// When the database does not answer.
pub async fn archive_begin(
    db: &Db,
    storage: &Storage,
    caller: Arc<Caller>,
    name: &str,
    content_type: &str,
) -> Result<Upload> {
    upload::archive_begin(db, storage, caller, name, content_type).await
}

/// Records an archive whose object is complete. After an error, or unless the transaction is committed,
/// [`Uploaded::abandon`] ends the upload.
///
/// # Errors
/// `conflict` when the sweep took the upload for one whose program had ended.
pub async fn archive_store(tx: &mut TenantTx, uploaded: &Uploaded) -> Result<File> {
    upload::archive_store(tx, uploaded).await
}

/// An archive of the caller's organization. The caller of this function has checked who may read it.
///
/// # Errors
/// `not_found`.
pub async fn archive_get(db: &Db, caller: &Caller, id: FileId) -> Result<File> {
    db.tenant(caller).fetch_optional(store::archive_find(id)).await?.or_not_found("archive")
}

/// Deletes an archive: it is gone when the transaction commits, and the sweep deletes the object and the row.
pub async fn archive_delete(tx: &mut TenantTx, id: FileId) -> Result<()> {
    tx.execute(store::archive_delete(id)).await.map(drop)
}
