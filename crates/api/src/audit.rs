//! The audit log of an organization: who changed what, and when.

use axum::extract::State;
use freehold_core::{Area, Cursor, Permission};
use freehold_tenancy::audit::{self, Entry, EntryId};
use freehold_web::{Answer, Authenticated, Backbone, Json, Paging, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// An entry of the audit log: one change in the organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEntryBody {
    /// The entry's id.
    #[schema(value_type = Uuid)]
    id: EntryId,
    /// When the change was made, UTC.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The user, key or system that made the change.
    actor: ActorBody,
    /// The kind of change, such as `billing.state_changed`.
    action: String,
    /// The id or name of what was changed; null when the action has no subject.
    subject: Option<String>,
    /// Further facts about the change; the fields depend on `action`.
    #[schema(value_type = Object)]
    detail: Value,
}

/// Kind of the actor of a change.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AuditActorKind)]
pub(crate) enum ActorKind {
    /// A signed-in user.
    User,
    /// An API key.
    Key,
    /// The product's application, by the operator's service key.
    Service,
    /// Freehold itself.
    System,
}

/// The user, key, application or system that made a change.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditActor)]
pub(crate) struct ActorBody {
    /// Kind of actor: `user`, `key`, `service` (the product's application), or `system` (Freehold itself, after a
    /// deadline or a payment).
    #[schema(value_type = ActorKind)]
    kind: String,
    /// Id of the user, API key or service key; null for `system`.
    id: Option<Uuid>,
}

impl From<Entry> for AuditEntryBody {
    fn from(entry: Entry) -> Self {
        let Entry { entry_id: id, at, actor_kind: kind, actor_id, action, subject, detail } = entry;
        Self { id, at, actor: ActorBody { kind, id: actor_id }, action, subject, detail }
    }
}

/// Filter and page of the audit log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditQuery {
    limit: Option<i64>,
    cursor: Option<String>,
    action: Option<String>,
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// The entries, newest first.
    data: Vec<AuditEntryBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// List audit entries
///
/// Returns who changed what in the organization, newest first. An entry is written in the same transaction as its
/// change and never changes. Requires the role admin or owner.
#[utoipa::path(
    get, path = "/audit", tag = "Organizations",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
        ("action" = Option<String>, Query, description = "Return only this action (`billing.state_changed`), or \
         all actions with a prefix (`billing.*`)"),
    ),
    responses((status = 200, body = AuditPage)),
)]
pub(crate) async fn audit_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<AuditQuery>,
) -> Answer<Json<AuditPage>> {
    // The audit log names who paid and who admitted whom, so plain members cannot read it.
    caller.allow(Permission::write(Area::Organization))?;
    let request = Paging::new(query.limit, query.cursor).request()?;
    let page = audit::audit_list(&backbone.db, &caller, query.action.as_deref(), request).await?;
    let page = page.map(AuditEntryBody::from);
    Ok(Json(AuditPage { data: page.data, next_cursor: page.next_cursor }))
}
