//! The audit log of an organization: who changed what, and when.

pub(crate) mod export;

use axum::extract::State;
use data_encoding::HEXLOWER;
use freehold_core::{Area, Cursor, Permission};
use freehold_db::audit::EntryId;
use freehold_tenancy::audit::{self, Entry, Filter};
use freehold_web::{Answer, Authenticated, Backbone, Json, Paging, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// The permission to read the audit log. It names who paid and who admitted whom, so plain members cannot read it.
const READ: Permission = Permission::write(Area::Organization);

/// An entry of the audit log: one change in the organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEntryBody {
    /// The entry's id.
    #[schema(value_type = Uuid)]
    id: EntryId,
    /// When the change was made, UTC.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The user, key, operator or system that made the change.
    actor: ActorBody,
    /// The client that sent the request; null when the change had no request, or after its user was erased.
    client: Option<ClientBody>,
    /// The kind of change, such as `billing.state_changed`.
    action: String,
    /// The id or name of what was changed; null when the action has no subject.
    subject: Option<String>,
    /// Further facts about the change; the fields depend on `action`.
    #[schema(value_type = Object)]
    detail: Value,
    /// The values before the change; null for actions that change no values.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// The values after the change, with the same fields; null for actions that change no values.
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    /// The names of personal data that was erased with its user, such as `client.address`.
    erased: Vec<String>,
    /// The number of the entry in the organization's chain, from 1; null for the first seconds.
    #[schema(minimum = 1)]
    number: Option<i64>,
    /// SHA-256 over the hash of the entry before it and its own content, in hexadecimal digits; null for the first
    /// seconds.
    hash: Option<String>,
}

/// Kind of the actor of a change.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AuditActorKind)]
pub(crate) enum ActorKind {
    /// A signed-in user.
    User,
    /// An API key.
    Key,
    /// The product's application, by the operator's service key.
    Service,
    /// An operator of the server.
    Operator,
    /// Freehold itself.
    System,
}

impl ActorKind {
    fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Key => "key",
            Self::Service => "service",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }
}

/// The user, key, application, operator or system that made a change.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditActor)]
pub(crate) struct ActorBody {
    /// Kind of actor: `user`, `key`, `service` (the product's application), `operator` (of the server), or `system`
    /// (Freehold itself, after a deadline or a payment).
    #[schema(value_type = ActorKind)]
    kind: String,
    /// Id of the user, API key, service key or operator; null for `system`, and for an operator at the server's
    /// command line.
    id: Option<Uuid>,
}

/// The client that sent the request for a change.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditClient)]
pub(crate) struct ClientBody {
    /// Network address of the client; null when the request had no connection.
    address: Option<String>,
    /// The `User-Agent` header, at most 512 characters; null when the client sent none.
    #[schema(max_length = 512)]
    agent: Option<String>,
}

impl From<Entry> for AuditEntryBody {
    fn from(entry: Entry) -> Self {
        let Entry { entry_id, at, actor_kind, actor_id, action, subject, detail, before, after, .. } = entry;
        let client = (entry.address.is_some() || entry.agent.is_some())
            .then_some(ClientBody { address: entry.address, agent: entry.agent });
        Self {
            id: entry_id,
            at,
            actor: ActorBody { kind: actor_kind, id: actor_id },
            client,
            action,
            subject,
            detail,
            before,
            after,
            erased: entry.erased,
            number: entry.number,
            hash: entry.hash.map(|hash| HEXLOWER.encode(&hash)),
        }
    }
}

/// Filter and page of the audit log.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditQuery {
    limit: Option<i64>,
    cursor: Option<String>,
    /// Return only this action (`billing.state_changed`), or all actions with a prefix (`billing.*`).
    action: Option<String>,
    /// Return only changes by the user, key or operator with this id.
    actor: Option<Uuid>,
    /// Return only changes by this kind of actor.
    actor_kind: Option<ActorKind>,
    /// Return only changes of this subject: an id or a name, as entries have it.
    subject: Option<String>,
    /// Return only changes from this time on.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Return only changes before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
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
    params(AuditQuery),
    responses((status = 200, body = AuditPage)),
)]
pub(crate) async fn audit_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<AuditQuery>,
) -> Answer<Json<AuditPage>> {
    caller.allow(READ)?;
    let AuditQuery { limit, cursor, action, actor, actor_kind, subject, since, until } = query;
    let request = Paging::new(limit, cursor).request()?;
    let actor_kind = actor_kind.map(|kind| kind.name().to_owned());
    let filter = Filter { action, actor, actor_kind, subject, since, until };
    let page = audit::audit_list(&backbone.db, &backbone.vault, &caller, &filter, request).await?;
    let page = page.map(AuditEntryBody::from);
    Ok(Json(AuditPage { data: page.data, next_cursor: page.next_cursor }))
}
