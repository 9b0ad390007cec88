//! Tenancy as a module of the program.

use std::time::Duration;

use freehold_catalog::MEMBERS;
use freehold_core::Area;
use freehold_jobs::{Done, Handler, JobKind, Schedule};
use freehold_module::{Infra, Module};

use crate::{
    MIGRATIONS, STATEMENTS, event,
    invitation::{INVITATION_MAIL, invitations_forget},
};

/// Deletes old invitations, with their addresses.
const INVITATIONS: JobKind = JobKind::maintenance("house.forget_invitations");

const SCHEDULES: &[Schedule] =
    &[Schedule { name: INVITATIONS.name, every: Duration::from_hours(6), kind: &INVITATIONS }];

/// Organizations, their members and invitations, and the audit log.
pub const fn module<C: AsRef<Infra>>() -> Module<C> {
    Module {
        migrations: Some(MIGRATIONS),
        statements: STATEMENTS,
        events: event::ALL,
        mails: &[&[INVITATION_MAIL]],
        counters: &[MEMBERS],
        areas: &[Area::Organization, Area::Members],
        jobs: |context| vec![forget(context.as_ref())],
        schedules: SCHEDULES,
        ..Module::named("tenancy")
    }
}

fn forget(infra: &Infra) -> Handler {
    Handler::with(&INVITATIONS, infra.clone(), |infra, _| async move {
        invitations_forget(&infra.db).await.map(|_| Done::Done)
    })
}
