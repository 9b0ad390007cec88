//! Writes an object whose size is not known beforehand, in constant memory.

use bytes::Bytes;
use freehold_core::{Error, Result};
use object_store::{
    MultipartUpload, ObjectStore, PutMultipartOptions, PutPayload,
    multipart::{MultipartStore, PartId},
};

use super::{Backend, Storage};
use crate::{error::store_failed, path::ObjectPath};

/// The size of a part, in bytes: 8 MiB. An S3 accepts 10,000 parts of at least 5 MiB, and some want all of one size.
pub(crate) const PART: usize = 8 << 20;

/// An object that is being written. What fits into one part is written at once; a larger object, part by part. It exists
/// only after [`finish`](Self::finish).
pub(crate) struct Writer {
    storage: Storage,
    path: ObjectPath,
    /// The part that is being filled, at most [`PART`] bytes.
    chunks: Vec<Bytes>,
    filled: usize,
    parts: Parts,
}

/// The parts that were written.
enum Parts {
    None,
    Folder(Box<dyn MultipartUpload>),
    S3 { id: String, parts: Vec<PartId> },
}

impl Writer {
    pub(crate) fn new(storage: Storage, path: ObjectPath) -> Self {
        Self { storage, path, chunks: Vec::new(), filled: 0, parts: Parts::None }
    }

    /// Adds as much of `bytes` as the part has room for. The rest stays in `bytes`: the part is full then, and
    /// [`flush`](Self::flush) writes it.
    pub(crate) fn add(&mut self, bytes: &mut Bytes) {
        let added = bytes.split_to(bytes.len().min(PART - self.filled));
        self.filled += added.len();
        if !added.is_empty() {
            self.chunks.push(added);
        }
    }

    /// Begins to write in parts, before the first part is written. Returns the id of the multipart upload of an S3,
    /// which has to be recorded, because what is left of it is found by nothing else. None: the parts have begun, or
    /// are in a folder.
    pub(crate) async fn begin_parts(&mut self) -> Result<Option<String>> {
        if !matches!(self.parts, Parts::None) {
            return Ok(None);
        }
        match &self.storage.0 {
            Backend::Folder(folder) => {
                let store = folder.store()?;
                let upload = store.put_multipart_opts(self.path.as_path(), PutMultipartOptions::default()).await;
                self.parts = Parts::Folder(upload.map_err(|cause| store_failed(cause))?);
                Ok(None)
            }
            Backend::S3(bucket) => {
                let id = bucket.create_multipart(self.path.as_path()).await.map_err(|cause| store_failed(cause))?;
                self.parts = Parts::S3 { id: id.clone(), parts: Vec::new() };
                Ok(Some(id))
            }
        }
    }

    /// Writes the part.
    pub(crate) async fn flush(&mut self) -> Result<()> {
        self.filled = 0;
        let payload: PutPayload = std::mem::take(&mut self.chunks).into_iter().collect();
        match (&mut self.parts, &self.storage.0) {
            (Parts::Folder(upload), _) => upload.put_part(payload).await.map_err(|cause| store_failed(cause)),
            (Parts::S3 { id, parts }, Backend::S3(bucket)) => {
                let part = bucket.put_part(self.path.as_path(), id, parts.len(), payload).await;
                parts.push(part.map_err(|cause| store_failed(cause))?);
                Ok(())
            }
            _ => Err(Error::internal("a part was written before the parts had begun")),
        }
    }

    /// Completes the object.
    pub(crate) async fn finish(mut self) -> Result<()> {
        if matches!(self.parts, Parts::None) {
            let payload: PutPayload = std::mem::take(&mut self.chunks).into_iter().collect();
            return self.storage.put(&self.path, payload).await;
        }
        if self.filled > 0 {
            self.flush().await?;
        }
        match (self.parts, &self.storage.0) {
            (Parts::Folder(mut upload), _) => upload.complete().await.map(drop).map_err(|cause| store_failed(cause)),
            (Parts::S3 { id, parts }, Backend::S3(bucket)) => {
                let completed = bucket.complete_multipart(self.path.as_path(), &id, parts).await;
                completed.map(drop).map_err(|cause| store_failed(cause))
            }
            _ => Err(Error::internal("an object was completed whose parts had not begun")),
        }
    }
}
