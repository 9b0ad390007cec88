//! What the house itself does regularly, as jobs that are nobody's in particular.

use std::time::Duration;

use freehold_delivery::webhook::sweep;
use freehold_jobs::{Done, FORGETTING, Handler, JobKind, Schedule, forget_handler};
use freehold_metering::usage::usage_sweep;
use freehold_web::{Backbone, forget_old};

/// Forgets what requests with an `Idempotency-Key` were answered.
const ANSWERS: JobKind = chore("house.forget_answers");
/// Gives back what was promised to actions that never ended.
const PROMISES: JobKind = chore("house.sweep_promises");

const fn chore(name: &'static str) -> JobKind {
    JobKind { attempts: 3, at_once: Some(1), time_limit: Duration::from_mins(5), ..JobKind::named(name) }
}

/// When what is done.
pub const SCHEDULES: &[Schedule] = &[
    FORGETTING,
    Schedule { name: ANSWERS.name, every: Duration::from_mins(10), kind: &ANSWERS },
    Schedule { name: PROMISES.name, every: Duration::from_mins(5), kind: &PROMISES },
    sweep::SCHEDULE,
];

/// What does it.
pub fn handlers(backbone: &Backbone) -> Vec<Handler> {
    let (answers, promises) = (backbone.clone(), backbone.clone());
    vec![
        forget_handler(backbone.db.clone(), backbone.clock.clone()),
        sweep::handler(backbone.db.clone(), backbone.clock.clone()),
        Handler::new(&ANSWERS, move |_| {
            let house = answers.clone();
            async move { forget_old(&house.db, house.clock.now()).await.map(|_| Done::Done) }
        }),
        Handler::new(&PROMISES, move |_| {
            let house = promises.clone();
            async move { usage_sweep(&house.db, house.clock.now()).await.map(|()| Done::Done) }
        }),
    ]
}
