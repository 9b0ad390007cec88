//! The handler: the function that runs the jobs of one kind.

use std::sync::Arc;

use freehold_core::{Error, Result};
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::{Job, JobKind};

/// How an attempt ended. An `Err` instead means that the attempt failed: the next attempt follows after the kind's
/// backoff.
#[derive(Debug)]
pub enum Done {
    /// The job succeeded.
    Done,
    /// The attempt succeeded and the job runs again at this time. It does not count as an attempt.
    Again(Timestamp),
    /// The attempt failed with this error, and a retry would fail too: the job becomes a dead letter at once.
    GiveUp(Error),
}

type Run = dyn Fn(Job) -> BoxFuture<'static, Result<Done>> + Send + Sync;

/// Runs the jobs of one kind.
#[derive(Clone)]
pub struct Handler {
    /// The kind of job that this handler runs.
    pub kind: &'static JobKind,
    /// Runs one attempt. The future may be dropped at any moment: when the job exceeds its time limit, is cancelled, or
    /// loses its lease.
    pub run: Arc<Run>,
}

impl Handler {
    /// A handler that runs jobs of this kind with the function `run`.
    pub fn new<F>(kind: &'static JobKind, run: impl Fn(Job) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Done>> + Send + 'static,
    {
        Self { kind, run: Arc::new(move |job| Box::pin(run(job))) }
    }

    /// A handler that runs jobs of this kind with the function `run`, which gets a clone of `context` for each attempt.
    pub fn with<C, F>(kind: &'static JobKind, context: C, run: impl Fn(C, Job) -> F + Send + Sync + 'static) -> Self
    where
        C: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Done>> + Send + 'static,
    {
        Self::new(kind, move |job| run(context.clone(), job))
    }
}
