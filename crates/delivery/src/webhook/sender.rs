//! Sends what is due. One loop claims, a task for each request sends, one loop writes down what came of it.

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

/// How many deliveries are claimed at once.
const BATCH: usize = 256;
/// How long a sender with little room waits for more, so that it does not claim one by one.
const GATHER: Duration = Duration::from_millis(5);

row! {
    /// A delivery that is ours until its lease ends.
    #[derive(Clone, Copy, Debug)]
    struct Claimed {
        tenant_id: Uuid,
        endpoint_id: EndpointId,
        event_id: EventId,
        tried: i16,
        revision: i32,
    }
}

/// Sends deliveries that are due, at least once each, until it is told to stop. Any number of processes may run one: they
/// share the work, and take over what one that died had leased.
pub struct Sender {
    parts: Arc<Parts>,
    room: Arc<Semaphore>,
    book: Book,
}

impl Sender {
    /// One that is woken by the [`Dispatcher`](super::Dispatcher) with the same parts.
    pub fn new(parts: Parts) -> Self {
        let room = Arc::new(Semaphore::new(parts.settings.in_flight));
        Self { parts: Arc::new(parts), room, book: Book::default() }
    }

    /// Works until `stop` is true. Then requests under way have some seconds to end; what does not is sent again by
    /// somebody else.
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
                // There is more where that came from, as far as anybody knows.
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
        // The settler ends when the last request has.
        drop(ended);
        if timeout(self.parts.settings.drain, &mut settler).await.is_err() {
            settler.abort();
            tracing::info!("some webhooks had not been answered when the sender stopped; they will be sent again");
        }
    }

    /// As much room as there is, for a batch at most. Waits for some, and then a moment for enough.
    async fn gather(&self) -> Option<OwnedSemaphorePermit> {
        // Nobody closes the semaphore.
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

    /// Claims what there is room for and sets it on its way; how many.
    async fn send_due(&mut self, room: Option<OwnedSemaphorePermit>, ended: &mpsc::Sender<Ended>) -> Result<usize> {
        let Some(mut room) = room else { return Ok(0) };
        let now = self.parts.clock.now();
        let until = self.lease_end(now);
        let claim = store::webhook_claim(i32::try_from(room.num_permits()).unwrap_or(i32::MAX), now, until);
        let claimed = self.parts.db.system("claim webhooks that are due").fetch_all(claim).await?;
        self.book.read(&self.parts, &claimed).await?;
        for delivery in &claimed {
            // Deleted meanwhile: nothing is sent, and its deliveries are swept up.
            let Some(endpoint) = self.book.endpoint(delivery) else { continue };
            let body = self.book.body(delivery.event_id);
            let place = room.split(1);
            let (parts, delivery, ended) = (self.parts.clone(), *delivery, ended.clone());
            tokio::spawn(async move {
                let (attempt, verdict) = post::post(&parts, &delivery, &endpoint, body).await;
                // The place is kept until somebody takes the outcome: when the database is away, no more are sent.
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
