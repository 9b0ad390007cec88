//! What tests share: a Postgres for all tests of a process, a fresh database for each, and the server on it.
//!
//! Read in this order: [`TestDatabase`] is the database of a test, [`Cluster`] the server below it, [`schema`] what the
//! database is built from, [`app`] the server with its real router; [`administrator`] sends requests of operators;
//! [`sink`] is a customer's server, and [`Courier`] sends webhooks to it; [`mail_sender`] sends mails, and
//! [`AuthenticatorApp`] makes a user's codes; [`SlowLink`] and [`Pooler`] can be put between a server and its Postgres;
//! [`size()`] is how much a long test does. With the feature `s3`,
//! `bucket` is an S3.
//!
//! Only tests depend on this crate.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]
#![expect(clippy::return_self_not_must_use, reason = "builders, whose result every test uses")]

pub mod administrator;
pub mod app;
mod authenticator_app;
#[cfg(feature = "s3")]
pub mod bucket;
mod cluster;
mod courier;
mod database;
mod folder;
pub mod mail_sender;
mod pooler;
mod program;
mod raw;
pub mod schema;
pub mod secrets;
pub mod sink;
mod size;
mod slow_link;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

pub use authenticator_app::AuthenticatorApp;
pub use cluster::Cluster;
pub use courier::Courier;
pub use database::TestDatabase;
pub use folder::scratch;
use freehold_core::Secret;
use freehold_db::{PoolSettings, Settings};
pub use pooler::Pooler;
pub use program::{packages, program};
pub use raw::{connect, sqlstate};
pub use size::{seed, size};
pub use slow_link::SlowLink;

/// Timeout of everything that a test waits for. No test measures the machine: this only ends a test that hangs.
pub const CEILING: Duration = Duration::from_mins(10);

/// Polls until `done`, for at most [`CEILING`].
pub async fn eventually(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let since = Instant::now();
    while !done().await {
        assert!(since.elapsed() < CEILING, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The URL of a database whose server has its socket in `folder`.
pub fn url_of(folder: &std::path::Path, port: u16, user: &str, database: &str) -> String {
    format!("postgres://{user}@{}:{port}/{database}", folder.display().to_string().replace('/', "%2F"))
}

/// Settings for `url` with this many connections, and timeouts for a busy machine.
pub fn settings(url: String, connections: usize) -> Settings {
    let pool = PoolSettings { connections, wait: CEILING, ..PoolSettings::default() };
    Settings::from_url(&Secret::new(url)).unwrap().with_pool(pool)
}

/// The lines of a list of exceptions: `what: why`. Lines that begin with `#` are comments.
pub fn exceptions(list: &'static str) -> BTreeMap<&'static str, &'static str> {
    let lines = list.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let entries = lines.map(|line| {
        let (what, why) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?} gives no reason"));
        (what.trim(), why.trim())
    });
    entries.collect()
}
