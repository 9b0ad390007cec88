//! Where Stripe tells us that something happened.

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

/// What became of an event.
#[derive(Serialize, ToSchema)]
pub(crate) struct StripeEventReceived {
    /// `new`: it is stored and will be dealt with; `known`: it came before; `ignored`: it is stored, and nothing follows from it.
    received: &'static str,
}

/// The place that people give to Stripe, outside of the API: `/webhooks/stripe`.
pub fn routes() -> Router<Backbone> {
    Router::new().route("/webhooks/stripe", post(stripe_event_receive))
}

/// Receive an event of Stripe
///
/// For Stripe only: what comes has to be signed by it, as sent and within the last 5 minutes. Whatever is signed is stored and
/// answered at once, and dealt with afterwards. Also at `/webhooks/stripe`.
#[utoipa::path(post, path = "/webhooks/stripe", tag = "Billing", security(()), request_body = Object,
    params(("Stripe-Signature" = String, Header, description = "Made by Stripe over the body as it was sent")),
    responses((status = 200, body = StripeEventReceived)))]
pub(crate) async fn stripe_event_receive(
    State(backbone): State<Backbone>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Answer<(StatusCode, Json<StripeEventReceived>)> {
    let billing = super::sold(&backbone)?;
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let received = match event_receive(billing, signature, &body).await? {
        Received::New => "new",
        Received::Known => "known",
        Received::Ignored => "ignored",
    };
    Ok((StatusCode::OK, Json(StripeEventReceived { received })))
}
