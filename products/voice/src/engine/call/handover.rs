//! Posting a call to its engine.

use std::time::Duration;

use freehold_app::App;
use freehold_core::{Caller, Error, Result, Standing, codes};
use freehold_jobs::{Backoff, Done, Job, JobKind};
use freehold_outbound::{Answer, Failure, SendError, header};

use super::{
    Happening, call_happens,
    message::{Message, OfRun, Start, message_send},
    store,
};
use crate::{engine::http_minute, execution::Reason, run::RunId};

/// The job that posts a run to its engine, with retries for up to a quarter of an hour. An engine that asks for a later
/// retry gets it then.
pub const HANDOVER: JobKind = JobKind {
    attempts: 8,
    at_once: Some(8),
    backoff: Backoff { first: Duration::from_secs(2), factor: 3, most: Duration::from_mins(5) },
    ..JobKind::named("voice.engine_handover")
};

/// The longest delay that an engine may ask for at once.
const PATIENCE: Duration = Duration::from_mins(10);

/// How often a run of a suspended organization is checked.
const WHILE_SUSPENDED: Duration = Duration::from_mins(1);

/// What an engine's response, or its absence, means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// The engine has accepted the call.
    Taken,
    /// The engine has refused the call for good.
    Refused,
    /// The engine is busy for this long.
    Busy(Duration),
    /// A retry may succeed.
    Again(String),
}

/// One attempt.
pub(super) async fn hand_over(app: App, job: Job) -> Result<Done> {
    let id = job.payload::<OfRun>()?.run_id;
    let Some(tenant) = job.tenant else { return Ok(Done::GiveUp(Error::internal("a run without a tenant"))) };
    let caller = app.system_caller(tenant, "hand a run to its engine").await?;
    let Some(caller) = caller else { return Ok(Done::Done) };
    if caller.standing() != Standing::Good {
        // A suspended organization starts no new calls. If it stays suspended, the watch ends the run.
        return Ok(Done::Again(app.clock.now() + WHILE_SUSPENDED));
    }
    let found = app.db.tenant(&caller).fetch_optional(store::handover_find(id)).await?;
    // The run was cancelled or deleted, or the engine has reported on it already.
    let Some(told) = found.filter(|told| told.status == "queued") else { return Ok(Done::Done) };
    let verdict = if told.enabled { ask(&app, &caller, id, &told).await? } else { Verdict::Refused };
    let now = app.clock.now();
    let happening = match verdict {
        Verdict::Taken => Happening::Taken,
        Verdict::Refused => Happening::NotTaken(Reason::EngineRefused),
        Verdict::Busy(wait) if now + wait < told.lease_until => return Ok(Done::Again(now + wait)),
        Verdict::Again(why) if job.attempt < HANDOVER.attempts => {
            return Err(Error::new(codes::UNAVAILABLE, "The engine did not accept the run.").caused_by(why));
        }
        Verdict::Busy(_) | Verdict::Again(_) => Happening::NotTaken(Reason::EngineUnreachable),
    };
    let mut tx = app.db.tenant(&caller).begin().await?;
    call_happens(&mut tx, http_minute(&app), id, happening).await?;
    job.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(Done::Done)
}

/// Asks the engine to accept the call.
async fn ask(app: &App, caller: &Caller, run_id: RunId, told: &store::HandoverRow) -> Result<Verdict> {
    let start = Start {
        run_id,
        workflow_id: told.workflow_id,
        workflow_version: told.version,
        direction: &told.direction,
        phone_number: told.phone_number.as_deref(),
        inputs: told.execution.0.variables(),
        graph: &told.graph.0,
        callback_url: format!("{}/api/v1/engine-callbacks", app.site_url),
        lease_seconds: told.lease_seconds,
        longest_seconds: told.longest_seconds,
    };
    let message = Message::Start(Box::new(start));
    Ok(verdict(message_send(app, caller, told.engine_id, &told.url, &message).await?))
}

fn verdict(answer: Result<Answer, SendError>) -> Verdict {
    match answer {
        Ok(answer) => {
            let after = answer.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            of_status(answer.status, after)
        }
        // The URL leads to an address that is not permitted, and a retry would not change that.
        Err(error) if error.failure() == Failure::Refused => Verdict::Refused,
        Err(error) => Verdict::Again(error.to_string()),
    }
}

fn of_status(status: u16, retry_after: Option<&str>) -> Verdict {
    let wait = retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    match (status, wait) {
        (200..=299, _) => Verdict::Taken,
        (429 | 503, Some(wait)) => Verdict::Busy(wait.clamp(Duration::from_secs(1), PATIENCE)),
        (408 | 425 | 429 | 500.., _) => Verdict::Again(format!("it answered {status}")),
        _ => Verdict::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_whether_to_go_on_to_stop_or_to_wait() {
        for status in [200, 202, 204, 299] {
            assert_eq!(of_status(status, None), Verdict::Taken);
        }
        for status in [301, 307, 400, 401, 404, 409, 410, 422] {
            assert_eq!(of_status(status, Some("5")), Verdict::Refused);
        }
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert!(matches!(of_status(status, None), Verdict::Again(_)));
        }
        assert!(matches!(of_status(500, Some("5")), Verdict::Again(_)));
        assert!(matches!(of_status(429, Some("tomorrow")), Verdict::Again(_)));
        assert_eq!(of_status(429, Some("7")), Verdict::Busy(Duration::from_secs(7)));
        assert_eq!(of_status(503, Some("0")), Verdict::Busy(Duration::from_secs(1)));
        assert_eq!(of_status(429, Some("99999999")), Verdict::Busy(PATIENCE));
    }
}
