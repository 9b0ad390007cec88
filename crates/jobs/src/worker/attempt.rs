//! One attempt at one job.

use std::{any::Any, panic::AssertUnwindSafe};

use freehold_core::{Error, Result, codes};
use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::{sync::oneshot, time::timeout};
use uuid::Uuid;

use super::running::Stop;
use crate::{Done, Handler, Job, JobId, JobKind, job::owner};

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// The attempt succeeded and has already recorded this itself.
    Finished,
    /// The attempt succeeded.
    Done,
    /// The attempt succeeded and the job runs again at this time.
    Again(Timestamp),
    /// The attempt failed with this error.
    Failed(Error),
    /// The attempt failed with an error that a retry would meet again.
    GaveUp(Error),
    /// The attempt was stopped, for this reason.
    Stopped(Stop),
}

/// An attempt that has ended.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) tenant: Uuid,
    pub(super) id: JobId,
    pub(super) kind: &'static JobKind,
    pub(super) attempt: i16,
    pub(super) claim: i32,
    pub(super) ending: Ending,
}

/// Runs the handler until it ends, exceeds its time limit, panics, or is stopped.
pub(super) async fn attempt(handler: Handler, job: Job, stopped: oneshot::Receiver<Stop>) -> Outcome {
    let (tenant, id, kind, attempt, claim) = (owner(job.tenant), job.id, job.kind, job.attempt, job.claim);
    let finished = job.finished.clone();
    // Inside the async block, so that a panic in the handler's first steps, before its first await, is caught too.
    let work = AssertUnwindSafe(async move { (handler.run)(job).await }).catch_unwind();
    let ending = tokio::select! {
        biased;
        Ok(why) = stopped => Ending::Stopped(why),
        ended = timeout(kind.time_limit, work) => match ended {
            Ok(Ok(ended)) => ending(ended, finished.is_set()),
            Ok(Err(panic)) => Ending::Failed(panicked(panic.as_ref())),
            Err(_) => Ending::Failed(too_long(kind)),
        },
    };
    Outcome { tenant, id, kind, attempt, claim, ending }
}

fn ending(ended: Result<Done>, finished: bool) -> Ending {
    match ended {
        // If the transaction in which the job finished was not committed, the job goes back into the queue at the next
        // heartbeat.
        Ok(_) if finished => Ending::Finished,
        Ok(Done::Done) => Ending::Done,
        Ok(Done::Again(at)) => Ending::Again(at),
        Ok(Done::GiveUp(error)) => Ending::GaveUp(error),
        Err(error) => Ending::Failed(error),
    }
}

fn too_long(kind: &JobKind) -> Error {
    Error::new(codes::REQUEST_TIMEOUT, format!("The attempt took longer than {} s.", kind.time_limit.as_secs_f64()))
}

/// A panic's message goes only to the log, because it may hold anything.
fn panicked(panic: &(dyn Any + Send)) -> Error {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::internal(format!("a job's handler panicked: {}", said.unwrap_or("(no text)")))
}
