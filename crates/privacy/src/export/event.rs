//! The events of exports.

use freehold_core::Id;
use freehold_jobs::outbox::{Event, EventType};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::ExportId;

/// The event types of exports.
pub const ALL: &[EventType] = &[EventType::of::<ExportReady>(), EventType::of::<ExportFailed>()];

/// The content of `export.ready`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportReady {
    /// Id of the export.
    #[schema(value_type = Uuid)]
    pub(super) export_id: ExportId,
    /// Size of the archive, in bytes.
    pub(super) size: i64,
    /// SHA-256 hash of the archive, in hexadecimal digits.
    pub(super) sha256: String,
    /// When the archive is deleted, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub(super) expires_at: Timestamp,
}

impl Event for ExportReady {
    const TYPE: &'static str = "export.ready";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "The archive of an export is complete and can be downloaded for seven days.";
    fn sample() -> Self {
        Self {
            export_id: sample_id(),
            size: 1_204_882,
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            expires_at: Timestamp::from_second(1_786_006_800).unwrap_or_default(),
        }
    }
}

/// The content of `export.failed`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportFailed {
    /// Id of the export.
    #[schema(value_type = Uuid)]
    pub(super) export_id: ExportId,
    /// Why the export failed, in a sentence.
    pub(super) reason: String,
}

impl Event for ExportFailed {
    const TYPE: &'static str = "export.failed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "An export failed. It does not count against the plan's limit: request another.";
    fn sample() -> Self {
        Self { export_id: sample_id(), reason: "The server's file store is full.".to_owned() }
    }
}

fn sample_id() -> ExportId {
    Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1f12))
}
