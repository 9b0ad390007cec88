//! Where objects are: a folder of this machine, or a bucket of an S3. This module knows no tenant and no row; every
//! function takes an `ObjectPath`, which names both.

mod settings;
mod writer;

use std::{
    fmt, fs, io,
    ops::Range,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use freehold_core::{Context, Error, Result, TenantId};
use futures_util::stream::BoxStream;
use object_store::{
    ClientOptions, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    local::LocalFileSystem,
    multipart::MultipartStore,
    path::Path,
    signer::{Method, SignedUrlOptions, Signer},
};
pub use settings::{S3Settings, StorageSettings};
pub(crate) use writer::Writer;

use crate::{error::store_failed, path::ObjectPath};

/// Longest time for one request to an S3, which moves at most a part of 8 MiB.
const REQUEST_LIMIT: Duration = Duration::from_mins(2);
/// How often a request to an S3 is sent again, and for how long.
const RETRIES: usize = 3;
const RETRY_LIMIT: Duration = Duration::from_secs(20);

/// How much of an object is in memory while it is read, in bytes: 1 MiB from a folder, 8 MiB from an S3, where each
/// piece is a request.
const FOLDER_PIECE: u64 = 1 << 20;
const S3_PIECE: u64 = 8 << 20;

/// The store of objects. Cheap to clone.
#[derive(Clone)]
pub struct Storage(Backend);

#[derive(Clone)]
enum Backend {
    Folder(Arc<Folder>),
    S3(Arc<AmazonS3>),
}

/// A folder, which is created when it is first used, because a server without files needs none.
struct Folder {
    root: PathBuf,
    opened: OnceLock<LocalFileSystem>,
}

impl Folder {
    fn store(&self) -> Result<&LocalFileSystem> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        fs::create_dir_all(&self.root).map_err(|cause| folder_failed(cause))?;
        let opened = LocalFileSystem::new_with_prefix(&self.root).map_err(|cause| store_failed(cause))?;
        // A stored file survives a power cut: its bytes are on the disk before its row says that it is stored.
        Ok(self.opened.get_or_init(|| opened.with_fsync(true).with_automatic_cleanup(true)))
    }

    /// Where an object is in the folder while it is being written.
    fn staged(&self, path: &ObjectPath) -> PathBuf {
        let mut staged = self.root.join(path.to_string()).into_os_string();
        staged.push("#1");
        staged.into()
    }
}

impl Storage {
    /// The store with these settings. It is first used by the first file.
    ///
    /// # Errors
    /// When the settings of an S3 are incomplete.
    pub fn open(settings: &StorageSettings) -> Result<Self> {
        match settings {
            StorageSettings::Folder(root) => {
                Ok(Self(Backend::Folder(Arc::new(Folder { root: root.clone(), opened: OnceLock::new() }))))
            }
            StorageSettings::S3(settings) => Ok(Self(Backend::S3(Arc::new(bucket(settings)?)))),
        }
    }

    /// Whether it is a bucket, which all servers share.
    pub fn is_bucket(&self) -> bool {
        matches!(self.0, Backend::S3(_))
    }

    fn store(&self) -> Result<&dyn ObjectStore> {
        match &self.0 {
            Backend::Folder(folder) => Ok(folder.store()?),
            Backend::S3(bucket) => Ok(bucket.as_ref()),
        }
    }

    /// Writes a whole object.
    pub(crate) async fn put(&self, path: &ObjectPath, payload: PutPayload) -> Result<()> {
        self.store()?.put(path.as_path(), payload).await.map(drop).map_err(|cause| store_failed(cause))
    }

