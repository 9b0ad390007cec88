//! Sends due deliveries: one loop claims them, one task per request sends, and one loop stores the results.

mod book;
mod post;
mod settle;
mod store;

use std::{sync::Arc, time::Duration};

use freehold_core::Result;
use freehold_db::row;
use freehold_jobs::outbox::EventId;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    time::{sleep, timeout},
};
use uuid::Uuid;

pub use store::STATEMENTS;

use self::{book::Book, settle::Ended};
use super::{EndpointId, Parts, settings::Rhythm};

/// Most deliveries in one claim.
const BATCH: usize = 256;
/// How long a sender with few free slots waits for more, so that it does not claim deliveries one by one.
const GATHER: Duration = Duration::from_millis(5);

row! {
    /// A delivery that this sender has leased.
    #[derive(Clone, Copy, Debug)]
    struct Claimed {
        tenant_id: Uuid,
        endpoint_id: EndpointId,
        event_id: EventId,
        tried: i16,
        revision: i32,
    }
}

/// Sends due deliveries, each at least once, until the shutdown signal. Any number of processes may run a sender: they
/// share the work, and take over the leases of a process that died.
pub struct Sender {
    parts: Arc<Parts>,
    room: Arc<Semaphore>,
    book: Book,
}

impl Sender {
    /// A sender that the [`Dispatcher`](super::Dispatcher) with the same parts wakes.
    pub fn new(parts: Parts) -> Self {
        let room = Arc::new(Semaphore::new(parts.settings.in_flight));
        Self { parts: Arc::new(parts), room, book: Book::default() }
    }

    /// Runs until `stop` is true. Then it waits up to `drain` for requests under way; another sender sends the rest
    /// again.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let (ended, arriving) = mpsc::channel(self.parts.settings.in_flight);
        let mut settler = tokio::spawn(settle::run(self.parts.clone(), arriving));
        let mut rhythm = Rhythm::new(&self.parts.settings);
        while !*stop.borrow() {
            let room = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                room = self.gather() => room,
            };
            let pause = match self.send_due(room, &ended).await {
                // After a full batch more deliveries are probably due.
                Ok(sent) if sent >= BATCH / 2 => Duration::ZERO,
                Ok(sent) => rhythm.after(sent > 0),
                Err(error) => rhythm.trouble("deliveries are not claimed", &error),
            };
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                () = self.parts.due.notified() => {}
                () = sleep(pause) => {}
            }
        }
        // The settler ends after the last request.
        drop(ended);
        if timeout(self.parts.settings.drain, &mut settler).await.is_err() {
            settler.abort();
            tracing::info!("some webhooks had not been answered when the sender stopped; they will be sent again");
        }
    }

    /// Takes free slots, at most a batch. Waits for the first one, and then a moment for more.
    async fn gather(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        let mut room = self.room.clone().acquire_owned().await.ok()?;
        if self.room.available_permits() < BATCH.min(self.parts.settings.in_flight / 4) {
            sleep(GATHER).await;
        }
        let more = self.room.available_permits().min(BATCH - 1);
        let more = u32::try_from(more).ok().and_then(|more| self.room.clone().try_acquire_many_owned(more).ok());
        if let Some(more) = more {
            room.merge(more);
        }
        Some(room)
    }

    /// Claims as many deliveries as there are slots, starts sending them, and returns their number.
    async fn send_due(&mut self, room: Option<OwnedSemaphorePermit>, ended: &mpsc::Sender<Ended>) -> Result<usize> {
        let Some(mut room) = room else { return Ok(0) };
        let now = self.parts.clock.now();
        let until = self.lease_end(now);
        let claim = store::webhook_claim(i32::try_from(room.num_permits()).unwrap_or(i32::MAX), until);
        let claimed = self.parts.db.system("claim webhooks that are due").fetch_all(claim).await?;
        self.book.read(&self.parts, &claimed).await?;
        for delivery in &claimed {
            // The endpoint was deleted meanwhile: nothing is sent, and the sweep deletes its deliveries.
            let Some(endpoint) = self.book.endpoint(delivery) else { continue };
            let body = self.book.body(delivery.event_id);
            let place = room.split(1);
            let (parts, delivery, ended) = (self.parts.clone(), *delivery, ended.clone());
            tokio::spawn(async move {
                let (attempt, verdict) = post::post(&parts, &delivery, &endpoint, body).await;
                // The slot stays taken until the settler takes the result, so that sending stops while the database is
                // away.
                let _ = ended.send(Ended { delivery, until, attempt, verdict }).await;
                drop(place);
            });
        }
        Ok(claimed.len())
    }

    fn lease_end(&self, now: Timestamp) -> Timestamp {
        let settings = &self.parts.settings;
        let lease = SignedDuration::try_from(settings.time_limit + settings.lease_beyond).unwrap_or_default();
        now.saturating_add(lease).unwrap_or(now)
    }
}
