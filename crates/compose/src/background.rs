//! The background workers of a process.

use freehold_app::App;
use freehold_delivery::webhook;
use freehold_jobs::{Worker, WorkerSettings};

use crate::{handlers, schedules};

/// Creates the worker of this process.
pub fn worker(app: &App, settings: WorkerSettings) -> Worker {
    let settings = WorkerSettings { nudge: app.nudge.clone(), ..settings };
    let (db, random) = (app.db.clone(), app.random.clone());
    Worker::new(db, random, handlers(app), schedules(app), settings)
}

/// Creates the sender of webhooks of this process.
pub fn webhooks(app: &App, settings: webhook::Settings) -> webhook::Parts {
    let settings = webhook::Settings { nudge: app.nudge.clone(), ..settings };
    let (db, random, vault, outbound) = (app.db.clone(), app.random.clone(), app.vault.clone(), app.outbound.clone());
    webhook::Parts::new(db, random, vault, outbound, &app.product.name, &app.site_url, settings)
}
