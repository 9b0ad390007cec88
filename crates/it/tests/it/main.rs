//! The one integration-test binary of the workspace.
//!
//! [`harness`] gives a test its Postgres, its database and its server; [`db`] and [`metering`] hold the promises that only
//! a real database can keep; [`auth`], [`api`], [`pages`] and [`voice`] those of the server; [`outbound`] asks others what
//! they think of what is sent; [`webhooks`] tell customers what happened; [`house`] holds the rules of the house, checked against the source tree and the document of
//! the API.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod api;
mod auth;
mod authority;
mod billing;
mod db;
mod harness;
mod house;
mod jobs;
mod mail;
mod metering;
mod outbound;
mod pages;
mod secrets;
mod voice;
mod webhooks;
