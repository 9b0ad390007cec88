//! The events of files.

use freehold_core::Id;
use freehold_jobs::outbox::{Event, EventType};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::path::FileId;

/// The event types of files.
pub const ALL: &[EventType] = &[EventType::of::<FileCreated>(), EventType::of::<FileDeleted>()];

/// The content of `file.created`.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileCreated {
    /// Id of the file.
    #[schema(value_type = Uuid)]
    pub file_id: FileId,
    /// Name of the file.
    pub name: String,
    /// Content type of the file.
    pub content_type: String,
    /// Size of the file, in bytes.
    pub size: i64,
    /// SHA-256 hash of the file's content, in hexadecimal digits.
    pub sha256: String,
}

impl Event for FileCreated {
    const TYPE: &'static str = "file.created";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A file was uploaded. Its content can be downloaded.";
    fn sample() -> Self {
        Self {
            file_id: sample_id(),
            name: "Price list.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            size: 48_213,
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        }
    }
}

/// The content of `file.deleted`.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileDeleted {
    /// Id of the file.
    #[schema(value_type = Uuid)]
    pub file_id: FileId,
    /// Name of the file.
    pub name: String,
    /// Size of the file, in bytes, which is free again.
    pub size: i64,
}

impl Event for FileDeleted {
    const TYPE: &'static str = "file.deleted";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A file was deleted. Its bytes no longer count.";
    fn sample() -> Self {
        Self { file_id: sample_id(), name: "Price list.pdf".to_owned(), size: 48_213 }
    }
}

fn sample_id() -> FileId {
    Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1f11))
}
