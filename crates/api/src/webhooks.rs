//! Webhook endpoints of an organization.

mod body;
pub(crate) mod deliveries;
mod delivery_body;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use freehold_db::TenantTx;
use freehold_delivery::webhook::{
    EndpointId,
    endpoint::{self, Endpoint, EndpointDraft, WRITE},
};
use freehold_web::{
    Answer, Authenticated, Backbone, Creation, IfMatch, Json, Paging, Path, Query, Versioned, webhook_room,
    webhook_secrets,
};

use self::body::{CreateWebhook, RotateWebhookSecret, UpdateWebhook, WebhookBody, WebhookPage, WebhookWithSecret};

/// List webhook endpoints
///
/// Returns the organization's webhook endpoints, newest first.
#[utoipa::path(
    get, path = "/webhooks", tag = "Events and webhooks",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = WebhookPage)),
)]
pub(crate) async fn webhook_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(paging): Query<Paging>,
) -> Answer<Json<WebhookPage>> {
    let page = endpoint::endpoint_list(&backbone.db, &caller, paging.request()?).await?.map(WebhookBody::from);
    Ok(Json(WebhookPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Create a webhook endpoint
///
/// Events are sent to the endpoint's URL as they happen, signed after [Standard
/// Webhooks](https://www.standardwebhooks.com). The answer has the signing secret, this once.
///
/// An event is delivered at least once and in no guaranteed order. Every attempt has the event's id as `webhook-id`, so
/// store the ids you have processed. An attempt without an answer of status 200 to 299 within 15 seconds is retried: 10
/// attempts over three days, or later where `Retry-After` asks for it. Redirects are not followed. A 410 disables the
/// endpoint at once, as do five days of failures only.
#[utoipa::path(
    post, path = "/webhooks", tag = "Events and webhooks", request_body = CreateWebhook,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    responses((status = 201, body = WebhookWithSecret)),
)]
pub(crate) async fn webhook_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    creation: Creation<CreateWebhook>,
) -> Answer<Response> {
    caller.allow(WRITE)?;
    let room = webhook_room(&backbone, &caller).await?;
    let create = async |tx: &mut TenantTx, new: CreateWebhook| {
        let (signature, new) = new.split();
        let draft = EndpointDraft::check(new, backbone.outbound.allowed())?;
        let secrets = webhook_secrets(&backbone);
        let (made, secret) = endpoint::endpoint_create(tx, secrets, &room, draft, signature).await?;
        Ok(WebhookWithSecret::new(made, secret))
    };
    Ok(creation.run_shown_once(&backbone, &caller, "secret", create).await?)
}

/// Get a webhook endpoint
///
/// Returns a webhook endpoint without its secret.
#[utoipa::path(
    get, path = "/webhooks/{id}", tag = "Events and webhooks",
    params(("id" = Uuid, Path, description = "Id of the webhook endpoint")),
    responses((status = 200, body = WebhookBody)),
)]
pub(crate) async fn webhook_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EndpointId>,
) -> Answer<Versioned<Json<WebhookBody>>> {
    let endpoint = endpoint::endpoint_get(&backbone.db, &caller, id).await?;
    Ok(versioned(endpoint))
}

/// Update a webhook endpoint
///
/// Updates a webhook endpoint. Enabling it sends the deliveries that have waited since it was disabled. With
/// `If-Match`, only if the endpoint has not changed since.
#[utoipa::path(
    patch, path = "/webhooks/{id}", tag = "Events and webhooks",
    params(
        ("id" = Uuid, Path, description = "Id of the webhook endpoint"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version on which the change is based"),
    ),
    request_body = UpdateWebhook,
    responses((status = 200, body = WebhookBody)),
)]
pub(crate) async fn webhook_update(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EndpointId>,
    if_match: IfMatch,
    Json(body): Json<UpdateWebhook>,
) -> Answer<Versioned<Json<WebhookBody>>> {
    let check = |current: &Endpoint| if_match.check(&current.version());
    let allowed = backbone.outbound.allowed();
    let endpoint = endpoint::endpoint_change(&backbone.db, &caller, id, body.into(), allowed, check).await?;
    Ok(versioned(endpoint))
}

/// Delete a webhook endpoint
///
/// Deletes a webhook endpoint, which frees its place in the plan. Waiting deliveries are never sent.
#[utoipa::path(
    delete, path = "/webhooks/{id}", tag = "Events and webhooks",
    params(("id" = Uuid, Path, description = "Id of the webhook endpoint")),
    responses((status = 204)),
)]
pub(crate) async fn webhook_delete(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EndpointId>,
) -> Answer<StatusCode> {
    endpoint::endpoint_delete(&backbone.db, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rotate a webhook secret
///
/// Creates a new signing secret and returns it, this once. Meanwhile every message has the signatures of both secrets,
/// for a day or `overlap_seconds`, so receivers can switch without losing one.
#[utoipa::path(
    post, path = "/webhooks/{id}/secret", tag = "Events and webhooks", request_body = RotateWebhookSecret,
    params(
        ("id" = Uuid, Path, description = "Id of the webhook endpoint"),
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    responses((status = 201, body = WebhookWithSecret)),
)]
pub(crate) async fn webhook_secret_rotate(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EndpointId>,
    creation: Creation<RotateWebhookSecret>,
) -> Answer<Response> {
    // Rotating invalidates the previous secret.
    let caller = caller.allow_taking_away(WRITE)?;
    let rotate = async |tx: &mut TenantTx, body: RotateWebhookSecret| {
        let secrets = webhook_secrets(&backbone);
        let (made, secret) = endpoint::secret_rotate(tx, secrets, id, body.into()).await?;
        Ok(WebhookWithSecret::new(made, secret))
    };
    Ok(creation.run_shown_once(&backbone, &caller, "secret", rotate).await?)
}

fn versioned(endpoint: Endpoint) -> Versioned<Json<WebhookBody>> {
    Versioned(endpoint.version(), Json(endpoint.into()))
}

/// The body with status 202: accepted for later.
fn accepted(body: impl IntoResponse) -> Response {
    (StatusCode::ACCEPTED, body).into_response()
}
