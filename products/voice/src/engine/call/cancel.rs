//! Ending a call before its engine does.

use freehold_app::App;
use freehold_core::{Error, Money, OptionExt, Result, codes};
use freehold_db::TenantTx;
use freehold_jobs::{Done, Job, JobKind};

use super::{
    Happening, call_happens,
    message::{Message, OfRun, message_send},
    store,
};
use crate::run::{Run, RunId};

/// The job that informs an engine that a call was cancelled.
pub const CANCEL: JobKind = JobKind { attempts: 5, ..JobKind::named("voice.engine_cancel") };

/// Cancels a run that waits for its engine, or hangs up a call in progress. The engine is informed.
pub async fn call_cancel(tx: &mut TenantTx, minute: Money, id: RunId) -> Result<Run> {
    match call_happens(tx, minute, id, Happening::Cancelled).await {
        Err(error) if error.is(codes::NOT_FOUND) => {
            tx.fetch_optional(store::run_known(id)).await?.or_not_found("run")?;
            let text = "Only runs on the channel http can be cancelled. End a text run with the event hang_up.";
            Err(Error::new(codes::CONFLICT, text))
        }
        run => run?.or_not_found("run"),
    }
}

/// One attempt to inform the engine. An engine that misses it learns of the end from the response to its next report.
pub(super) async fn tell(app: App, job: Job) -> Result<Done> {
    let run_id = job.payload::<OfRun>()?.run_id;
    let Some(tenant) = job.tenant else { return Ok(Done::GiveUp(Error::internal("a run without a tenant"))) };
    let Some(caller) = app.settling_caller(tenant, "tell an engine to stop").await? else { return Ok(Done::Done) };
    let found = app.db.tenant(&caller).fetch_optional(store::engine_of(run_id)).await?;
    let Some((url, engine)) = found else { return Ok(Done::Done) };
    let last = job.attempt >= CANCEL.attempts;
    match message_send(&app, &caller, engine, &url, &Message::Cancel { run_id }).await? {
        Ok(answer) if answer.status < 500 && answer.status != 429 => Ok(Done::Done),
        _ if last => Ok(Done::Done),
        Ok(answer) => Err(Error::new(codes::UNAVAILABLE, "The engine did not accept the cancellation.")
            .caused_by(format!("it answered {}", answer.status))),
        Err(error) => {
            Err(Error::new(codes::UNAVAILABLE, "The engine did not accept the cancellation.").caused_by(error))
        }
    }
}
