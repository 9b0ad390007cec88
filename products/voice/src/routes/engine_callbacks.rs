//! `/engine-callbacks`: reports from voice engines.

use axum::{extract::State, http::HeaderMap};
use freehold_core::{Error, codes};
use freehold_web::{Answer, Backbone, Json, RawJson, read_json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    engine::{
        call::{Status, call_report, call_signed, call_tenant, report::Report},
        http_minute,
    },
    run::RunId,
};

/// A message of a voice engine about a run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EngineCallback {
    /// Id of the run.
    #[schema(value_type = uuid::Uuid)]
    run_id: RunId,
    /// The reports, at most 100; empty to renew the lease only.
    #[schema(max_items = 100)]
    reports: Vec<Report>,
}

/// The run of a message: the only part that is read before the signature is verified.
#[derive(Deserialize)]
struct Addressed {
    run_id: RunId,
}

/// The state of the run after a message.
#[derive(Serialize, ToSchema)]
pub(crate) struct EngineCallbackResult {
    /// State of the run: `in_progress`, `completed`, `failed` or `cancelled`. The engine hangs up on any value but
    /// `in_progress`.
    #[schema(value_type = Status)]
    status: &'static str,
    /// When the lease expires without another message, UTC; null once the run has ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    lease_until: Option<Timestamp>,
    /// Number of reports that were new.
    new: usize,
}

/// Report on a run
///
/// Receives reports from voice engines on the progress and end of a run. The credential is the signature over the body
/// (Standard Webhooks, with the engine's secret). Reports may be repeated and come in any order.
#[utoipa::path(
    post, path = "/engine-callbacks", tag = "Engines", request_body = EngineCallback, security(()),
    params(
        ("webhook-id" = String, Header, description = "Id of the message"),
        ("webhook-timestamp" = String, Header, description = "Time of the message in seconds since 1970 (UTC), at \
         most five minutes off"),
        ("webhook-signature" = String, Header, description = "Signature of the message: `v1,` followed by the \
         signature in base64"),
    ),
    responses((status = 200, body = EngineCallbackResult)),
)]
pub(crate) async fn engine_callback_receive(
    State(backbone): State<Backbone>,
    headers: HeaderMap,
    RawJson(body): RawJson,
) -> Answer<Json<EngineCallbackResult>> {
    // One error for everything before the signature is verified, so that it does not reveal which runs exist.
    let refused = || {
        Error::new(
            codes::UNAUTHENTICATED,
            "The signature is invalid for this run. Sign the body with the engine's secret.",
        )
    };
    let Addressed { run_id } = serde_json::from_slice(&body).map_err(|_| refused())?;
    let tenant = call_tenant(&backbone.db, run_id).await?.ok_or_else(refused)?;
    let caller = backbone.settling_caller(tenant, "take a report of an engine").await?.ok_or_else(refused)?;
    if !call_signed(&backbone.db, &caller, &backbone.vault, run_id, &headers, &body).await? {
        return Err(refused().into());
    }
    let EngineCallback { run_id, reports } = read_json(&body)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let received = call_report(&mut tx, http_minute(&backbone), run_id, &reports).await?;
    tx.commit().await?;
    Ok(Json(EngineCallbackResult { status: received.status, lease_until: received.lease_until, new: received.new }))
}
