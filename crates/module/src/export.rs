//! What a module adds to an export of an organization's or a user's data.
//!
//! A module declares its tables as [`Export`]s: a statement that reads a page of rows as JSON, without secrets,
//! digests and sealed columns. What is in no table, such as the content of files, comes from the hook
//! [`export`](crate::Hooks::export). A test finds tables that are neither exported nor listed with a reason.

use bytes::Bytes;
use freehold_core::{Result, TenantId, UserId};
use freehold_db::{OfTenant, Query, row};
use futures_util::stream::BoxStream;

row! {
    /// A row of an export.
    #[derive(Debug)]
    pub struct ExportRow {
        /// Place of the row in the order of its export. The next page begins behind it.
        pub key: String,
        /// The row as a JSON object.
        pub line: String,
    }
}

/// Where an export in the order of ids begins.
pub const FIRST_ID: &str = "00000000-0000-0000-0000-000000000000";

/// Rows of an organization, which become a file of JSON lines in the folder of their module.
#[derive(Clone, Copy, Debug)]
pub struct Export {
    /// Name of the file without its ending, unique in the module: `members`.
    pub name: &'static str,
    /// The key before that of every row.
    pub first: &'static str,
    /// The statement that reads the rows.
    pub rows: ExportRows,
}

/// A statement that reads the rows behind a key, in the order of their keys, and at most a number of them.
#[derive(Clone, Copy, Debug)]
pub enum ExportRows {
    /// The rows that an organization sees.
    Tenant(fn(&str, i64) -> Query<ExportRow, OfTenant>),
    /// Rows of the control plane that no tenant may read, such as the addresses of members.
    System(fn(TenantId, &str, i64) -> Query<ExportRow>),
}

/// Rows of a user, whatever their organizations.
#[derive(Clone, Copy, Debug)]
pub struct UserExport {
    /// Name of the file without its ending, unique in the module: `sessions`.
    pub name: &'static str,
    /// The key before that of every row.
    pub first: &'static str,
    /// Reads the rows behind a key, in the order of their keys, and at most a number of them.
    pub rows: fn(UserId, &str, i64) -> Query<ExportRow>,
}

/// A file of an export.
pub struct ExportFile {
    /// Path below the folder of the module: `content/0198…/prices.csv`.
    pub path: String,
    /// Size in bytes; none: not known before it was read.
    pub size: Option<u64>,
    /// Whether the archive compresses it. What is compressed already, or may be, is stored as it is.
    pub compressed: bool,
    /// The content, in pieces of at most some MiB.
    pub content: BoxStream<'static, Result<Bytes>>,
}
