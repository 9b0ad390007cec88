//! Mails and webhooks as their receivers see them: [`mail`] sends to a real mail server, [`webhooks`] tests deliveries to
//! customers, [`outbound`] shows sent messages to third-party verifiers.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod mail;
mod outbound;
mod webhooks;

use std::path::{Path, PathBuf};

use freehold_testing as harness;

/// The folder of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
