//! Who did what.

use axum::extract::State;
use freehold_core::{Area, Cursor, Permission};
use freehold_tenancy::audit::{self, Entry, EntryId};
use freehold_web::{Answer, Authenticated, Backbone, Json, Paging, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// Somebody did something.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEntryBody {
    /// Which entry.
    #[schema(value_type = Uuid)]
    id: EntryId,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who did it.
    actor: ActorBody,
    /// What happened to what: `billing.state_changed`.
    action: String,
    /// To what or whom: an id, or a name.
    subject: Option<String>,
    /// What else is known of it.
    #[schema(value_type = Object)]
    detail: Value,
}

/// Who did something.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActorBody {
    /// `user`, `key`, or `system`: Freehold itself, because of the time or of a payment.
    kind: String,
    /// Which person or key; null for `system`.
    id: Option<Uuid>,
}

impl From<Entry> for AuditEntryBody {
    fn from(entry: Entry) -> Self {
        let Entry { entry_id: id, at, actor_kind: kind, actor_id, action, subject, detail } = entry;
        Self { id, at, actor: ActorBody { kind, id: actor_id }, action, subject, detail }
    }
}

/// Which entries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditQuery {
    limit: Option<i64>,
    cursor: Option<String>,
    action: Option<String>,
}

/// A page of the audit.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// The newest first.
    data: Vec<AuditEntryBody>,
    /// Send it as `cursor` for the next page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// Read the audit
///
/// Who did what in the organization, the newest first. Entries are written in the transaction of what they tell of, and are
/// never changed. For administrators and owners.
#[utoipa::path(get, path = "/audit", tag = "Organizations",
    params(("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query),
        ("action" = Option<String>, Query,
            description = "Only these: `billing.state_changed`, or `billing.*` for all that begin so")),
    responses((status = 200, body = AuditPage)))]
pub(crate) async fn audit_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<AuditQuery>,
) -> Answer<Json<AuditPage>> {
    // It tells who is paid for what and who let whom in, which not every member is to know.
    caller.allow(Permission::write(Area::Organization))?;
    let request = Paging::new(query.limit, query.cursor).request()?;
    let page = audit::audit_list(&backbone.db, &caller, query.action.as_deref(), request).await?;
    let page = page.map(AuditEntryBody::from);
    Ok(Json(AuditPage { data: page.data, next_cursor: page.next_cursor }))
}
