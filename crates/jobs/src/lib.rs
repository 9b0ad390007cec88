//! Things that happen later, and the world that is told: durable jobs and the outbox.
//!
//! A job and an event are written in the transaction of the change that causes them, so they exist when it does and not
//! otherwise.
//!
//! Read in this order: a [`JobKind`] says what kind of work there is, [`job_enqueue`] asks for it, a [`Handler`] does it
//! with a [`Job`] in its hands, a [`Schedule`] asks for it regularly, a [`Worker`] runs the handlers. [`job_list`] and its
//! neighbours are what a tenant sees and may do. [`outbox`] is the other half.

mod handler;
mod job;
mod kind;
mod nudge;
pub mod outbox;
mod queue;
mod record;
mod schedule;
mod worker;

use freehold_db::{Migration, MigrationSet, Statement};

pub use handler::{Done, Handler};
pub use job::{AnyJob, Job, JobId};
pub use kind::{Backoff, JobKind};
pub use nudge::Nudge;
pub use queue::{Enqueued, NewJob, QueueTerms, job_enqueue, job_enqueue_system, jobs_enqueue};
pub use record::{JobFilter, JobRecord, job_cancel, job_get, job_list, job_replay, jobs_replay};
pub use schedule::Schedule;
pub use worker::{FORGET, FORGETTING, Worker, WorkerSettings, forget_handler};

/// The tables of this room.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "jobs",
    migrations: &[
        Migration { number: 1, name: "jobs", sql: include_str!("../migrations/0001_jobs.sql") },
        Migration { number: 2, name: "job_functions", sql: include_str!("../migrations/0002_job_functions.sql") },
        Migration { number: 3, name: "events", sql: include_str!("../migrations/0003_events.sql") },
        Migration { number: 4, name: "claims_in_order", sql: include_str!("../migrations/0004_claims_in_order.sql") },
    ],
};

/// Every statement of this room.
pub const STATEMENTS: &[&[&Statement]] = &[
    queue::STATEMENTS,
    record::STATEMENTS,
    job::STATEMENTS,
    schedule::STATEMENTS,
    worker::STATEMENTS,
    outbox::STATEMENTS,
];