    /// The size of an object in bytes; none: there is no such object.
    pub(crate) async fn size(&self, path: &ObjectPath) -> Result<Option<u64>> {
        match self.store()?.head(path.as_path()).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(cause) => Err(store_failed(cause)),
        }
    }

    /// Bytes of an object.
    pub(crate) async fn read(&self, path: &ObjectPath, range: Range<u64>) -> Result<Bytes> {
        let options = GetOptions { range: Some(range.into()), ..GetOptions::default() };
        let read = async { self.store()?.get_opts(path.as_path(), options).await.map_err(|cause| store_failed(cause)) };
        read.await?.bytes().await.map_err(|cause| store_failed(cause))
    }

    /// How many bytes a reader fetches at once.
    pub(crate) fn piece(&self) -> u64 {
        if self.is_bucket() { S3_PIECE } else { FOLDER_PIECE }
    }

    /// Deletes an object, and what is left of one that was being written: `multipart` is the unfinished multipart
    /// upload of an S3. Succeeds when there is none.
    pub(crate) async fn delete(&self, path: &ObjectPath, multipart: Option<&str>) -> Result<()> {
        match &self.0 {
            Backend::Folder(folder) => deleted_or_absent(tokio::fs::remove_file(folder.staged(path)).await)?,
            Backend::S3(bucket) => {
                if let Some(multipart) = multipart {
                    match bucket.abort_multipart(path.as_path(), &multipart.to_owned()).await {
                        // Some answer so about an upload that was completed or aborted. Where the access key may not abort,
                        // the object still goes, and the operator reads this.
                        Err(cause @ object_store::Error::PermissionDenied { .. }) => {
                            tracing::warn!(%path, "the S3 lets no multipart upload be aborted: {cause}");
                        }
                        aborted => absent(aborted)?,
                    }
                }
            }
        }
        absent(self.store()?.delete(path.as_path()).await)
    }

    /// Every object, in no order. Objects that are being written are not among them.
    pub(crate) fn list(&self) -> Result<BoxStream<'static, object_store::Result<ObjectMeta>>> {
        Ok(self.store()?.list(Some(&ObjectPath::root())))
    }

    /// Every object below the path of an organization, in no order.
    pub(crate) fn list_of(&self, tenant: TenantId) -> Result<BoxStream<'static, object_store::Result<ObjectMeta>>> {
        Ok(self.store()?.list(Some(&ObjectPath::root_of(tenant))))
    }

    /// An address of the S3 from which the object can be downloaded for so long, with these query parameters; none: the
    /// objects are in a folder.
    pub(crate) async fn signed_url(
        &self,
        path: &ObjectPath,
        valid: Duration,
        query: [(&str, String); 2],
    ) -> Result<Option<String>> {
        let Backend::S3(bucket) = &self.0 else { return Ok(None) };
        let options = SignedUrlOptions::new().with_query(query);
        let url = bucket.signed_url_opts(Method::GET, path.as_path(), valid, &options).await;
        Ok(Some(url.map_err(|cause| store_failed(cause))?.to_string()))
    }

    /// Writes, reads and deletes an object that belongs to no file, for `freehold doctor`. `name` is unique.
    ///
    /// # Errors
    /// The first step that failed, with its cause.
    pub async fn probe(&self, name: &str) -> Result<()> {
        let (path, sent) = (Path::from_iter(["probe", name]), Bytes::from_static(b"freehold"));
        let store = self.store()?;
        store.put(&path, PutPayload::from_bytes(sent.clone())).await.map_err(|cause| store_failed(cause))?;
        let read = async { store.get(&path).await?.bytes().await }.await;
        store.delete(&path).await.map_err(|cause| store_failed(cause))?;
        let read = read.map_err(|cause| store_failed(cause))?;
        if read == sent {
            return Ok(());
        }
        Err(Error::internal("the file store returned other bytes than were written"))
    }
}

/// Succeeds when the object was deleted, or was not there.
#[track_caller]
fn absent(deleted: object_store::Result<()>) -> Result<()> {
    match deleted {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(cause) => Err(store_failed(cause)),
    }
}

/// The same for a file of the folder.
#[track_caller]
fn deleted_or_absent(deleted: io::Result<()>) -> Result<()> {
    match deleted {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(folder_failed(cause)),
        _ => Ok(()),
    }
}

/// The error of a folder that the operating system gave.
#[track_caller]
fn folder_failed(cause: io::Error) -> Error {
    store_failed(object_store::Error::Generic { store: "folder", source: cause.into() })
}

/// The client of a bucket. Credentials that the settings do not name come from where AWS' own programs find them: the
/// variables of a role, a web identity or a container, or the metadata of the machine.
fn bucket(settings: &S3Settings) -> Result<AmazonS3> {
    let S3Settings { bucket, region, endpoint, access_key, session_token } = settings;
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_LIMIT, ..RetryConfig::default() };
    let insecure = endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
    let client = ClientOptions::new().with_timeout(REQUEST_LIMIT).with_allow_http(insecure);
    let mut builder =
        AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry).with_client_options(client);
    if let Some(region) = region {
        builder = builder.with_region(region);
    }
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some((id, secret)) = access_key {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret.expose());
    }
    if let Some(token) = session_token {
        builder = builder.with_token(token.expose());
    }
    builder.build().context("reading the settings of the S3 for files")
}

/// The same as `Display`: the settings of a bucket stay out of logs, since they hold its key.
impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Backend::Folder(folder) => write!(f, "the folder {}", folder.root.display()),
            Backend::S3(bucket) => fmt::Display::fmt(bucket, f),
        }
    }
}
