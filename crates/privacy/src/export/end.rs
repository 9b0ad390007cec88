//! What ends exports besides writing them: archives expire, and a job may end without having ended its export, because
//! it was cancelled or its last attempt was killed.

use freehold_core::{Caller, Result};
use freehold_db::Db;
use freehold_files::archive::archive_delete;
use jiff::SignedDuration;

pub use super::store::DueExport;
use super::{ExportId, store};

/// How many exports one query reads.
const ROWS: i64 = 100;
/// How long an export is open at least before its job is looked for.
const YOUNG: SignedDuration = SignedDuration::from_mins(1);
/// How long the record of an export is kept after its end. The limits of plans count exports of a month.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(100 * 24);

/// Exports whose archives are to be deleted, of all tenants, the oldest first.
pub async fn exports_expired(db: &Db) -> Result<Vec<DueExport>> {
    db.system("find expired exports").fetch_all(store::expired_list(ROWS)).await
}

/// Open exports whose job has ended, of all tenants.
pub async fn exports_abandoned(db: &Db) -> Result<Vec<DueExport>> {
    let before = db.clock().now() - YOUNG;
    db.system("find exports whose job has ended").fetch_all(store::abandoned_list(before, ROWS)).await
}

/// Ends an export whose time has passed, and deletes its archive.
pub async fn export_expire(db: &Db, caller: &Caller, id: ExportId) -> Result<()> {
    let mut tx = db.tenant(caller).begin().await?;
    if let Some((Some(archive),)) = tx.fetch_optional(store::export_expire(id)).await? {
        archive_delete(&mut tx, archive).await?;
    }
    tx.commit().await
}

/// Deletes the records of exports that ended long ago; returns their number.
pub async fn exports_forget(db: &Db) -> Result<u64> {
    let (before, mut forgotten) = (db.clock().now() - REMEMBERED, 0);
    loop {
        match db.system("delete old records of exports").execute(store::exports_forget(before, ROWS)).await? {
            0 => return Ok(forgotten),
            some => forgotten += some,
        }
    }
}
