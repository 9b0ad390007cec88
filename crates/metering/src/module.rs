//! Metering as a module of the program.

use std::time::Duration;

use freehold_core::Area;
use freehold_jobs::{Done, Handler, JobKind, Schedule};
use freehold_module::{Infra, Module};

use crate::{MIGRATIONS, STATEMENTS, action, event, export::EXPORTS, usage::usage_sweep};

/// Releases reservations of usage that have expired.
const RESERVATIONS: JobKind = JobKind::maintenance("house.sweep_promises");

const SCHEDULES: &[Schedule] =
    &[Schedule { name: RESERVATIONS.name, every: Duration::from_mins(5), kind: &RESERVATIONS }];

/// Plan versions, entitlements, usage and rate limits.
pub const fn module<C: AsRef<Infra>>() -> Module<C> {
    Module {
        migrations: Some(MIGRATIONS),
        statements: STATEMENTS,
        events: event::ALL,
        actions: action::ALL,
        areas: &[Area::Usage],
        jobs: |context| vec![sweep(context.as_ref())],
        schedules: SCHEDULES,
        exports: EXPORTS,
        ..Module::named("metering")
    }
}

fn sweep(infra: &Infra) -> Handler {
    Handler::with(
        &RESERVATIONS,
        infra.clone(),
        |infra, _| async move { usage_sweep(&infra.db).await.map(|()| Done::Done) },
    )
}
