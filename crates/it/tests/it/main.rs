//! The one integration-test binary of the workspace.
//!
//! [`harness`] gives a test its Postgres and its database; [`db`] and [`metering`] hold the promises that only a real
//! database can keep; [`house`] holds the rules of the house, checked against the source tree.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod db;
mod harness;
mod house;
mod metering;
