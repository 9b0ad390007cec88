//! The backbone's maintenance jobs, which belong to no tenant.

use std::time::Duration;

use freehold_delivery::{mail::mails_seal, webhook::sweep};
use freehold_identity::{key::suspension_handler, sweep::sweep as identity_sweep};
use freehold_jobs::{Done, FORGETTING, Handler, JobKind, Schedule, forget_handler};
use freehold_metering::usage::usage_sweep;
use freehold_tenancy::invitation::invitations_forget;
use freehold_web::{Backbone, forget_old};

/// Deletes expired answers to requests with an `Idempotency-Key`.
const ANSWERS: JobKind = chore("house.forget_answers");
/// Releases reservations of usage that have expired.
const PROMISES: JobKind = chore("house.sweep_promises");

/// Deletes expired rows of sign-in.
const SIGN_INS: JobKind = chore("house.sweep_sign_ins");

/// Deletes old invitations, with their addresses.
const INVITATIONS: JobKind = chore("house.forget_invitations");

/// Encrypts the secrets of mails that an older version queued in plain text.
const MAILS: JobKind = chore("house.seal_mails");

const fn chore(name: &'static str) -> JobKind {
    JobKind { attempts: 3, at_once: Some(1), time_limit: Duration::from_mins(5), ..JobKind::named(name) }
}

/// The schedules of the maintenance jobs.
pub const SCHEDULES: &[Schedule] = &[
    FORGETTING,
    Schedule { name: ANSWERS.name, every: Duration::from_mins(10), kind: &ANSWERS },
    Schedule { name: PROMISES.name, every: Duration::from_mins(5), kind: &PROMISES },
    Schedule { name: SIGN_INS.name, every: Duration::from_mins(10), kind: &SIGN_INS },
    Schedule { name: INVITATIONS.name, every: Duration::from_hours(6), kind: &INVITATIONS },
    Schedule { name: MAILS.name, every: Duration::from_mins(10), kind: &MAILS },
    sweep::SCHEDULE,
];

/// The handlers of the maintenance jobs.
pub fn handlers(backbone: &Backbone) -> Vec<Handler> {
    let (answers, promises, sign_ins) = (backbone.clone(), backbone.clone(), backbone.clone());
    let (invitations, mails) = (backbone.clone(), backbone.clone());
    vec![
        suspension_handler(&backbone.identity),
        forget_handler(backbone.db.clone(), backbone.clock.clone()),
        sweep::handler(backbone.db.clone(), backbone.clock.clone()),
        Handler::new(&ANSWERS, move |_| {
            let house = answers.clone();
            async move { forget_old(&house.db, house.clock.now()).await.map(|_| Done::Done) }
        }),
        Handler::new(&SIGN_INS, move |_| {
            let house = sign_ins.clone();
            async move { identity_sweep(&house.identity).await.map(|_| Done::Done) }
        }),
        Handler::new(&INVITATIONS, move |_| {
            let house = invitations.clone();
            async move { invitations_forget(&house.db, house.clock.now()).await.map(|_| Done::Done) }
        }),
        Handler::new(&MAILS, move |_| {
            let house = mails.clone();
            async move { mails_seal(&house.db, &house.vault, &house.random).await.map(|_| Done::Done) }
        }),
        Handler::new(&PROMISES, move |_| {
            let house = promises.clone();
            async move { usage_sweep(&house.db, house.clock.now()).await.map(|()| Done::Done) }
        }),
    ]
}
