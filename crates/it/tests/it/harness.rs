//! The test harness: a Postgres for the tests and a fresh database for each.
//!
//! Read in this order: [`TestDatabase`] is the database of a test, [`Cluster`] the server below it, [`schema`] what the
//! database is built from; [`SlowLink`] and [`Pooler`] can be put between a server and its Postgres.

pub(crate) mod app;
mod cluster;
mod database;
mod folder;
mod pooler;
mod raw;
pub(crate) mod schema;
pub(crate) mod secrets;
mod slow_link;

use std::time::{Duration, Instant};

pub(crate) use cluster::Cluster;
pub(crate) use database::TestDatabase;
use freehold_core::Secret;
use freehold_db::{PoolSettings, Settings};
pub(crate) use pooler::Pooler;
pub(crate) use raw::{connect, sqlstate};
pub(crate) use slow_link::SlowLink;

/// Timeout of everything that a test waits for. No test measures the machine: this only ends a test that hangs.
pub(crate) const CEILING: Duration = Duration::from_mins(10);

/// Polls until `done`, for at most [`CEILING`].
pub(crate) async fn eventually(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let since = Instant::now();
    while !done().await {
        assert!(since.elapsed() < CEILING, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The URL of a database whose server has its socket in `folder`.
fn url_of(folder: &std::path::Path, port: u16, user: &str, database: &str) -> String {
    format!("postgres://{user}@{}:{port}/{database}", folder.display().to_string().replace('/', "%2F"))
}

/// Settings for `url` with this many connections, and timeouts for a busy machine.
pub(crate) fn settings(url: String, connections: usize) -> Settings {
    let pool = PoolSettings { connections, wait: CEILING, ..PoolSettings::default() };
    Settings::from_url(&Secret::new(url)).unwrap().with_pool(pool)
}
