//! Deletes all files of an organization that is erased: first each object, then its row, as for any deleted file. What
//! the file store has below the organization's path besides is deleted, too.

mod store;

use freehold_core::{Result, TenantId};
use freehold_db::{Db, row};
use freehold_metering::usage::usage_reservation_end;
use futures_util::TryStreamExt;
use jiff::SignedDuration;

pub use store::STATEMENTS;

use crate::{
    error::store_failed,
    path::{FileId, ObjectPath},
    storage::Storage,
};

/// When the sweep continues with a file, if this program ends before it is deleted.
const AGAIN: SignedDuration = SignedDuration::from_mins(5);

row! {
    struct Doomed {
        id: FileId,
        multipart: Option<String>,
    }
}

/// Deletes all files of an organization, and every object below its path. Returns the number of files.
///
/// # Errors
/// When the file store or the database does not answer; another call continues.
pub async fn tenant_files_erase(db: &Db, storage: &Storage, tenant: TenantId) -> Result<u64> {
    let mut erased = 0;
    loop {
        let claim = store::files_claim(tenant, db.clock().now() + AGAIN);
        let batch = db.system("erase the files of an organization").fetch_all(claim).await?;
        if batch.is_empty() {
            break;
        }
        for Doomed { id, multipart } in batch {
            usage_reservation_end(db, tenant, id.uuid()).await?;
            storage.delete(&ObjectPath::new(tenant, id), multipart.as_deref()).await?;
            db.system("erase the files of an organization").execute(store::file_forget(tenant, id)).await?;
            erased += 1;
        }
    }
    let mut objects = storage.list_of(tenant)?.map_err(|cause| store_failed(cause));
    while let Some(object) = objects.try_next().await? {
        if let Some((_, file)) = ObjectPath::read(&object.location) {
            storage.delete(&ObjectPath::new(tenant, file), None).await?;
        }
    }
    Ok(erased)
}
