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
    /// Well, and it has written that down itself.
    Finished,
    /// Well.
    Done,
    /// To be run once more then.
    Again(Timestamp),
    /// With an error.
    Failed(Error),
    /// With an error that would come again.
    GaveUp(Error),
    /// Because it was told to.
    Stopped(Stop),
}

/// An attempt that ended.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) tenant: Uuid,
    pub(super) id: JobId,
    pub(super) kind: &'static JobKind,
    pub(super) attempt: i16,
    pub(super) claim: i32,
    pub(super) ending: Ending,
}

/// Runs the handler until it ends, takes too long, panics, or is told to stop.
pub(super) async fn attempt(handler: Handler, job: Job, stopped: oneshot::Receiver<Stop>) -> Outcome {
    let (tenant, id, kind, attempt, claim) = (owner(job.tenant), job.id, job.kind, job.attempt, job.claim);
    let finished = job.finished.clone();
    // The handler's first steps, before its first wait, may panic as well.
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
        // When the transaction it finished in was not committed after all, the job goes back into the queue at the next beat.
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

/// What a panic says is for the log: it may hold anything.
fn panicked(panic: &(dyn Any + Send)) -> Error {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::internal(format!("a job's handler panicked: {}", said.unwrap_or("(no text)")))
}
