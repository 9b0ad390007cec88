//! Stores the results of requests in batches.

use std::sync::Arc;

use freehold_core::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::mpsc, time::sleep};

use super::{Claimed, store};
use crate::webhook::{Attempt, Parts, settings::Rhythm, verdict::Verdict};

/// Most results in one batch.
const BATCH: usize = 256;

/// A request that has ended.
pub(super) struct Ended {
    /// The delivery that was attempted.
    pub(super) delivery: Claimed,
    /// When the lease of the delivery ends.
    pub(super) until: Timestamp,
    /// The attempt with its result.
    pub(super) attempt: Attempt,
    /// What follows from the attempt.
    pub(super) verdict: Verdict,
}

/// Stores results until all senders of the channel are gone. Waits while the database is away.
pub(super) async fn run(parts: Arc<Parts>, mut arriving: mpsc::Receiver<Ended>) {
    let mut rhythm = Rhythm::new(&parts.settings);
    let mut batch = Vec::with_capacity(BATCH);
    while arriving.recv_many(&mut batch, BATCH).await > 0 {
        loop {
            match write(&parts, &batch).await {
                Ok(()) => break,
                Err(error) if error.is_temporary() => {
                    sleep(rhythm.trouble("the outcome of webhooks is not written down", &error)).await;
                }
                // One result cannot be stored, so store each of them on its own.
                Err(_) => break one_by_one(&parts, &batch).await,
            }
        }
        rhythm.after(true);
        batch.clear();
    }
}

/// Stores each result on its own. A delivery whose result cannot be stored is sent again when its lease ends.
async fn one_by_one(parts: &Parts, batch: &[Ended]) {
    for ended in batch {
        if let Err(error) = write(parts, std::slice::from_ref(ended)).await {
            tracing::error!(?error, delivery = ?ended.delivery, "the outcome of a webhook cannot be written down");
        }
    }
}

async fn write(parts: &Parts, batch: &[Ended]) -> Result<()> {
    let now = parts.clock.now();
    let patience = SignedDuration::try_from(parts.settings.failing_for).context("reading a setting")?;
    let attempts = batch.iter().map(|ended| serde_json::to_value(&ended.attempt)).collect::<Result<Vec<_>, _>>();
    let settle = store::webhook_settle(store::Outcomes {
        tenants: batch.iter().map(|ended| ended.delivery.tenant_id).collect(),
        endpoints: batch.iter().map(|ended| ended.delivery.endpoint_id.uuid()).collect(),
        events: batch.iter().map(|ended| ended.delivery.event_id.uuid()).collect(),
        leases: batch.iter().map(|ended| ended.until).collect(),
        states: batch.iter().map(|ended| ended.verdict.state.to_owned()).collect(),
        dues: batch.iter().map(|ended| ended.verdict.due_at).collect(),
        holds: batch.iter().map(|ended| ended.verdict.hold).collect(),
        attempts: attempts.context("writing an attempt")?,
        gone: batch.iter().filter(|ended| ended.verdict.gone).map(|ended| ended.delivery.endpoint_id.uuid()).collect(),
        failing_before: now.saturating_sub(patience).unwrap_or(Timestamp::MIN),
        product_name: &parts.product_name,
        site_url: &parts.site_url,
    });
    let armed = parts.db.system("settle webhooks that were sent").fetch_optional(settle).await?;
    if armed.is_some_and(|(armed,)| armed) {
        parts.due.notify_one();
    }
    Ok(())
}
