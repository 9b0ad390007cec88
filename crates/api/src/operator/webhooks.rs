//! Webhook endpoints whose deliveries fail.

use axum::extract::State;
use freehold_core::{Cursor, TenantId};
use freehold_delivery::webhook::{
    EndpointId,
    trouble::{TroubledEndpoint, endpoint_trouble_list},
};
use freehold_web::{Answer, Backbone, Json, Paging, Query, SignedInOperator};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A webhook endpoint whose deliveries fail.
#[derive(Serialize, ToSchema)]
pub(crate) struct FailingWebhookBody {
    /// Id of the organization.
    #[schema(value_type = Uuid)]
    organization_id: TenantId,
    /// Id of the webhook endpoint.
    #[schema(value_type = Uuid)]
    id: EndpointId,
    /// URL to which events are delivered.
    url: String,
    /// Whether events are still delivered to it.
    enabled: bool,
    /// Since when its deliveries fail, UTC; null for an endpoint that was disabled.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// When it was disabled, UTC; null for an enabled endpoint.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
    /// Why it was disabled: `gone` (it answered 410) or `failing` (for five days); null for an enabled endpoint.
    disabled_because: Option<String>,
}

impl From<TroubledEndpoint> for FailingWebhookBody {
    fn from(endpoint: TroubledEndpoint) -> Self {
        let TroubledEndpoint { tenant_id, id, url, enabled, failing_since, disabled_at, disabled_because } = endpoint;
        Self { organization_id: tenant_id, id, url, enabled, failing_since, disabled_at, disabled_because }
    }
}

/// A page of webhook endpoints whose deliveries fail.
#[derive(Serialize, ToSchema)]
pub(crate) struct FailingWebhookPage {
    /// The endpoints, newest first.
    data: Vec<FailingWebhookBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// List failing webhook endpoints
///
/// Returns the webhook endpoints of all organizations whose last deliveries failed, or that were disabled because of it.
#[utoipa::path(
    get, path = "/webhooks", tag = "Background work", security(("operator" = [])),
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = FailingWebhookPage)),
)]
pub(crate) async fn webhook_list(
    State(backbone): State<Backbone>,
    _: SignedInOperator,
    Query(paging): Query<Paging>,
) -> Answer<Json<FailingWebhookPage>> {
    let page = endpoint_trouble_list(&backbone.db, paging.request()?).await?.map(FailingWebhookBody::from);
    Ok(Json(FailingWebhookPage { data: page.data, next_cursor: page.next_cursor }))
}
