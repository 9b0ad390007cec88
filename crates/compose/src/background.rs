//! The background workers of a process.

use freehold_app::App;
use freehold_delivery::webhook;
use freehold_jobs::{Worker, WorkerSettings};

use crate::{handlers, schedules};

/// Creates the worker of this process.
pub fn worker(app: &App, settings: WorkerSettings) -> Worker {
    let settings = WorkerSettings { nudge: app.nudge.clone(), ..settings };
    let (db, clock, random, ids) = (app.db.clone(), app.clock.clone(), app.random.clone(), app.ids.clone());
    Worker::new(db, clock, random, ids, handlers(app), schedules(app), settings)
}

/// Creates the sender of webhooks of this process.
pub fn webhooks(app: &App, settings: webhook::Settings) -> webhook::Parts {
    let settings = webhook::Settings { nudge: app.nudge.clone(), ..settings };
    let own = (app.db.clone(), app.clock.clone(), app.random.clone());
    let names = (app.product.name.as_str(), app.site_url.as_str());
    webhook::Parts::new(own, app.vault.clone(), app.outbound.clone(), names, settings)
}
