//! The activity feed of an organization: what happened, in words.

use axum::extract::State;
use freehold_core::Cursor;
use freehold_db::audit::EntryId;
use freehold_tenancy::activity::{self, Activity, ActivityFilter};
use freehold_web::{Answer, Authenticated, Backbone, Json, Paging, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::audit::ActorKind;

/// A change in the organization, in words.
#[derive(Serialize, ToSchema)]
#[schema(as = Activity)]
pub(crate) struct ActivityBody {
    /// Id of the change, which is the id of its audit entry.
    #[schema(value_type = Uuid)]
    id: EntryId,
    /// When the change was made, UTC.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The kind of change, such as `key.created`.
    action: &'static str,
    /// What happened, in a sentence without a full stop: `Ada Lovelace created the API key “nightly import”`.
    text: String,
    /// The user, key, application or system that made the change.
    actor: ActivityActorBody,
    /// Path of the page that shows what was changed; null when there is no page.
    page: Option<String>,
}

/// The user, key, application or system that made a change.
#[derive(Serialize, ToSchema)]
#[schema(as = ActivityActor)]
pub(crate) struct ActivityActorBody {
    /// Kind of actor: `user`, `key`, `service` (the product's application), `operator` (of the server), or `system`
    /// (Freehold itself, after a deadline or a payment).
    #[schema(value_type = ActorKind)]
    kind: String,
    /// Id of the user, or of the API key if you may list keys; null for other actors.
    id: Option<Uuid>,
    /// Name of the actor. Users without a name have their e-mail address while they are members; users whose account was
    /// deleted are `Deleted user`.
    name: String,
}

impl From<Activity> for ActivityBody {
    fn from(activity: Activity) -> Self {
        let Activity { entry_id: id, at, action, actor_kind: kind, actor_id, actor_name: name, sentence, page } =
            activity;
        let actor = ActivityActorBody { kind, id: actor_id, name };
        Self { id, at, action, text: sentence.to_string(), actor, page }
    }
}

/// Filter and page of the activity feed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivityQuery {
    limit: Option<i64>,
    cursor: Option<String>,
    /// Return only this action (`key.created`), or all actions with a prefix (`key.*`).
    action: Option<String>,
    /// Return only changes by the user or key with this id.
    actor: Option<Uuid>,
    /// Return only changes from this time on.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Return only changes before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// A page of the activity feed.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActivityPage {
    /// The changes, newest first.
    data: Vec<ActivityBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// List activity
///
/// Returns what happened in the organization, newest first, each change in a sentence. Every member reads it, and sees
/// the changes in those areas that they may read: changes of API keys, for instance, only with `keys:read`. The audit
/// has the same changes with all their values.
#[utoipa::path(
    get, path = "/activity", tag = "Organizations",
    params(ActivityQuery),
    responses((status = 200, body = ActivityPage)),
)]
pub(crate) async fn activity_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<ActivityQuery>,
) -> Answer<Json<ActivityPage>> {
    caller.allow(activity::READ)?;
    let ActivityQuery { limit, cursor, action, actor, since, until } = query;
    let request = Paging::new(limit, cursor).request()?;
    let filter = ActivityFilter { action, actor, since, until };
    let page =
        activity::activity_list(&backbone.db, &backbone.vault, &caller, backbone.declared(), &filter, request).await?;
    let page = page.map(ActivityBody::from);
    Ok(Json(ActivityPage { data: page.data, next_cursor: page.next_cursor }))
}
