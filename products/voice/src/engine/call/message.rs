//! Signed messages to an engine.

use std::time::Duration;

use freehold_app::App;
use freehold_core::{Caller, Context, OptionExt, Result};
use freehold_outbound::{Answer, Bytes, HeaderMap, HeaderValue, Method, Request, SendError, Url, header, signature};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    engine::{EngineId, secret::keys, store::engine_secrets},
    graph::{Graph, Variables},
    run::RunId,
    workflow::WorkflowId,
};

/// How long an engine may take to respond.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(15);

/// A message to an engine. `docs/voice-engine.md` describes it.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub(super) enum Message<'a> {
    /// Conduct this call.
    #[serde(rename = "run.start")]
    Start(Box<Start<'a>>),
    /// The call was cancelled.
    #[serde(rename = "run.cancel")]
    Cancel {
        /// The run's id.
        run_id: RunId,
    },
}

/// A call to be conducted.
#[derive(Debug, Serialize)]
pub(super) struct Start<'a> {
    pub(super) run_id: RunId,
    pub(super) workflow_id: WorkflowId,
    pub(super) workflow_version: i32,
    pub(super) direction: &'a str,
    pub(super) phone_number: Option<&'a str>,
    pub(super) inputs: &'a Variables,
    pub(super) graph: &'a Graph,
    pub(super) callback_url: String,
    pub(super) lease_seconds: i32,
    pub(super) longest_seconds: i32,
}

/// The payload of the jobs that send messages.
#[derive(Deserialize)]
pub(super) struct OfRun {
    pub(super) run_id: RunId,
}

impl Message<'_> {
    /// The `webhook-id`: the same at every attempt, so that an engine recognizes a message that it has received before.
    fn id(&self) -> String {
        match self {
            Self::Start(start) => start.run_id.to_string(),
            Self::Cancel { run_id } => format!("{run_id}_cancel"),
        }
    }
}

/// Sends a message to an engine, once.
pub(super) async fn message_send(
    app: &App,
    caller: &Caller,
    engine: EngineId,
    url: &str,
    message: &Message<'_>,
) -> Result<Result<Answer, SendError>> {
    let now = app.clock.now();
    let secrets = app.db.tenant(caller).fetch_optional(engine_secrets(engine)).await?.or_not_found("engine")?;
    let keys = keys(&app.vault, &secrets, now)?;
    let request = request(url, &keys, message, now)?;
    Ok(app.outbound.send(request).await)
}

fn request(url: &str, keys: &[signature::Key], message: &Message<'_>, now: Timestamp) -> Result<Request> {
    let body = serde_json::to_vec(message).context("writing a message to an engine")?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    signature::sign_headers(&mut headers, keys, &message.id(), now, &body);
    let url = Url::parse(url).context("reading an engine's address")?;
    Ok(Request { url, method: Method::POST, headers, body: Bytes::from(body), time_limit: TIME_LIMIT })
}
