//! Requests of exports, within the limit of the plan.

use std::time::Duration;

use freehold_catalog::{ExportLimit, Exports, Period};
use freehold_core::{Error, Result, UserId, codes};
use freehold_db::{
    TenantTx,
    audit::{NewEntry, audit_append},
};
use freehold_jobs::{JobKind, NewJob, QueueTerms, job_enqueue};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{EXPORT_LIMIT_REACHED, ExportId, ExportRecord, Scope, store};

/// How many exports of their own data a user may request.
pub const USER_LIMIT: Exports = Exports::of(1, Period::Day);

/// A request of an export.
#[derive(Clone, Debug)]
pub struct Requested<'a> {
    /// Whose data the export contains.
    pub scope: Scope,
    /// `user` or `key`.
    pub by_kind: &'static str,
    /// Id of the user or API key that requests it.
    pub by: Uuid,
    /// Id of the user who gets the mail.
    pub mail_to: UserId,
    /// The limit of the plan.
    pub limit: Exports,
    /// Who has the limit, for messages: `The plan Free`.
    pub limited_by: &'a str,
    /// The job that writes the archive, with an [`ExportJob`] as its payload.
    pub job: &'static JobKind,
    /// How many turns the organization's jobs get.
    pub weight: i16,
}

/// The payload of the job.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ExportJob {
    /// Id of the export whose archive the job writes.
    pub export: ExportId,
    /// Id of the user whose own data it contains; none for an organization's data.
    pub user: Option<UserId>,
}

/// Requests an export of the transaction's tenant. While one is open, that one is returned and nothing else happens.
/// The caller of this function has checked who may; after an error the transaction must not be committed.
///
/// # Errors
/// `export_limit_reached`; `conflict` when the open export ended in this moment.
pub async fn export_request(tx: &mut TenantTx, new: Requested<'_>) -> Result<ExportRecord> {
    let (tenant, id) = (tx.caller().tenant(), tx.id());
    let Requested { scope, by_kind, by, mail_to, limit, limited_by, job, weight } = new;
    let job = NewJob::now(
        tx.id(),
        job,
        json!(ExportJob { export: id, user: (scope == Scope::User).then_some(mail_to) }),
        tx.now(),
    );
    let row = store::RequestRow {
        tenant,
        id,
        scope: scope.name(),
        requested_kind: by_kind,
        requested_by: by,
        mail_to,
        job: job.id,
    };
    // Inserted before it is counted: of two requests at once, the second waits here, and counts the first.
    let Some(export) = tx.fetch_optional(store::export_insert(row)).await? else {
        let ended = "The export that was being written has just ended. Send the request again.";
        let open = tx.fetch_optional(store::export_find_open()).await?;
        return open.ok_or_else(|| Error::new(codes::CONFLICT, ended));
    };
    if let Some(limit) = limit.limit {
        let (counted,) = tx.fetch_one(store::exports_count(limit.counted_from(tx.now()))).await?;
        if counted > i64::from(limit.most) {
            return Err(refused(tx, limit, limited_by));
        }
    }
    // A full queue does not keep an organization from its data: there is one export at a time.
    job_enqueue(tx, &QueueTerms { weight, room: None }, job).await?;
    if scope == Scope::Organization {
        let entry = NewEntry::new(tx.id(), "export.requested", id);
        audit_append(tx, entry).await?;
    }
    Ok(export)
}

fn refused(tx: &TenantTx, limit: ExportLimit, limited_by: &str) -> Error {
    let (next, ExportLimit { most, period }) = (limit.next(tx.now()), limit);
    let exports = if most == 1 { "export" } else { "exports" };
    let day = next.strftime("%-d %B %Y, %H:%M UTC");
    let message =
        format!("{limited_by} allows {most} {exports} a {period}. The next one can be requested from {day} on.");
    let wait = Duration::try_from(next.duration_since(tx.now())).unwrap_or_default();
    Error::new(EXPORT_LIMIT_REACHED, message).with_retry_after(wait)
}
