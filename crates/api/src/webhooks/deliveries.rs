//! Deliveries of a webhook endpoint, and replaying them.

use axum::{extract::State, http::StatusCode, response::Response};
use freehold_core::{Context, codes};
use freehold_delivery::webhook::{EndpointId, delivery};
use freehold_jobs::outbox::{self, EventId};
use freehold_web::{Answer, Authenticated, Backbone, Json, Paging, Path, Query};
use serde::Deserialize;

use super::{
    accepted,
    delivery_body::{
        DeliveryBody, DeliveryPage, DeliveryState, DeliverySummaryBody, ReplayDeliveries, ReplayedDeliveries,
        WebhookTest,
    },
};

/// Filter and page of deliveries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveryQuery {
    limit: Option<i64>,
    cursor: Option<String>,
    state: Option<DeliveryState>,
}

/// Send a test event
///
/// Sends the event `webhook.test` to this webhook endpoint only, whatever its filter.
#[utoipa::path(
    post, path = "/webhooks/{id}/test", tag = "Events and webhooks",
    params(("id" = Uuid, Path, description = "Id of the webhook endpoint")),
    responses((status = 202, body = WebhookTest)),
)]
pub(crate) async fn webhook_test(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EndpointId>,
) -> Answer<Response> {
    let event_id = delivery::test_send(&backbone.db, &caller, id).await?;
    Ok(accepted(Json(WebhookTest { event_id })))
}

/// List deliveries
///
/// Returns the deliveries of a webhook endpoint in the last 30 days, including waiting ones.
#[utoipa::path(
    get, path = "/webhooks/{id}/deliveries", tag = "Events and webhooks",
    params(
        ("id" = Uuid, Path, description = "Id of the webhook endpoint"),
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
        ("state" = Option<DeliveryState>, Query, description = "Return only deliveries in this state"),
    ),
    responses((status = 200, body = DeliveryPage)),
)]
pub(crate) async fn delivery_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EndpointId>,
    Query(query): Query<DeliveryQuery>,
) -> Answer<Json<DeliveryPage>> {
    let page = Paging::new(query.limit, query.cursor).request()?;
    let state = query.state.map(DeliveryState::name);
    let page = delivery::delivery_list(&backbone.db, &caller, id, state, page).await?.map(DeliverySummaryBody::from);
    Ok(Json(DeliveryPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Get a delivery
///
/// Returns a delivery with the requests and responses of its attempts.
#[utoipa::path(
    get, path = "/webhooks/{id}/deliveries/{event_id}", tag = "Events and webhooks",
    params(
        ("id" = Uuid, Path, description = "Id of the webhook endpoint"),
        ("event_id" = Uuid, Path, description = "Id of the event of the delivery"),
    ),
    responses((status = 200, body = DeliveryBody)),
)]
pub(crate) async fn delivery_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path((id, event)): Path<(EndpointId, EventId)>,
) -> Answer<Json<DeliveryBody>> {
    let delivery = delivery::delivery_get(&backbone.db, &caller, id, event).await?;
    let sent = match outbox::event_get(&backbone.db, &caller, event).await {
        Ok(event) => Some(serde_json::to_string(&event).context("writing an event")?),
        Err(error) if error.is(codes::NOT_FOUND) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Json(DeliveryBody::new(delivery, sent)))
}

/// Replay a delivery
///
/// Sends an event again, with a new series of attempts. Its `webhook-id` stays the same.
#[utoipa::path(
    post, path = "/webhooks/{id}/deliveries/{event_id}/replay", tag = "Events and webhooks",
    params(
        ("id" = Uuid, Path, description = "Id of the webhook endpoint"),
        ("event_id" = Uuid, Path, description = "Id of the event of the delivery"),
    ),
    responses((status = 202)),
)]
pub(crate) async fn delivery_replay(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path((id, event)): Path<(EndpointId, EventId)>,
) -> Answer<StatusCode> {
    delivery::delivery_replay(&backbone.db, &caller, id, event).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Replay deliveries
///
/// Sends the events since a time again, oldest first: those that were not delivered, or all.
#[utoipa::path(
    post, path = "/webhooks/{id}/replay", tag = "Events and webhooks",
    params(("id" = Uuid, Path, description = "Id of the webhook endpoint")),
    request_body = ReplayDeliveries,
    responses((status = 202, body = ReplayedDeliveries)),
)]
pub(crate) async fn webhook_replay(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EndpointId>,
    Json(body): Json<ReplayDeliveries>,
) -> Answer<Response> {
    let replay = delivery::Replay { since: body.since, only_missed: body.only_failed };
    let replayed = delivery::deliveries_replay(&backbone.db, &caller, id, replay).await?;
    Ok(accepted(Json(ReplayedDeliveries { replayed: replayed.count, next_since: replayed.next_since })))
}
