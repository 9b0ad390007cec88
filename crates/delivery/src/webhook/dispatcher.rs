//! Creates deliveries of committed events.

mod store;

use freehold_core::Result;
use freehold_db::row;
use tokio::sync::watch;

pub use store::STATEMENTS;

use super::{Parts, settings::Rhythm};

/// Most events in one batch.
const BATCH: i32 = 500;

row! {
    struct Dispatched {
        events: i32,
        deliveries: i32,
    }
}

/// Numbers events in the order of their commits, and creates a delivery for each endpoint whose filters match. Any
/// number of processes may run a dispatcher: they take turns.
pub struct Dispatcher(Parts);

impl Dispatcher {
    /// A dispatcher that wakes the [`Sender`](super::Sender) that was made with the same parts.
    pub fn new(parts: Parts) -> Self {
        Self(parts)
    }

    /// Runs until `stop` is true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut rhythm = Rhythm::new(&self.0.settings);
        while !*stop.borrow() {
            let pause = match self.dispatch().await {
                Ok(found) => rhythm.after(found.events > 0),
                Err(error) => rhythm.trouble("events are not dispatched", &error),
            };
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = self.0.settings.nudge.events_nudged() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Dispatches batches until one is not full.
    async fn dispatch(&self) -> Result<Dispatched> {
        let mut all = Dispatched { events: 0, deliveries: 0 };
        loop {
            let query = store::webhook_dispatch(BATCH);
            let found = self.0.db.system("create deliveries of events").fetch_optional(query).await?;
            let Dispatched { events, deliveries } = found.unwrap_or(Dispatched { events: 0, deliveries: 0 });
            // Also when no delivery was created: the delivery of a test exists before its event is numbered.
            if events > 0 {
                self.0.due.notify_one();
            }
            all.events = all.events.saturating_add(events);
            all.deliveries = all.deliveries.saturating_add(deliveries);
            if events < BATCH {
                return Ok(all);
            }
        }
    }
}
