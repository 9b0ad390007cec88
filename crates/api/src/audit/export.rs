//! The chain of an organization's audit log: its signed head, and its entries as a file.

use axum::{
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use freehold_tenancy::audit::{AUDIT_HEAD, Export, Format, Head, audit_head};
use freehold_web::{Answer, Authenticated, Backbone, Json, Query};
use futures_util::stream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::READ;

/// The end of an organization's audit chain, signed.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditHead)]
pub(crate) struct HeadBody {
    /// Id of the organization.
    organization_id: Uuid,
    /// Number of the last entry; 0 for a chain without entries.
    #[schema(minimum = 0)]
    number: i64,
    /// Hash of the last entry, in hexadecimal digits; zeros for a chain without entries.
    hash: String,
    /// When the head was signed, UTC; null for a chain without entries.
    #[schema(value_type = Option<String>, format = DateTime)]
    signed_at: Option<Timestamp>,
    /// The public key of this server's signatures (Ed25519), in hexadecimal digits.
    public_key: String,
    /// The signature, in hexadecimal digits; null for a chain without entries.
    signature: Option<String>,
}

/// Get the head of the audit chain
///
/// Returns the number and the hash of the last audit entry, signed. Keep it: `freehold audit verify --head` shows later
/// whether the entries up to it are still the same. Requires the role admin or owner.
#[utoipa::path(
    get, path = "/audit/head", tag = "Organizations",
    responses((status = 200, body = HeadBody)),
)]
pub(crate) async fn audit_head_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
) -> Answer<Json<HeadBody>> {
    caller.allow(READ)?;
    let signed = audit_head(&backbone.infra, &caller).await?;
    let Head { number, hash } = signed.as_ref().map_or(Head::NONE, |signed| signed.head);
    let key = signed.as_ref().map_or_else(|| backbone.vault.public_key(AUDIT_HEAD), |signed| signed.public_key);
    Ok(Json(HeadBody {
        organization_id: caller.tenant().uuid(),
        number,
        hash: HEXLOWER.encode(&hash),
        signed_at: signed.as_ref().map(|signed| signed.signed_at),
        public_key: HEXLOWER.encode(key.as_bytes()),
        signature: signed.map(|signed| HEXLOWER.encode(&signed.signature)),
    }))
}

/// The form of the file.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AuditExportFormat)]
pub(crate) enum ExportFormat {
    /// A JSON object on each line.
    #[default]
    Jsonl,
    /// A table for spreadsheets.
    Csv,
}

/// What the file contains.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    /// The form of the file. Default jsonl.
    #[serde(default)]
    #[param(value_type = Option<ExportFormat>, inline)]
    format: ExportFormat,
    /// Begin with the first entry since this time. Without it, the file has all entries.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
}

/// Export the audit log
///
/// Returns the entries of the audit chain in their order as a file, with everything that is needed to verify them
/// without this server: `freehold audit verify` names the first entry that was changed, deleted, inserted or moved.
/// Requires the role admin or owner.
#[utoipa::path(
    get, path = "/audit/export", tag = "Organizations",
    params(ExportQuery),
    responses((status = 200, content((String = "application/jsonl"), (String = "text/csv")))),
)]
pub(crate) async fn audit_export(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<ExportQuery>,
) -> Answer<Response> {
    caller.allow(READ)?;
    let (format, kind, extension) = match query.format {
        ExportFormat::Jsonl => (Format::Jsonl, "application/jsonl", "jsonl"),
        ExportFormat::Csv => (Format::Csv, "text/csv; charset=utf-8", "csv"),
    };
    let export = Export::begin(&backbone.infra, &caller, format, query.since).await?;
    // An error ends the connection before the file is complete, which verification would find, too.
    let pieces = stream::try_unfold(export, async |mut export| {
        Ok::<_, freehold_core::Error>(export.next().await?.map(|piece| (piece, export)))
    });
    let disposition = format!("attachment; filename=\"audit-{}.{extension}\"", caller.tenant());
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, Body::from_stream(pieces)).into_response())
}
