//! What happened, for whoever was away.

use axum::extract::State;
use freehold_core::{Area, Cursor, Permission};
use freehold_jobs::outbox::{self, EventId, Published};
use freehold_web::{Answer, Authenticated, Backbone, Json, Paging, Path, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// An event, as webhooks send it.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventBody {
    /// Which; the `webhook-id` of its deliveries.
    #[schema(value_type = Uuid)]
    id: EventId,
    /// `call.completed`; [/docs/events](/docs/events) lists them all.
    r#type: String,
    /// Of the form of `data`.
    version: i16,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    timestamp: Timestamp,
    /// What happened.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

impl From<Published> for EventBody {
    fn from(event: Published) -> Self {
        let Published { id, name, version, timestamp, data } = event;
        Self { id, r#type: name, version, timestamp, data }
    }
}

/// Which events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventQuery {
    limit: Option<i64>,
    cursor: Option<String>,
    r#type: Option<String>,
    since: Option<String>,
}

/// A page of events.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventPage {
    /// The oldest first.
    data: Vec<EventBody>,
    /// Send it as `cursor` for the next page; null when there is no more for now.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// List events
///
/// What happened in the last 30 days, in the order in which it became true, the oldest first. To catch up, remember the last
/// event's id and send it as `since`: nothing ever appears before an event that was listed.
#[utoipa::path(get, path = "/events", tag = "Events and webhooks",
    params(("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query),
        ("type" = Option<String>, Query, description = "Only these: `call.completed`, or `call.*` for all that begin so"),
        ("since" = Option<String>, Query, description = "Only from this time on, or only what came after the event with this id")),
    responses((status = 200, body = EventPage)))]
pub(crate) async fn event_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<EventQuery>,
) -> Answer<Json<EventPage>> {
    caller.allow(Permission::read(Area::Events))?;
    let request = Paging::new(query.limit, query.cursor).request()?;
    let pattern = query.r#type.as_deref().map(str::parse).transpose()?;
    let since = query.since.as_deref().map(str::parse).transpose()?;
    let page = outbox::event_list(&backbone.db, &caller, pattern, since, request, backbone.clock.now()).await?;
    let page = page.map(EventBody::from);
    Ok(Json(EventPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Read an event
///
/// One event of the last 30 days.
#[utoipa::path(get, path = "/events/{id}", tag = "Events and webhooks", params(("id" = Uuid, Path)),
    responses((status = 200, body = EventBody)))]
pub(crate) async fn event_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EventId>,
) -> Answer<Json<EventBody>> {
    caller.allow(Permission::read(Area::Events))?;
    Ok(Json(outbox::event_get(&backbone.db, &caller, id).await?.into()))
}
