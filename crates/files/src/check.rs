//! Compares the rows of all files with the objects in the file store, both ways, for `freehold files check`.

mod store;

use std::fmt;

use freehold_core::{Result, TenantId};
use freehold_db::{Db, row};
use futures_util::{StreamExt, TryStreamExt, stream};

pub use store::STATEMENTS;

use crate::{
    error::store_failed,
    path::{FileId, ObjectPath},
    storage::Storage,
    sweep::files_sweep,
};

/// How many objects or rows are compared at once.
const BATCH: usize = 500;
/// How many requests to the file store are under way at once.
const AT_ONCE: usize = 8;

/// Something that has only one of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// An object that belongs to no file.
    ObjectWithoutFile {
        /// Path of the object.
        path: String,
        /// Size of the object, in bytes.
        size: u64,
        /// Whether it was deleted, as a repair.
        deleted: bool,
    },
    /// A file whose object is missing.
    FileWithoutObject {
        /// Path at which the object should be.
        path: String,
        /// Name of the file.
        name: String,
    },
    /// A file whose object has another size.
    OtherSize {
        /// Path of the object.
        path: String,
        /// Size of the file by its row, in bytes.
        expected: u64,
        /// Size of the object, in bytes.
        found: u64,
    },
}

impl Finding {
    /// Whether it was repaired.
    pub fn is_repaired(&self) -> bool {
        matches!(self, Self::ObjectWithoutFile { deleted: true, .. })
    }
}

/// What was compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Number of objects.
    pub objects: u64,
    /// Number of stored files.
    pub files: u64,
    /// What was found.
    pub findings: Vec<Finding>,
}

row! {
    /// What identifies a file.
    #[derive(Clone, Copy, PartialEq, Eq)]
    struct Key {
        tenant_id: TenantId,
        id: FileId,
    }
}

row! {
    struct Stored {
        tenant_id: TenantId,
        id: FileId,
        name: String,
        size: i64,
    }
}

impl Key {
    fn path(self) -> ObjectPath {
        ObjectPath::new(self.tenant_id, self.id)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ObjectWithoutFile { path, size, deleted: true } => {
                write!(f, "{path}: the object of {size} bytes belonged to no file and was deleted")
            }
            Self::ObjectWithoutFile { path, size, deleted: false } => {
                write!(f, "{path}: the object of {size} bytes belongs to no file; --repair deletes it")
            }
            Self::FileWithoutObject { path, name } => write!(
                f,
                "{path}: the object of the file {name:?} is missing; restore it from a backup, or delete the file over the API"
            ),
            Self::OtherSize { path, expected, found } => {
                write!(f, "{path}: the object has {found} bytes, and its file {expected}; restore it from a backup")
            }
        }
    }
}

/// Compares all objects with all rows. With `repair`, deletes what is due before, and the objects that belong to no file.
///
/// # Errors
/// When the file store or the database does not answer.
pub async fn files_check(db: &Db, storage: &Storage, repair: bool) -> Result<Checked> {
    if repair {
        files_sweep(db, storage).await?;
    }
    let mut checked = Checked::default();
    let mut objects = storage.list()?.map_err(|cause| store_failed(cause)).try_chunks(BATCH);
    while let Some(batch) = objects.next().await {
        let batch = batch.map_err(|error| error.1)?;
        checked.objects += u64::try_from(batch.len()).unwrap_or_default();
        let key = |(tenant_id, id)| Key { tenant_id, id };
        let keys = batch.iter().map(|object| ObjectPath::read(&object.location).map(key));
        let unknown = unknown(db, keys.clone().flatten().collect()).await?;
        for (object, key) in batch.iter().zip(keys) {
            let lost = match key {
                Some(key) => unknown.contains(&key) && still_lost(db, storage, key).await?,
                // No file of ours, so it is left alone.
                None => true,
            };
            if let (true, Some(key), true) = (lost, key, repair) {
                storage.delete(&key.path(), None).await?;
            }
            if lost {
                let (path, size, deleted) = (object.location.to_string(), object.size, repair && key.is_some());
                checked.findings.push(Finding::ObjectWithoutFile { path, size, deleted });
            }
        }
    }
    rows_check(db, storage, &mut checked).await?;
    Ok(checked)
}

/// Number of the objects below the path of an organization, those of its files and others.
///
/// # Errors
/// When the file store does not answer.
pub async fn tenant_objects_count(storage: &Storage, tenant: TenantId) -> Result<u64> {
    let objects = storage.list_of(tenant)?.map_err(|cause| store_failed(cause));
    objects.try_fold(0, |count, _| async move { Ok(count + 1) }).await
}

/// Those of these files that have no row.
async fn unknown(db: &Db, mut keys: Vec<Key>) -> Result<Vec<Key>> {
    let (tenants, ids) = keys.iter().map(|key| (key.tenant_id.uuid(), key.id.uuid())).unzip();
    let known = db.system("compare files with their objects").fetch_all(store::keys_known(tenants, ids)).await?;
    keys.retain(|key| !known.contains(key));
    Ok(keys)
}

/// Whether the object is still there and still has no row: the file may have been deleted since the object was listed.
async fn still_lost(db: &Db, storage: &Storage, key: Key) -> Result<bool> {
    let there = storage.size(&key.path()).await?.is_some();
    Ok(there && !unknown(db, vec![key]).await?.is_empty())
}

/// Looks for the object of every stored file.
async fn rows_check(db: &Db, storage: &Storage, checked: &mut Checked) -> Result<()> {
    let mut after = None;
    loop {
        let (tenant, id) = after.unwrap_or_default();
        let rows = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let page =
            db.system("compare files with their objects").fetch_all(store::stored_list(tenant, id, rows)).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some((last.tenant_id.uuid(), last.id.uuid()));
        checked.files += u64::try_from(page.len()).unwrap_or_default();
        let found: Vec<Option<Finding>> =
            stream::iter(page).map(|row| row_check(db, storage, row)).buffered(AT_ONCE).try_collect().await?;
        checked.findings.extend(found.into_iter().flatten());
    }
}

async fn row_check(db: &Db, storage: &Storage, row: Stored) -> Result<Option<Finding>> {
    let Stored { tenant_id, id, name, size } = row;
    let object = ObjectPath::new(tenant_id, id);
    let (path, expected) = (object.to_string(), u64::try_from(size).unwrap_or_default());
    let found = match storage.size(&object).await? {
        Some(found) if found == expected => return Ok(None),
        found => found,
    };
    // The file may have been deleted since its row was read.
    let stored =
        db.system("compare files with their objects").fetch_optional(store::stored_find(tenant_id, id)).await?;
    Ok(stored.map(|_| match found {
        Some(found) => Finding::OtherSize { path, expected, found },
        None => Finding::FileWithoutObject { path, name },
    }))
}
