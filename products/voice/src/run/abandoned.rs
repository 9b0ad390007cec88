//! Ending live runs that were not continued, and releasing the reservations of their calls.

use std::time::Duration;

use freehold_app::App;
use freehold_core::{Money, Result, TenantId};
use freehold_jobs::{Done, Handler, JobKind, Schedule};

use super::{LIVE_AT_MOST, RunId, run_abandon, store};

/// The job that ends such runs.
pub(crate) const ABANDON: JobKind = JobKind { at_once: Some(1), ..JobKind::named("voice.runs_abandon") };

/// Once a minute.
pub(crate) const SCHEDULE: Schedule =
    Schedule { name: "voice.runs_abandon", every: Duration::from_mins(1), kind: &ABANDON };

/// Most runs that are ended in one job; the next job ends the rest.
const AT_ONCE: i64 = 500;

/// The handler of [`ABANDON`].
pub(crate) fn handler(app: &App) -> Handler {
    Handler::with(&ABANDON, app.clone(), |app, _| runs_abandon(app))
}

async fn runs_abandon(app: App) -> Result<Done> {
    let began = app.clock.now() - LIVE_AT_MOST;
    let abandoned = app.db.system("find abandoned conversations");
    let mut first_failure = None;
    for (tenant, run) in abandoned.fetch_all(store::abandoned_list(began, AT_ONCE)).await? {
        // An error in one run must not keep the others from being ended.
        if let Err(error) = end(&app, tenant, run).await {
            first_failure.get_or_insert(error);
        }
    }
    first_failure.map_or(Ok(Done::Done), Err)
}

async fn end(app: &App, tenant: TenantId, run: RunId) -> Result<()> {
    let caller = app.settling_caller(tenant, "end an abandoned conversation").await?;
    let Some(caller) = caller else { return Ok(()) };
    let mut tx = app.db.tenant(&caller).begin().await?;
    let nothing = Money::zero(app.product.currency);
    run_abandon(&mut tx, run, nothing).await?;
    tx.commit().await
}
