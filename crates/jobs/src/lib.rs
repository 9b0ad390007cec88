//! Background jobs and the event outbox.
//!
//! A job and an event are written in the transaction of the change that causes them: when the change is committed, so
//! are they, and when it is rolled back, so are they.
//!
//! Read in this order: a [`JobKind`] describes a kind of job, [`job_enqueue`] enqueues a job, a [`Handler`] runs each
//! attempt at a [`Job`], a [`Schedule`] enqueues a job regularly, and a [`Worker`] runs the handlers. [`job_list`] and
//! the functions beside it are what a tenant can see and do. Events are in [`outbox`].

mod handler;
mod job;
mod kind;
mod nudge;
pub mod outbox;
mod queue;
mod record;
mod schedule;
pub mod search;
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

/// The tables of this crate.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "jobs",
    tenant_tables: &["freehold.events", "freehold.jobs"],
    migrations: &[
        Migration { number: 1, name: "jobs", sql: include_str!("../migrations/0001_jobs.sql") },
        Migration { number: 2, name: "job_functions", sql: include_str!("../migrations/0002_job_functions.sql") },
        Migration { number: 3, name: "events", sql: include_str!("../migrations/0003_events.sql") },
        Migration { number: 4, name: "claims_in_order", sql: include_str!("../migrations/0004_claims_in_order.sql") },
    ],
};

/// Every statement of this crate.
pub const STATEMENTS: &[&[&Statement]] = &[
    queue::STATEMENTS,
    record::STATEMENTS,
    search::STATEMENTS,
    job::STATEMENTS,
    schedule::STATEMENTS,
    worker::STATEMENTS,
    outbox::STATEMENTS,
];
