//! Background jobs of billing.

use std::time::Duration;

use freehold_jobs::{Done, Handler, JobKind, Schedule};

use crate::{Billing, extra, inbox, lifecycle, reconcile, seats, trial};

/// Job: compares all tenants with Stripe.
pub const RECONCILE: JobKind = JobKind {
    attempts: 3,
    at_once: Some(1),
    time_limit: Duration::from_hours(1),
    ..JobKind::named("billing.reconcile")
};

/// Schedules of the jobs.
pub const SCHEDULES: &[Schedule] =
    &[Schedule { name: RECONCILE.name, every: Duration::from_hours(24), kind: &RECONCILE }, lifecycle::SCHEDULE];

/// Handlers of the jobs.
pub fn handlers(billing: &Billing) -> Vec<Handler> {
    let (events, rounds, seated) = (billing.clone(), billing.clone(), billing.clone());
    let (extras, trials) = (billing.clone(), billing.clone());
    vec![
        Handler::new(&inbox::EVENT, move |job| {
            let billing = events.clone();
            async move { inbox::event_process(&billing, &job).await }
        }),
        Handler::new(&RECONCILE, move |_| {
            let billing = rounds.clone();
            async move {
                let report = reconcile::reconcile(&billing).await?;
                report.log();
                inbox::events_forget(&billing).await?;
                Ok(Done::Done)
            }
        }),
        Handler::new(&seats::SEATS, move |job| {
            let billing = seated.clone();
            async move { seats::seats_follow(&billing, &job).await }
        }),
        Handler::new(&extra::EXTRA, move |job| {
            let billing = extras.clone();
            async move { extra::extra_process(&billing, &job).await }
        }),
        Handler::new(&trial::TRIAL_END, move |job| {
            let billing = trials.clone();
            async move { trial::trial_end(&billing, &job).await }
        }),
        lifecycle::handler(billing.clone()),
    ]
}
