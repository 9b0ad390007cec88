//! What all interfaces share, as a module of the program.

use std::time::Duration;

use freehold_jobs::{Done, Handler, JobKind, Schedule};
use freehold_module::{Infra, Module};

use crate::{
    idempotency::{MIGRATIONS, STATEMENTS, forget_old},
    purposes,
};

/// Deletes expired answers to requests with an `Idempotency-Key`.
const ANSWERS: JobKind = JobKind::maintenance("house.forget_answers");
const SCHEDULES: &[Schedule] = &[Schedule { name: ANSWERS.name, every: Duration::from_mins(10), kind: &ANSWERS }];

/// The answers that are kept for requests with an `Idempotency-Key`.
pub const fn module<C: AsRef<Infra>>() -> Module<C> {
    Module {
        migrations: Some(MIGRATIONS),
        statements: &[STATEMENTS],
        seal_purposes: purposes::ALL,
        jobs: |context| vec![forget(context.as_ref())],
        schedules: SCHEDULES,
        ..Module::named("web")
    }
}

fn forget(infra: &Infra) -> Handler {
    Handler::with(&ANSWERS, infra.clone(), |infra, _| async move { forget_old(&infra.db).await.map(|_| Done::Done) })
}
