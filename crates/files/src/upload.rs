//! Uploads: a file in three steps, each of which may be the last.
//!
//! 1. [`upload_begin`] checks the size against the limits, reserves it, and writes a row that says `uploading`.
//! 2. [`Upload::write`] writes the object, in constant memory. Meanwhile it renews the time at which the row is due.
//! 3. [`file_store`] makes the row say `stored`, in the caller's transaction, together with the usage and the event.
//!
//! What ends in between leaves a row that becomes due, and the [sweep](crate::sweep) deletes the object and the row.

mod receive;
mod store;

use std::sync::Arc;

use freehold_core::{Caller, Error, Result, codes};
use freehold_db::{
    Db, TenantTx,
    audit::{NewEntry, audit_append},
};
use freehold_jobs::outbox::event_publish;
use freehold_metering::usage::{Allowance, usage_commit, usage_record, usage_release, usage_reserve, usage_room};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

pub use store::STATEMENTS;

use crate::{
    event::FileCreated,
    file::{File, WRITE, object_delete},
    path::{FileId, ObjectPath},
    storage::Storage,
};

/// How long a row that says `uploading` is not due after its upload last renewed it.
const LEASE: SignedDuration = SignedDuration::from_mins(15);
/// How long the bytes of an upload stay reserved. The sweep releases those of an upload that ended without a word.
const RESERVED: SignedDuration = SignedDuration::from_hours(24);

/// Longest name of a file, in characters, and longest content type.
const LONGEST: usize = 255;
/// The content type of a file that was uploaded without one.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A file to upload.
#[derive(Clone, Debug)]
pub struct NewFile {
    name: String,
    content_type: String,
    size: Option<i64>,
}

impl NewFile {
    /// A file with this name, which is part of no path; this content type, or `application/octet-stream`; and this size
    /// in bytes, which may be unknown. A file may have `most` bytes.
    ///
    /// # Errors
    /// `validation_failed` for a name or content type that is invalid; `body_too_large`.
    pub fn check(name: &str, content_type: Option<&str>, size: Option<u64>, most: i64) -> Result<Self> {
        let forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\');
        if name.trim().is_empty() || name.chars().count() > LONGEST || name.contains(forbidden) {
            let expected = format!("expected 1 to {LONGEST} characters, without slashes and control characters");
            return Err(Error::invalid("?name", expected));
        }
        let content_type = content_type.unwrap_or(UNKNOWN_TYPE);
        let visible = |c: char| c == ' ' || c.is_ascii_graphic();
        if !content_type.contains('/') || content_type.len() > LONGEST || !content_type.chars().all(visible) {
            let message = "The Content-Type is invalid. Send one such as application/pdf, or none.";
            return Err(Error::new(codes::MALFORMED_REQUEST, message));
        }
        let size = size.map(|size| i64::try_from(size).unwrap_or(i64::MAX));
        match size {
            Some(size) if size > most => Err(too_large(most)),
            _ => Ok(Self { name: name.to_owned(), content_type: content_type.to_owned(), size }),
        }
    }
}

/// The error for a file that is larger than the server accepts.
fn too_large(most: i64) -> Error {
    Error::new(codes::BODY_TOO_LARGE, format!("The file is larger than this server accepts: at most {most} bytes."))
}

/// An upload that has begun. When it is dropped, the sweep deletes what it wrote.
pub struct Upload {
    db: Db,
    storage: Storage,
    caller: Arc<Caller>,
    /// What the organization may store; none for an archive, which counts in no meter.
    allowance: Option<Allowance>,
    id: FileId,
    size: Option<i64>,
    /// Most bytes, by the server's limit for a file.
    most: i64,
    /// Most bytes, by what the plan left when the upload began; none for unlimited.
    room: Option<i64>,
    /// The multipart upload of an S3.
    multipart: Option<String>,
    renewed_at: Timestamp,
}

/// An upload whose object is complete. It is a file once [`file_store`] has recorded it.
pub struct Uploaded {
    upload: Upload,
    size: i64,
    sha256: Vec<u8>,
}

/// Begins an upload, if the plan leaves room for it. `most` is the server's limit for a file, in bytes.
///
/// # Errors
/// `permission_denied`; `quota_exceeded`.
pub async fn upload_begin(
    db: &Db,
    storage: &Storage,
    caller: Arc<Caller>,
    allowance: Allowance,
    new: NewFile,
    most: i64,
) -> Result<Upload> {
    caller.allow(WRITE)?;
    let mut tx = db.tenant(&caller).begin().await?;
    let (id, now): (FileId, _) = (tx.id(), tx.now());
    let NewFile { name, content_type, size } = new;
    let room = match size {
        // Nothing takes no room.
        Some(0) => Some(0),
        Some(size) => {
            usage_reserve(&mut tx, &allowance, id.uuid(), size, now + RESERVED).await?;
            Some(size)
        }
        None => match usage_room(&mut tx, &allowance).await? {
            Some(0) => return Err(allowance.exhausted()),
            room => room,
        },
    };
    let begun = Begun { id, name, content_type, allowance: Some(allowance), size, most, room };
    begun.commit(tx, db, storage, caller).await
}

/// Begins to write an archive ([`archive`](crate::archive)) with this name and content type. The caller of this function
/// has checked who may.
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
    let tx = db.tenant(&caller).begin().await?;
    let (id, name, content_type) = (tx.id(), name.to_owned(), content_type.to_owned());
    let begun = Begun { id, name, content_type, allowance: None, size: None, most: i64::MAX, room: None };
    begun.commit(tx, db, storage, caller).await
}

