//! Runs the hooks of all modules.

use freehold_core::{Result, TenantId, UserId};
use freehold_db::{Migration, MigrationSet, SystemTx};
use freehold_jobs::{Done, Handler, Job, JobKind};
use freehold_module::Module;
use serde::Deserialize;

use crate::{
    App, erasure, export,
    retention::{SCHEDULE, handler},
};

/// The triggers that enqueue the jobs.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "app",
    tenant_tables: &[],
    migrations: &[Migration { number: 1, name: "hooks", sql: include_str!("../migrations/0001_hooks.sql") }],
};

const PLAN_CHANGED: JobKind = hook("app.plan_changed");
const TENANT_CLOSED: JobKind = hook("app.tenant_closed");
const MEMBER_REMOVED: JobKind = hook("app.member_removed");

/// The kind of a hook's job. Triggers enqueue it under this name.
const fn hook(name: &'static str) -> JobKind {
    JobKind { attempts: 15, ..JobKind::named(name) }
}

#[derive(Deserialize)]
struct Removed {
    user: UserId,
}

/// The module that runs the hooks of the others, and what follows from plans.
pub const fn module() -> Module<App> {
    Module {
        migrations: Some(MIGRATIONS),
        jobs: handlers,
        schedules: &[SCHEDULE, export::SCHEDULE, erasure::SCHEDULE],
        ..Module::named("app")
    }
}

fn handlers(app: &App) -> Vec<Handler> {
    let own = vec![
        Handler::with(&PLAN_CHANGED, app.clone(), |app, job| async move { plan_changed(&app, &job).await }),
        Handler::with(&TENANT_CLOSED, app.clone(), |app, job| async move { tenant_closed(&app, &job).await }),
        Handler::with(&MEMBER_REMOVED, app.clone(), |app, job| async move { member_removed(&app, &job).await }),
        handler(app),
        erasure::handler(app),
    ];
    own.into_iter().chain(export::handlers(app)).collect()
}

/// Runs the hooks of an organization's creation, in its transaction.
pub(crate) async fn tenant_created(app: &App, tx: &mut SystemTx, tenant: TenantId) -> Result<()> {
    for hook in app.modules.iter().filter_map(|module| module.hooks.tenant_created) {
        hook(app, tx, tenant).await?;
    }
    Ok(())
}

async fn plan_changed(app: &App, job: &Job) -> Result<Done> {
    let Some(tenant) = job.tenant else { return Ok(Done::Done) };
    for hook in app.modules.iter().filter_map(|module| module.hooks.plan_changed) {
        hook(app, tenant).await?;
    }
    Ok(Done::Done)
}

async fn tenant_closed(app: &App, job: &Job) -> Result<Done> {
    let Some(tenant) = job.tenant else { return Ok(Done::Done) };
    for hook in app.modules.iter().filter_map(|module| module.hooks.tenant_closed) {
        hook(app, tenant).await?;
    }
    Ok(Done::Done)
}

async fn member_removed(app: &App, job: &Job) -> Result<Done> {
    let Some(tenant) = job.tenant else { return Ok(Done::Done) };
    let user = job.payload::<Removed>()?.user;
    for hook in app.modules.iter().filter_map(|module| module.hooks.member_removed) {
        hook(app, tenant, user).await?;
    }
    Ok(Done::Done)
}
