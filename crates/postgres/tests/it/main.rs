//! Tests of this crate with the Postgres of this machine, in temporary folders.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod client;
mod crash;
mod folder;
mod refusal;
mod start;
mod wheel;
mod workshop;
