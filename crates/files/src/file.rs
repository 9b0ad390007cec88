//! The files of an organization: their rows. Uploading is in [`upload`](crate::upload), reading in
//! [`content`](crate::content).

mod store;

use data_encoding::HEXLOWER;
use freehold_catalog::{Counter, CounterKind, bytes_display};
use freehold_core::{Area, Caller, Error, OptionExt, Page, PageRequest, Permission, Result};
use freehold_db::{
    Db,
    audit::{NewEntry, audit_append},
    row,
};
use freehold_jobs::outbox::event_publish;
use freehold_metering::{
    plan::Entitlements,
    usage::{Allowance, usage_record},
};
use jiff::Timestamp;
use serde_json::json;

pub use store::STATEMENTS;

use crate::{
    event::FileDeleted,
    path::{FileId, ObjectPath},
    storage::Storage,
};

/// The permission to list files and read their content.
pub const READ: Permission = Permission::read(Area::Files);
/// The permission to upload and delete files.
pub const WRITE: Permission = Permission::write(Area::Files);

/// The bytes of the files that an organization stores, for `counts = "files"` of a meter.
pub const FILES: Counter = Counter { name: "files", kind: CounterKind::Bytes };

/// The meter of a product without one that counts files. No meter of a `product.toml` has this id.
const OWN_METER: &str = "freehold.files";

row! {
    /// A stored file.
    #[derive(Clone, Debug)]
    pub struct File {
        /// Id of the file.
        pub id: FileId,
        /// Name of the file, 1 to 255 characters.
        pub name: String,
        /// Content type of the file, as it was uploaded.
        pub content_type: String,
        /// Size of the file, in bytes.
        pub size: i64,
        /// SHA-256 hash of the content, 32 bytes.
        pub sha256: Vec<u8>,
        /// When the upload of the file began, UTC.
        pub created_at: Timestamp,
    }
}

row! {
    struct Deleted {
        name: String,
        size: i64,
        meter: String,
    }
}

impl File {
    /// The hash of the content, in 64 hexadecimal digits.
    pub fn sha256_hex(&self) -> String {
        HEXLOWER.encode(&self.sha256)
    }

    /// The value of the header `Content-Disposition`: browsers save the file under its name, and never show it.
    pub fn content_disposition(&self) -> String {
        let plain = |c: char| if c.is_ascii_graphic() && !matches!(c, '"' | '%') || c == ' ' { c } else { '_' };
        let (plain, name): (String, _) = (self.name.chars().map(plain).collect(), percent_encoded(&self.name));
        format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{name}")
    }

    /// The strong entity tag of the content: `"9f86d0…"`, with the quotes.
    pub fn etag(&self) -> String {
        format!("\"{}\"", self.sha256_hex())
    }
}

/// A name as RFC 8187 writes it in a header.
fn percent_encoded(name: &str) -> String {
    let as_it_is = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(byte);
    name.bytes()
        .map(|byte| if as_it_is(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// What the caller's organization may store: the limit of the meter that counts files, or `own`, in bytes, of a product
/// that has none.
pub async fn files_allowance(
    db: &Db,
    entitlements: &Entitlements,
    caller: &Caller,
    own: Option<i64>,
) -> Result<Allowance> {
    if let Some(meter) = entitlements.product().meters.iter().find(|meter| meter.counts == Some(FILES)) {
        return entitlements.allowance(db, caller, &meter.id).await;
    }
    let what = own.map_or_else(|| "unlimited files".to_owned(), |own| format!("{} of files", bytes_display(own)));
    Ok(Allowance::of_server(OWN_METER, own, what, caller))
}

/// A page of the stored files, the newest first.
pub async fn file_list(db: &Db, caller: &Caller, request: PageRequest) -> Result<Page<File>> {
    caller.allow(READ)?;
    let rows = db.tenant(caller).fetch_all(store::file_list(request.before(), request.rows())).await?;
    Ok(request.page(rows, |file| file.id))
}

/// One stored file.
pub async fn file_get(db: &Db, caller: &Caller, id: FileId) -> Result<File> {
    caller.allow(READ)?;
    db.tenant(caller).fetch_optional(store::file_find(id)).await?.or_not_found("file")
}

/// Deletes a file. Its bytes are free when this returns; the object is deleted at once, or by the sweep when the file
/// store does not answer or the program ends before it could.
///
/// # Errors
/// `permission_denied`; `not_found`.
pub async fn file_delete(db: &Db, storage: &Storage, caller: &Caller, id: FileId) -> Result<()> {
    caller.allow(WRITE)?;
    let mut tx = db.tenant(caller).begin().await?;
    let Some(Deleted { name, size, meter }) = tx.fetch_optional(store::file_delete(id)).await? else {
        return Err(Error::not_found("file"));
    };
    // The meter that the file was counted in, even when another counts files by now. What frees bytes needs no limit.
    let allowance = Allowance::of_server(&meter, None, String::new(), caller);
    let event = tx.id::<()>().uuid();
    usage_record(&mut tx, &allowance, event, -size).await?;
    let deleted = FileDeleted { file_id: id, name, size };
    let event = event_publish(&mut tx, &deleted).await?;
    let detail = json!({ "name": deleted.name, "size": size });
    audit_append(&mut tx, NewEntry::of_event(event, "file.deleted", id).detail(detail)).await?;
    tx.commit().await?;
    if let Err(error) = object_delete(db, storage, caller, id, None).await {
        tracing::warn!(file = %id, "the object of a deleted file is left to the sweep: {error:?}");
    }
    Ok(())
}

/// Deletes the object of a file whose row says `deleting`, and then the row.
pub(crate) async fn object_delete(
    db: &Db,
    storage: &Storage,
    caller: &Caller,
    id: FileId,
    multipart: Option<&str>,
) -> Result<()> {
    storage.delete(&ObjectPath::new(caller.tenant(), id), multipart).await?;
    db.tenant(caller).execute(store::file_remove(id)).await.map(drop)
}
