//! Background jobs of billing.

use std::time::Duration;

use freehold_jobs::{Done, Handler, JobKind, Schedule};

use crate::{Billing, extra, inbox, reconcile, seats, settle::sweep, trial};

/// Job: compares all tenants with Stripe.
pub const RECONCILE: JobKind = JobKind {
    attempts: 3,
    at_once: Some(1),
    time_limit: Duration::from_hours(1),
    ..JobKind::named("billing.reconcile")
};

/// Schedules of the jobs.
pub const SCHEDULES: &[Schedule] =
    &[Schedule { name: RECONCILE.name, every: Duration::from_hours(24), kind: &RECONCILE }, sweep::SCHEDULE];

/// Handlers of the jobs.
pub fn handlers(billing: &Billing) -> Vec<Handler> {
    let of = || billing.clone();
    vec![
        Handler::with(&inbox::EVENT, of(), |billing, job| async move { inbox::event_process(&billing, &job).await }),
        Handler::with(&RECONCILE, of(), |billing, _| async move {
            reconcile::reconcile(&billing).await?.log();
            inbox::events_forget(&billing).await?;
            Ok(Done::Done)
        }),
        Handler::with(&seats::SEATS, of(), |billing, job| async move { seats::seats_follow(&billing, &job).await }),
        Handler::with(&extra::EXTRA, of(), |billing, job| async move { extra::extra_process(&billing, &job).await }),
        Handler::with(&trial::TRIAL_END, of(), |billing, job| async move { trial::trial_end(&billing, &job).await }),
        sweep::handler(billing.clone()),
    ]
}
