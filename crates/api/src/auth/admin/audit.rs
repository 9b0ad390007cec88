//! The audit log of sign-in.

use axum::{
    extract::State,
    http::Uri,
    response::{IntoResponse, Response},
};
use freehold_core::Result;
use freehold_identity::{
    HOUSE,
    audit_entry::{AuditEntry, AuditFilter, AuditScope, audit_entry_list},
};
use freehold_web::{Answer, Backbone, Json, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    administrator::Administrator,
    list::{page_headers, page_of},
    params::invalid,
};

/// Filter and page of the log.
#[derive(Default, Deserialize)]
pub(crate) struct EntryQuery {
    query: Option<String>,
    page: Option<String>,
    per_page: Option<String>,
}

/// An entry of the sign-in audit log.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthAuditEntry)]
pub(crate) struct EntryBody {
    /// Id of the entry.
    id: Uuid,
    /// The facts of the entry: `action`, `actor_id`, `actor_username`, `log_type`, `traits` and others.
    #[schema(value_type = Object)]
    payload: Value,
    /// When it happened, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// IP address of the client; empty when it is unknown.
    ip_address: String,
}

impl From<AuditEntry> for EntryBody {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { id, payload, created_at, ip_address } = entry;
        Self { id, payload: payload.0, created_at, ip_address }
    }
}

/// List sign-in audit entries
///
/// Returns the audit entries of all users, newest first.
#[utoipa::path(
    get, path = "/admin/audit", tag = "Administration",
    params(
        ("query" = Option<String>, Query, description = "`author:`, `action:` or `type:`, followed by a part of the \
         value"),
        ("page" = Option<i64>, Query, minimum = 1, description = "Number of the page, from 1; 1 when left out"),
        ("per_page" = Option<i64>, Query, minimum = 1, maximum = 1_000,
         description = "Page size, 1 to 1,000; 50 when left out"),
    ),
    responses((status = 200, body = Vec<EntryBody>)),
)]
pub(crate) async fn admin_audit_list(
    State(backbone): State<Backbone>,
    administrator: Administrator,
    uri: Uri,
    Query(query): Query<EntryQuery>,
) -> Answer<Response> {
    let (page, per_page) = page_of(query.page.as_ref(), query.per_page.as_ref())?;
    let realm = Some(administrator.realm).filter(|realm| *realm != HOUSE);
    let filter = AuditFilter { holds: query.query.filter(|query| !query.is_empty()).map(scope).transpose()?, realm };
    let offset = (page - 1).saturating_mul(per_page);
    let (entries, total) = audit_entry_list(&backbone.db, &filter, per_page, offset).await?;
    let entries: Vec<EntryBody> = entries.into_iter().map(EntryBody::from).collect();
    let mut response = Json(entries).into_response();
    page_headers(&mut response, &uri, page, per_page, total)?;
    Ok(response)
}

fn scope(query: String) -> Result<(AuditScope, String)> {
    let found = query.split_once(':').and_then(|(scope, text)| {
        let scope = match scope {
            "author" => AuditScope::Author,
            "action" => AuditScope::Action,
            "type" => AuditScope::Type,
            _ => return None,
        };
        Some((scope, text.to_owned()))
    });
    found.ok_or_else(|| invalid(format!("Invalid query scope: {query}")))
}
