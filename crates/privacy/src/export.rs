//! Exports: an archive of all data of an organization, or of a user's own data.
//!
//! Read in this order: [`export_request`] records a request within the limit of the plan and enqueues the job;
//! `archive` writes the ZIP archive in constant memory from the [`Section`]s that the modules declare;
//! [`export_write`] stores it and makes the export ready; [`export_notify`] sends the mail with the signed
//! [`link`]; [`end`] expires archives and fails exports whose job has ended.
//!
//! The archive is an object of `freehold-files`. A job that is killed leaves an unfinished upload, which the sweep of
//! files deletes, and the next attempt begins anew: an export is ready in the transaction that records its archive, once.

mod archive;
mod codes;
pub mod end;
mod event;
pub mod link;
mod mail;
mod manifest;
mod request;
mod section;
mod store;
mod write;

use data_encoding::HEXLOWER;
use freehold_core::{
    Area, Caller, Error, Id, Kind, OptionExt, Page, PageRequest, Permission, Result, TenantId, UserId,
};
use freehold_db::{Db, row};
use freehold_files::FileId;
use freehold_module::{Export, ExportRows, FIRST_ID};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub use archive::Archived;
pub use codes::{ALL as CODES, EXPORT_LIMIT_REACHED};
pub use event::ALL as EVENTS;
pub use link::EXPORT_LINK;
pub use mail::{TEMPLATES as MAILS, export_notify};
pub use request::{ExportJob, Requested, USER_LIMIT, export_request};
pub use section::Section;
pub use store::STATEMENTS;
pub use write::{Writing, export_fail, export_write};

/// The permission to look for exports and to download their archives.
pub const READ: Permission = Permission::read(Area::Exports);
/// The permission to request exports.
pub const WRITE: Permission = Permission::write(Area::Exports);

/// How long an archive can be downloaded: a week, as long as a signed link is valid at most.
pub const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The exports of an organization, in its next export.
pub(crate) const EXPORTS: &[Export] =
    &[Export { name: "exports", first: FIRST_ID, rows: ExportRows::Tenant(store::exports_export) }];

/// The id of an export.
pub type ExportId = Id<ExportKind>;

/// The kind of [`ExportId`].
pub enum ExportKind {}
impl Kind for ExportKind {
    const NAME: &'static str = "export";
}

/// Whose data an export contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// That of an organization.
    Organization,
    /// That of a user, whatever their organizations.
    User,
}

impl Scope {
    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::User => "user",
        }
    }
}

/// State of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportState {
    /// Its job waits for a worker.
    Waiting,
    /// The archive is being written.
    Running,
    /// The archive can be downloaded.
    Ready,
    /// The archive could not be written; the export does not count against the limit.
    Failed,
    /// The archive was deleted after seven days.
    Expired,
}

/// Makes the ids under which exports of users are stored.
const OF_USERS: Uuid = Uuid::from_u128(0x0f67_2c9a_4b1d_4e0c_9c53_6d8a_1e7b_42f5);

/// The tenant under which the exports of a user's own data are stored. It has no other rows. Row-level security keeps
/// it apart from those of other users and from all organizations.
pub fn tenant_of_user(user: UserId) -> TenantId {
    Id::new(Uuid::new_v5(&OF_USERS, user.uuid().as_bytes()))
}

row! {
    /// An export.
    #[derive(Clone, Debug)]
    pub struct ExportRecord {
        /// Id of the export.
        pub id: ExportId,
        /// `organization` or `user`.
        pub scope: String,
        /// `waiting`, `running`, `ready`, `failed` or `expired`.
        pub state: String,
        /// `user` or `key`.
        pub requested_kind: String,
        /// Id of the user or API key that requested it.
        pub requested_by: Uuid,
        /// Id of the user who gets the mail.
        pub mail_to: UserId,
        /// The archive; none until it is written.
        pub file_id: Option<FileId>,
        /// Size of the archive in bytes; none until it is written.
        pub size: Option<i64>,
        /// SHA-256 hash of the archive; none until it is written.
        pub sha256: Option<Vec<u8>>,
        /// Number of files in the archive; none until it is written.
        pub entries: Option<i64>,
        /// Number of rows in the archive; none until it is written.
        pub row_count: Option<i64>,
        /// Why it failed, for members; none unless it failed.
        pub failure: Option<String>,
        /// When it was requested, UTC.
        pub requested_at: Timestamp,
        /// When writing it began, UTC; none before.
        pub started_at: Option<Timestamp>,
        /// When it was ready or had failed, UTC; none before.
        pub ended_at: Option<Timestamp>,
        /// When the archive is deleted, UTC; none until it is written.
        pub expires_at: Option<Timestamp>,
    }
}

impl ExportRecord {
    /// Whether the archive is still to be written.
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "waiting" | "running")
    }

    /// Whether the archive can be downloaded.
    pub fn is_ready(&self, now: Timestamp) -> bool {
        self.state == "ready" && self.expires_at.is_some_and(|end| end > now)
    }

    /// The state at this time. An archive that has expired and is not deleted yet is `expired`.
    ///
    /// # Errors
    /// `internal` for a state that a newer version stored.
    pub fn state(&self, now: Timestamp) -> Result<ExportState> {
        Ok(match self.state.as_str() {
            "waiting" => ExportState::Waiting,
            "running" => ExportState::Running,
            "ready" if self.is_ready(now) => ExportState::Ready,
            "ready" | "expired" => ExportState::Expired,
            "failed" => ExportState::Failed,
            other => return Err(Error::internal(format!("unknown state of an export: {other:?}"))),
        })
    }

    /// Whether it contains a user's own data.
    pub fn is_of_user(&self) -> bool {
        self.scope == Scope::User.name()
    }

    /// The hash of the archive, in 64 hexadecimal digits; none until it is written.
    pub fn sha256_hex(&self) -> Option<String> {
        self.sha256.as_deref().map(|hash| HEXLOWER.encode(hash))
    }
}

/// A page of the exports of the caller's tenant, newest first. The caller of this function has checked who may.
pub async fn export_list(db: &Db, caller: &Caller, request: PageRequest) -> Result<Page<ExportRecord>> {
    let rows = db.tenant(caller).fetch_all(store::export_list(request.before(), request.rows())).await?;
    Ok(request.page(rows, |export| export.id))
}

/// An export of the caller's tenant. The caller of this function has checked who may.
///
/// # Errors
/// `not_found`.
pub async fn export_get(db: &Db, caller: &Caller, id: ExportId) -> Result<ExportRecord> {
    db.tenant(caller).fetch_optional(store::export_find(id)).await?.or_not_found("export")
}

/// The export with this archive, if it can still be downloaded.
///
/// # Errors
/// `not_found`.
pub async fn export_of_archive(db: &Db, caller: &Caller, archive: FileId) -> Result<ExportRecord> {
    let found = db.tenant(caller).fetch_optional(store::export_of_archive(archive)).await?;
    found.filter(|export| export.is_ready(db.clock().now())).or_not_found("export")
}
