//! Response bodies of exports.

use freehold_core::{Cursor, Page, Result, TenantId, UserId};
use freehold_privacy::export::{ExportId, ExportRecord, ExportState, link::export_link};
use freehold_web::Backbone;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// An export of an organization's data or of a user's own data, with its state.
#[derive(Serialize, ToSchema)]
#[schema(as = Export)]
pub(crate) struct ExportBody {
    /// Id of the export.
    #[schema(value_type = Uuid)]
    id: ExportId,
    /// State of the export: `waiting`, `running`, `ready`, `failed` or `expired`.
    state: ExportState,
    /// Id of the user who gets the mail: who requested the export, or is responsible for the key that did.
    #[schema(value_type = Uuid)]
    mail_to: UserId,
    /// When the export was requested, UTC.
    #[schema(value_type = String, format = DateTime)]
    requested_at: Timestamp,
    /// When a worker began to write the archive, UTC; null before.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    /// When the archive was complete or the export had failed, UTC; null before.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// When the archive is deleted, UTC; null until it is complete.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Size of the archive, in bytes; null until it is complete.
    size: Option<i64>,
    /// SHA-256 hash of the archive, in 64 hexadecimal digits; null until it is complete.
    sha256: Option<String>,
    /// Number of files in the archive; null until it is complete.
    entries: Option<i64>,
    /// Number of rows in the archive; null until it is complete.
    rows: Option<i64>,
    /// Why the export failed, in a sentence; null unless it failed.
    failure: Option<String>,
    /// URL from which anyone can download the archive without signing in, until it is deleted; null unless it is ready.
    #[schema(format = "uri")]
    url: Option<String>,
}

impl ExportBody {
    pub(super) fn of(backbone: &Backbone, tenant: TenantId, export: ExportRecord) -> Result<Self> {
        let now = backbone.clock.now();
        let link = export_link(&backbone.vault, tenant, &export, now);
        let url = link.map(|link| format!("{}{link}", backbone.site_url));
        let (state, sha256) = (export.state(now)?, export.sha256_hex());
        let ExportRecord { id, mail_to, requested_at, started_at, ended_at, expires_at, .. } = export;
        let ExportRecord { size, entries, row_count: rows, failure, .. } = export;
        Ok(Self {
            id,
            state,
            mail_to,
            requested_at,
            started_at,
            ended_at,
            expires_at,
            size,
            sha256,
            entries,
            rows,
            failure,
            url,
        })
    }
}

/// A page of exports.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportPage {
    /// The exports, newest first.
    data: Vec<ExportBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

impl ExportPage {
    pub(super) fn of(backbone: &Backbone, tenant: TenantId, page: Page<ExportRecord>) -> Result<Self> {
        let Page { data, next_cursor } = page;
        let data = data.into_iter().map(|export| ExportBody::of(backbone, tenant, export)).collect::<Result<_>>()?;
        Ok(Self { data, next_cursor })
    }
}
