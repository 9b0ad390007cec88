//! Ending the calls of engines that have stopped reporting.

use std::time::Duration;

use freehold_app::App;
use freehold_core::{Result, TenantId};
use freehold_jobs::{Done, Handler, Job, JobKind, Schedule};

use super::{CANCEL, Happening, call_happens, cancel, handover, store};
use crate::{engine::http_minute, run::RunId};

/// The job that ends calls whose lease has expired.
pub const WATCH: JobKind = JobKind { attempts: 3, ..JobKind::named("voice.engine_watch") };

/// Every ten seconds, so that a lost engine is noticed at most that long after its lease.
pub const SCHEDULE: Schedule = Schedule { name: "voice.engine_watch", every: Duration::from_secs(10), kind: &WATCH };

/// Most calls that are ended in one job.
const AT_ONCE: i64 = 500;

/// The handlers of the jobs of engines.
pub(crate) fn handlers(app: &App) -> Vec<Handler> {
    vec![
        Handler::with(&handover::HANDOVER, app.clone(), handover::hand_over),
        Handler::with(&CANCEL, app.clone(), cancel::tell),
        Handler::with(&WATCH, app.clone(), watch),
    ]
}

async fn watch(app: App, _job: Job) -> Result<Done> {
    let overdue = app.db.system("find calls whose engine is silent");
    let mut first_failure = None;
    for (tenant, run) in overdue.fetch_all(store::overdue_list(AT_ONCE)).await? {
        // An error in one call must not keep the others from being ended.
        if let Err(error) = give_up(&app, tenant, run).await {
            first_failure.get_or_insert(error);
        }
    }
    first_failure.map_or(Ok(Done::Done), Err)
}

async fn give_up(app: &App, tenant: TenantId, run: RunId) -> Result<()> {
    let caller = app.settling_caller(tenant, "give up a call whose engine fell silent").await?;
    let Some(caller) = caller else { return Ok(()) };
    let mut tx = app.db.tenant(&caller).begin().await?;
    // Checked again under the lock, because a report may have arrived meanwhile.
    call_happens(&mut tx, http_minute(app), run, Happening::Watched).await?;
    tx.commit().await
}
