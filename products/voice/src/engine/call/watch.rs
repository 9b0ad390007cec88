//! Noticing engines that are not heard of any more.

use std::time::Duration;

use freehold_core::{Result, TenantId};
use freehold_jobs::{Done, Handler, Job, JobKind, Schedule};
use freehold_web::Backbone;

use super::{CANCEL, Happening, call_happens, cancel, handover, store};
use crate::{engine::office, run::RunId};

/// Looks for calls whose lease has run out.
pub const WATCH: JobKind = JobKind { attempts: 3, ..JobKind::named("voice.engine_watch") };

/// Every ten seconds, so a lost engine is noticed at most that long after its lease.
pub const SCHEDULE: Schedule = Schedule { name: "voice.engine_watch", every: Duration::from_secs(10), kind: &WATCH };

/// Most calls that are ended in one go.
const AT_ONCE: i64 = 500;

/// Who does the work about engines.
pub(crate) fn handlers(backbone: &Backbone) -> Vec<Handler> {
    let (one, two, three) = (backbone.clone(), backbone.clone(), backbone.clone());
    vec![
        Handler::new(&handover::HANDOVER, move |job| handover::hand_over(one.clone(), job)),
        Handler::new(&CANCEL, move |job| cancel::tell(two.clone(), job)),
        Handler::new(&WATCH, move |job| watch(three.clone(), job)),
    ]
}

async fn watch(backbone: Backbone, _job: Job) -> Result<Done> {
    let now = backbone.clock.now();
    let overdue = backbone.db.system("look for calls whose engine fell silent");
    let mut first_failure = None;
    for (tenant, run) in overdue.fetch_all(store::overdue_list(now, AT_ONCE)).await? {
        // One that cannot be ended is no reason to leave the others.
        if let Err(error) = give_up(&backbone, tenant, run).await {
            first_failure.get_or_insert(error);
        }
    }
    first_failure.map_or(Ok(Done::Done), Err)
}

async fn give_up(backbone: &Backbone, tenant: TenantId, run: RunId) -> Result<()> {
    let caller = backbone.settling_caller(tenant, "give up a call whose engine fell silent").await?;
    let Some(caller) = caller else { return Ok(()) };
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    // Looked at again under its lock: a report may have come meanwhile.
    call_happens(&mut tx, office(backbone, &caller), run, Happening::Watched, backbone.clock.now()).await?;
    tx.commit().await
}
