//! Deletes audit entries that are older than the plan of their organization keeps them.

use std::time::Duration;

use freehold_core::{Context, Result};
use freehold_jobs::{Done, Handler, JobKind, Schedule};
use freehold_tenancy::{audit::audit_cut, tenant::tenants_after};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::App;

const CUT_AUDIT: JobKind = JobKind::maintenance("app.cut_audit");

pub(crate) const SCHEDULE: Schedule =
    Schedule { name: CUT_AUDIT.name, every: Duration::from_hours(24), kind: &CUT_AUDIT };

pub(crate) fn handler(app: &App) -> Handler {
    Handler::with(&CUT_AUDIT, app.clone(), |app, _| async move { audit_retain(&app).await.map(|_| Done::Done) })
}

/// Deletes the entries of all organizations that are older than their plans keep them; returns their number. An
/// organization whose entries cannot be deleted does not keep the others from it.
///
/// # Errors
/// The first error, after the other organizations.
pub async fn audit_retain(app: &App) -> Result<u64> {
    let (mut deleted, mut after, mut failed) = (0, Uuid::nil(), None);
    loop {
        let tenants = tenants_after(&app.db, after).await?;
        let Some(last) = tenants.last() else { return failed.map_or(Ok(deleted), Err) };
        after = last.0.uuid();
        for (tenant, bought) in tenants {
            let cut = async {
                let plan = app.entitlements.plan(&app.db, &bought).await?;
                let Some(days) = plan.audit_days else { return Ok(0) };
                let kept = SignedDuration::from_hours(24 * i64::from(days));
                let before = app.clock.now().saturating_sub(kept).context("subtracting days")?;
                audit_cut(&app.infra, tenant, before).await
            };
            match cut.await {
                Ok(some) => deleted += some,
                Err(error) => failed = failed.or(Some(error)),
            }
        }
    }
}
