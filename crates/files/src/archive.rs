//! Archives: files that Freehold itself makes of an organization's data. They are written, read and deleted as files
//! are, but count in no meter, and the organization finds them through what made them, not among its files.

mod store;

use freehold_core::{Caller, OptionExt, Result};
use freehold_db::{Db, TenantTx};

pub use store::STATEMENTS;

pub use crate::upload::{archive_begin, archive_store};
use crate::{file::File, path::FileId};

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
