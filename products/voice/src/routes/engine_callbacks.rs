//! `/engine-callbacks`: what voice engines report.

use axum::{extract::State, http::HeaderMap};
use freehold_core::{Error, codes};
use freehold_web::{Answer, Backbone, Json, RawJson, read_json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    engine::{
        call::{call_report, call_signed, call_tenant, report::Report},
        office,
    },
    run::RunId,
};

/// What an engine tells of a run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallbackNew {
    /// Of which run.
    #[schema(value_type = uuid::Uuid)]
    run_id: RunId,
    /// At most 100. None at all is a sign of life.
    #[schema(max_items = 100)]
    reports: Vec<Report>,
}

/// Which run a message is about. All that is read of it before its signature has been checked.
#[derive(Deserialize)]
struct Addressed {
    run_id: RunId,
}

/// Where the run stands after a message.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallbackAnswer {
    /// `in_progress`, `completed`, `failed` or `cancelled`. An engine that reads anything but `in_progress` hangs up.
    status: &'static str,
    /// By when we want to hear of the call again; null once it has ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    lease_until: Option<Timestamp>,
    /// How many of the reports were new.
    new: usize,
}

/// Report on a run
///
/// For voice engines: tells how a run goes on and ends. The credential is the signature over the body (Standard Webhooks,
/// with the engine's secret). A report may be sent again, and in any order.
#[utoipa::path(post, path = "/engine-callbacks", tag = "Engines", request_body = CallbackNew, security(()),
    params(("webhook-id" = String, Header, description = "Names the message"),
        ("webhook-timestamp" = String, Header, description = "Seconds since 1970, at most five minutes from now"),
        ("webhook-signature" = String, Header, description = "`v1,` and the signature")),
    responses((status = 200, body = CallbackAnswer)))]
pub(crate) async fn engine_callback(
    State(backbone): State<Backbone>,
    headers: HeaderMap,
    RawJson(body): RawJson,
) -> Answer<Json<CallbackAnswer>> {
    // Whatever is wrong until the signature has been checked, one answer: nobody learns from it which runs there are.
    let refused = || Error::new(codes::UNAUTHENTICATED, "The signature is not valid for this run.");
    let Addressed { run_id } = serde_json::from_slice(&body).map_err(|_| refused())?;
    let tenant = call_tenant(&backbone.db, run_id).await?.ok_or_else(refused)?;
    let caller = backbone.settling_caller(tenant, "take a report of an engine").await?.ok_or_else(refused)?;
    let now = backbone.clock.now();
    if !call_signed(&backbone.db, &caller, &backbone.vault, run_id, (&headers, &body), now).await? {
        return Err(refused().into());
    }
    let CallbackNew { run_id, reports } = read_json(&body)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let received = call_report(&mut tx, office(&backbone, &caller), run_id, &reports, now).await?;
    tx.commit().await?;
    Ok(Json(CallbackAnswer { status: received.status, lease_until: received.lease_until, new: received.new }))
}
