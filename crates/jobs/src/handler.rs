//! Who does the work of a kind.

use std::sync::Arc;

use freehold_core::{Error, Result};
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::{Job, JobKind};

/// How an attempt ended. An `Err` instead is an attempt that failed: the next one follows after the kind's backoff.
#[derive(Debug)]
pub enum Done {
    /// Well.
    Done,
    /// Well so far; run it once more then. Does not count as an attempt.
    Again(Timestamp),
    /// Badly, and another attempt would end no better: it is a dead letter at once.
    GiveUp(Error),
}

type Run = dyn Fn(Job) -> BoxFuture<'static, Result<Done>> + Send + Sync;

/// Does the jobs of one kind.
#[derive(Clone)]
pub struct Handler {
    /// Which kind.
    pub kind: &'static JobKind,
    /// Does one attempt. It may be dropped at any moment: when the job takes too long, is cancelled, or its lease is lost.
    pub run: Arc<Run>,
}

impl Handler {
    /// What does jobs of this kind.
    pub fn new<F>(kind: &'static JobKind, run: impl Fn(Job) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Done>> + Send + 'static,
    {
        Self { kind, run: Arc::new(move |job| Box::pin(run(job))) }
    }
}
