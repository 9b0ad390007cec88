//! Operators as a module of the program.

use std::time::Duration;

use freehold_jobs::{Done, Handler, JobKind, Schedule};
use freehold_module::{Infra, Module};

use crate::{MIGRATIONS, STATEMENTS, impersonation::impersonations_expire, purposes, session::sessions_forget};

/// Records the ends of operators' sessions in organizations.
const IMPERSONATIONS: JobKind = JobKind::maintenance("operators.end_impersonations");
/// Deletes old sessions of operators.
const SESSIONS: JobKind = JobKind::maintenance("operators.forget_sessions");

const SCHEDULES: &[Schedule] = &[
    Schedule { name: IMPERSONATIONS.name, every: Duration::from_secs(30), kind: &IMPERSONATIONS },
    Schedule { name: SESSIONS.name, every: Duration::from_hours(6), kind: &SESSIONS },
];

/// Operators of the server.
pub const fn module<C: AsRef<Infra>>() -> Module<C> {
    Module {
        migrations: Some(MIGRATIONS),
        statements: STATEMENTS,
        seal_purposes: purposes::ALL,
        jobs: |context| vec![expire(context.as_ref()), forget(context.as_ref())],
        schedules: SCHEDULES,
        ..Module::named("operators")
    }
}

fn expire(infra: &Infra) -> Handler {
    Handler::with(&IMPERSONATIONS, infra.clone(), |infra, _| async move {
        impersonations_expire(&infra.db).await.map(|_| Done::Done)
    })
}

fn forget(infra: &Infra) -> Handler {
    Handler::with(
        &SESSIONS,
        infra.clone(),
        |infra, _| async move { sessions_forget(&infra.db).await.map(|_| Done::Done) },
    )
}
