//! Request and response bodies of files.

use freehold_core::Cursor;
use freehold_files::{FileId, file::File};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A file, without its content.
#[derive(Serialize, ToSchema)]
#[schema(as = File)]
pub(crate) struct FileBody {
    /// Id of the file.
    #[schema(value_type = Uuid)]
    id: FileId,
    /// Name of the file.
    name: String,
    /// Content type of the file, as it was uploaded; `application/octet-stream` without one.
    content_type: String,
    /// Size of the file, in bytes.
    size: i64,
    /// SHA-256 hash of the content, in 64 hexadecimal digits.
    sha256: String,
    /// When the upload of the file began, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<File> for FileBody {
    fn from(file: File) -> Self {
        let sha256 = file.sha256_hex();
        let File { id, name, content_type, size, created_at, .. } = file;
        Self { id, name, content_type, size, sha256, created_at }
    }
}

/// A page of files.
#[derive(Serialize, ToSchema)]
pub(crate) struct FilePage {
    /// The files of the page.
    pub(crate) data: Vec<FileBody>,
    /// Value of `cursor` for the next page; null on the last one.
    #[schema(value_type = Option<String>)]
    pub(crate) next_cursor: Option<Cursor>,
}

/// A link to create.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateFileLink {
    /// Seconds until the link expires, 1 to 604,800 (a week); null: 3600 (an hour).
    #[serde(default)]
    #[schema(minimum = 1, maximum = 604_800)]
    pub(crate) expires_in: Option<i64>,
}

/// A link to the content of a file.
#[derive(Serialize, ToSchema)]
#[schema(as = FileLink)]
pub(crate) struct FileLinkBody {
    /// URL of the content.
    #[schema(format = "uri")]
    pub(crate) url: String,
    /// When the link expires, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires_at: Timestamp,
}
