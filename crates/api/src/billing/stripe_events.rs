//! The endpoint for Stripe's webhook events.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use freehold_billing::inbox::{Received, event_receive};
use freehold_web::{Answer, Backbone, Json, RawBody};
use serde::Serialize;
use utoipa::ToSchema;

/// The result of receiving an event.
#[derive(Serialize, ToSchema)]
pub(crate) struct StripeEventReceived {
    /// `new`: the event is stored and will be processed; `known`: the event came before; `ignored`: the event is stored
    /// and has no effect.
    received: Received,
}

/// The route outside of the API that is entered at Stripe: `/webhooks/stripe`.
pub fn routes() -> Router<Backbone> {
    Router::new().route("/webhooks/stripe", post(stripe_event_receive))
}

/// Receive a Stripe event
///
/// Receives webhook events from Stripe only. Stripe's signature over the unchanged body must be at most 5 minutes old.
/// A signed event is stored and answered at once, and processed later. Also at `/webhooks/stripe`.
#[utoipa::path(post, path = "/webhooks/stripe", tag = "Billing", security(()), request_body = Object,
    params(("Stripe-Signature" = String, Header, description = "Stripe's signature over the unchanged body")),
    responses((status = 200, body = StripeEventReceived)))]
pub(crate) async fn stripe_event_receive(
    State(backbone): State<Backbone>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Answer<(StatusCode, Json<StripeEventReceived>)> {
    let billing = super::sold(&backbone)?;
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let received = event_receive(billing, signature, &body).await?;
    Ok((StatusCode::OK, Json(StripeEventReceived { received })))
}
