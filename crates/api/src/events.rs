//! Events of the last 30 days, for applications that missed a delivery.

pub(crate) mod publish;

use axum::extract::State;
use freehold_core::{Area, Cursor, Permission};
use freehold_jobs::outbox::{self, EventId, Published};
use freehold_web::{Answer, Authenticated, Backbone, Json, Paging, Path, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// An event, in the form in which webhooks send it.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventBody {
    /// Id of the event, and `webhook-id` of its deliveries.
    #[schema(value_type = Uuid)]
    id: EventId,
    /// Type of the event, such as `call.completed`; [/docs/events](/docs/events) lists all types.
    r#type: String,
    /// Version of the form of `data`, from 1.
    version: i16,
    /// When the event happened, UTC.
    #[schema(value_type = String, format = DateTime)]
    timestamp: Timestamp,
    /// Content of the event; the fields depend on `type`.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

impl From<Published> for EventBody {
    fn from(event: Published) -> Self {
        let Published { id, name, version, timestamp, data } = event;
        Self { id, r#type: name, version, timestamp, data }
    }
}

/// Filter and page of events.
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
    /// The events, oldest first.
    data: Vec<EventBody>,
    /// Value of `cursor` for the next page; null when no later event exists yet.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// List events
///
/// Returns the events of the last 30 days in the order of their commit, oldest first. To catch up, store the id of the
/// last event you have seen and send it as `since`: no event ever appears before a listed one.
#[utoipa::path(
    get, path = "/events", tag = "Events and webhooks",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
        ("type" = Option<String>, Query, description = "Return only this type (`call.completed`), or all types with a \
         prefix (`call.*`)"),
        ("since" = Option<String>, Query, description = "Return only events from this time on, or events after the \
         event with this id"),
    ),
    responses((status = 200, body = EventPage)),
)]
pub(crate) async fn event_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<EventQuery>,
) -> Answer<Json<EventPage>> {
    caller.allow(Permission::read(Area::Events))?;
    let request = Paging::new(query.limit, query.cursor).request()?;
    let pattern = query.r#type.as_deref().map(str::parse).transpose()?;
    let since = query.since.as_deref().map(str::parse).transpose()?;
    let page = outbox::event_list(&backbone.db, &caller, pattern, since, request).await?;
    let page = page.map(EventBody::from);
    Ok(Json(EventPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Get an event
///
/// Returns an event of the last 30 days.
#[utoipa::path(
    get, path = "/events/{id}", tag = "Events and webhooks",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = EventBody)),
)]
pub(crate) async fn event_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EventId>,
) -> Answer<Json<EventBody>> {
    caller.allow(Permission::read(Area::Events))?;
    Ok(Json(outbox::event_get(&backbone.db, &caller, id).await?.into()))
}
