//! Writes the archive of an export, and ends the export.

use std::{io, sync::Arc};

use freehold_core::{Caller, Error, Result, codes};
use freehold_db::{
    Db,
    audit::{NewEntry, audit_append},
};
use freehold_files::{
    Files,
    archive::{archive_begin, archive_store},
    upload::Uploaded,
};
use freehold_jobs::outbox::event_publish;
use freehold_module::Infra;
use futures_util::{future::join, stream};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{self, Sender};

use super::{
    ExportRecord, KEPT,
    archive::{Archive, Archived, Piece},
    event::{ExportFailed, ExportReady},
    section::Section,
    store,
};

/// How many pieces of an archive wait to be stored.
const WAITING: usize = 4;

/// An export that is to be written.
pub struct Writing {
    /// The export whose archive is written.
    pub export: ExportRecord,
    /// The organization's caller, or what stands for the user, with write access.
    pub caller: Arc<Caller>,
    /// Name of the archive: `export-2026-03-15.zip`.
    pub name: String,
    /// What the archive is about, the first fields of its manifest.
    pub head: Map<String, Value>,
    /// The parts of all modules.
    pub sections: Vec<Section>,
}

/// Writes the archive and makes the export ready, unless it has ended meanwhile.
///
/// # Errors
/// When a part cannot be read, or the archive not be stored. Nothing is left behind then.
pub async fn export_write(infra: &Infra, files: &Files, writing: Writing) -> Result<()> {
    let Writing { export, caller, name, head, sections } = writing;
    let (db, id) = (&infra.db, export.id);
    if db.tenant(&caller).execute(store::export_start(id)).await? == 0 {
        return Ok(());
    }
    let upload = archive_begin(db, &files.storage, caller.clone(), &name, "application/zip").await?;
    let (sender, mut receiver) = mpsc::channel::<Piece>(WAITING);
    let archive = Archive::new(sender.clone(), head, infra.clock.now());
    let written = write_all(db, &caller, archive, sections, sender);
    let pieces = stream::poll_fn(move |context| receiver.poll_recv(context));
    let (archived, uploaded) = match Box::pin(join(written, upload.write(pieces))).await {
        (Ok(archived), Ok(uploaded)) => (archived, uploaded),
        (Err(error), Ok(uploaded)) => {
            uploaded.abandon().await;
            return Err(error);
        }
        // What cannot be stored any more cannot be written either; the file store says why.
        (Ok(_), Err(error)) => return Err(error),
        (Err(cause), Err(error)) => return Err(if is_cut_off(&error) { cause } else { error }),
    };
    let ready = ready(db, &caller, &export, &uploaded, archived).await;
    if !matches!(ready, Ok(true)) {
        uploaded.abandon().await;
    }
    ready.map(drop)
}

/// Whether the upload failed only because the archive did.
fn is_cut_off(error: &Error) -> bool {
    error.is(codes::MALFORMED_REQUEST)
}

/// Writes all parts. An error is sent after the last piece, so that what was written is not taken for a whole archive.
async fn write_all(
    db: &Db,
    caller: &Caller,
    mut archive: Archive,
    sections: Vec<Section>,
    pieces: Sender<Piece>,
) -> Result<Archived> {
    let parts = async {
        for section in sections {
            archive.section(db, caller, section).await?;
        }
        Box::pin(archive.finish()).await
    };
    let archived = Box::pin(parts).await;
    if archived.is_err() {
        // When no one receives, the upload has ended already.
        let _ = pieces.send(Err(io::Error::other("a part of the archive could not be written"))).await;
    }
    archived
}

/// Records the archive and makes the export ready; false: it had ended meanwhile.
async fn ready(
    db: &Db,
    caller: &Caller,
    export: &ExportRecord,
    uploaded: &Uploaded,
    archived: Archived,
) -> Result<bool> {
    let mut tx = db.tenant(caller).begin().await?;
    let file = archive_store(&mut tx, uploaded).await?;
    let expires_at = tx.now() + KEPT;
    let row = store::ArchiveRow {
        id: export.id,
        file: file.id,
        size: file.size,
        sha256: file.sha256.clone(),
        entries: archived.entries,
        row_count: archived.rows,
        expires_at,
    };
    if tx.execute(store::export_ready(row)).await? == 0 {
        return Ok(false);
    }
    // A user has no events and no audit of an organization.
    if !export.is_of_user() {
        let event = ExportReady { export_id: export.id, size: file.size, sha256: file.sha256_hex(), expires_at };
        let event = event_publish(&mut tx, &event).await?;
        let detail = json!({ "size": file.size, "sha256": file.sha256_hex(), "rows": archived.rows });
        audit_append(&mut tx, NewEntry::of_event(event, "export.ready", export.id).detail(detail)).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Ends an open export that failed, for this reason, a sentence for members. Returns false when it had ended already.
pub async fn export_fail(db: &Db, caller: &Caller, export: &ExportRecord, reason: &str) -> Result<bool> {
    let mut tx = db.tenant(caller).begin().await?;
    if tx.execute(store::export_fail(export.id, reason)).await? == 0 {
        return Ok(false);
    }
    if !export.is_of_user() {
        let event = ExportFailed { export_id: export.id, reason: reason.to_owned() };
        let event = event_publish(&mut tx, &event).await?;
        let entry = NewEntry::of_event(event, "export.failed", export.id).detail(json!({ "reason": reason }));
        audit_append(&mut tx, entry).await?;
    }
    tx.commit().await?;
    Ok(true)
}