/// An upload that begins. Without an allowance it is an archive, which counts in no meter and is not listed.
struct Begun {
    id: FileId,
    name: String,
    content_type: String,
    allowance: Option<Allowance>,
    size: Option<i64>,
    most: i64,
    room: Option<i64>,
}

impl Begun {
    /// Stores the row of the upload, and commits the transaction.
    async fn commit(self, mut tx: TenantTx, db: &Db, storage: &Storage, caller: Arc<Caller>) -> Result<Upload> {
        let Self { id, name, content_type, allowance, size, most, room } = self;
        let (tenant, now, listed) = (caller.tenant(), tx.now(), allowance.is_some());
        let meter = allowance.as_ref().map(|allowance| allowance.meter.clone()).unwrap_or_default();
        let due_at = now + LEASE;
        let row = store::UploadRow { tenant, id, name, content_type, meter, listed, due_at };
        tx.execute(store::upload_insert(row)).await?;
        tx.commit().await?;
        let (db, storage) = (db.clone(), storage.clone());
        Ok(Upload { db, storage, caller, allowance, id, size, most, room, multipart: None, renewed_at: now })
    }
}

impl Upload {
    fn path(&self) -> ObjectPath {
        ObjectPath::new(self.caller.tenant(), self.id)
    }

    /// Moves on the time at which the row is due, and records the multipart upload of an S3.
    ///
    /// # Errors
    /// `conflict` when the sweep took the upload for one whose program had ended.
    async fn renew(&mut self) -> Result<()> {
        let now = self.db.clock().now();
        let renew = store::upload_renew(self.id, now + LEASE, self.multipart.clone());
        if self.db.tenant(&self.caller).execute(renew).await? == 0 {
            return Err(taken());
        }
        self.renewed_at = now;
        Ok(())
    }

    /// Ends an upload that failed: deletes what was written, and releases what was reserved. What cannot be deleted now,
    /// the sweep deletes.
    pub async fn abandon(self) {
        if let Err(error) = self.try_abandon().await {
            tracing::warn!(file = %self.id, "what is left of an upload is left to the sweep: {error:?}");
        }
    }

    async fn try_abandon(&self) -> Result<()> {
        let mut tx = self.db.tenant(&self.caller).begin().await?;
        // A row that says `stored` stays: the transaction whose answer was lost was committed.
        if tx.execute(store::upload_abandon(self.id)).await? == 0 {
            return Ok(());
        }
        if let Some(allowance) = &self.allowance {
            usage_release(&mut tx, &allowance.meter, allowance.period_start, self.id.uuid()).await?;
        }
        tx.commit().await?;
        object_delete(&self.db, &self.storage, &self.caller, self.id, self.multipart.as_deref()).await
    }
}

impl Uploaded {
    /// Ends an upload whose transaction failed, or whose answer was kept from an earlier request.
    pub async fn abandon(self) {
        self.upload.abandon().await;
    }

    /// The hash of the content, 32 bytes.
    pub fn sha256(&self) -> &[u8] {
        &self.sha256
    }

    /// Size of the content, in bytes.
    pub fn size(&self) -> i64 {
        self.size
    }
}

/// Records an uploaded file, with its usage and its event. After an error, or unless the transaction is committed,
/// [`Uploaded::abandon`] ends the upload.
///
/// # Errors
/// `quota_exceeded` when the size was not known before and the plan does not leave room for it.
pub async fn file_store(tx: &mut TenantTx, uploaded: &Uploaded) -> Result<File> {
    let Uploaded { upload, size, .. } = uploaded;
    let id = upload.id;
    match &upload.allowance {
        Some(allowance) if upload.size.is_some_and(|reserved| reserved > 0) => {
            usage_commit(tx, &allowance.meter, allowance.period_start, id.uuid(), *size).await?;
        }
        Some(allowance) => {
            usage_record(tx, allowance, id.uuid(), *size).await?;
        }
        None => return Err(Error::internal("an archive was recorded as a file")),
    }
    let file = archive_store(tx, uploaded).await?;
    let created = FileCreated {
        file_id: id,
        name: file.name.clone(),
        content_type: file.content_type.clone(),
        size: file.size,
        sha256: file.sha256_hex(),
    };
    let event = event_publish(tx, &created).await?;
    let detail = json!({ "name": file.name, "size": file.size, "sha256": created.sha256 });
    audit_append(tx, NewEntry::of_event(event, "file.created", id).detail(detail)).await?;
    Ok(file)
}

/// Records an archive whose object is complete: without usage and without an event. After an error, or unless the
/// transaction is committed, [`Uploaded::abandon`] ends the upload.
///
/// # Errors
/// `conflict` when the sweep took the upload for one whose program had ended.
pub async fn archive_store(tx: &mut TenantTx, uploaded: &Uploaded) -> Result<File> {
    let Uploaded { upload, size, sha256 } = uploaded;
    let stored = tx.fetch_optional(store::file_store(upload.id, *size, sha256.clone())).await?;
    stored.ok_or_else(|| taken())
}

/// The error when the sweep deleted an upload.
#[track_caller]
fn taken() -> Error {
    let message = "The upload was idle for too long and was deleted. Nothing was stored. Upload the file again.";
    Error::new(codes::CONFLICT, message)
}
