//! Deletes the objects of deleted files and of uploads that ended without a word, every minute. What a program that
//! ended left between the database and the file store is complete after it: first the object goes, then the row.

mod store;

use std::time::Duration;

use freehold_core::{Result, TenantId};
use freehold_db::{Db, row};
use freehold_jobs::{Done, Handler, JobKind, Schedule};
use freehold_metering::usage::{usage_reservation_end, usage_sweep};
use jiff::SignedDuration;

pub use store::STATEMENTS;

use crate::{
    path::{FileId, ObjectPath},
    storage::Storage,
};

/// Deletes what is due.
pub const SWEEP: JobKind = JobKind::maintenance("files.sweep");

/// The sweep runs every minute.
pub const SCHEDULE: Schedule = Schedule { name: SWEEP.name, every: Duration::from_mins(1), kind: &SWEEP };

/// When a file whose object could not be deleted is due again.
const AGAIN: SignedDuration = SignedDuration::from_mins(5);

row! {
    struct Due {
        tenant_id: TenantId,
        id: FileId,
        multipart: Option<String>,
    }
}

/// The job handler of [`SWEEP`].
pub fn handler(db: Db, storage: Storage) -> Handler {
    Handler::with(&SWEEP, (db, storage), |(db, storage), _| async move {
        files_sweep(&db, &storage).await?;
        Ok(Done::Done)
    })
}

/// Deletes the objects and rows of all files that are due, of all tenants. Returns how many.
///
/// Files are claimed one at a time: a file whose object cannot be deleted ends this round, and the next one continues
/// with the others, which are due before it is due again.
///
/// # Errors
/// When the file store or the database does not answer. The file concerned is due again in five minutes.
pub async fn files_sweep(db: &Db, storage: &Storage) -> Result<u64> {
    let mut swept = 0;
    while let Some(Due { tenant_id, id, multipart }) = due_claim(db).await? {
        usage_reservation_end(db, tenant_id, id.uuid()).await?;
        storage.delete(&ObjectPath::new(tenant_id, id), multipart.as_deref()).await?;
        db.system("delete the row of a deleted file").execute(store::due_remove(tenant_id, id)).await?;
        swept += 1;
    }
    if swept > 0 {
        usage_sweep(db).await?;
    }
    Ok(swept)
}

/// Claims the file that has been due for the longest.
async fn due_claim(db: &Db) -> Result<Option<Due>> {
    let claim = store::due_claim(db.clock().now() + AGAIN);
    db.system("find deleted and abandoned files").fetch_optional(claim).await
}
