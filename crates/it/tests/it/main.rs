//! The one integration-test binary of the workspace.
//!
//! [`harness`] gives a test its Postgres, its database and its server; [`db`] and [`metering`] test the guarantees that
//! need a real database; [`auth`], [`api`], [`application`] and [`pages`] test the server; [`outbound`] shows sent
//! messages to third-party verifiers; [`webhooks`] tests deliveries to customers; [`house`] checks the rules of this
//! repository against the source tree and the API document. A product's tests are in its own folder.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod api;
mod application;
mod auth;
mod authority;
mod billing;
mod db;
mod fifth_product;
mod house;
mod jobs;
mod mail;
mod metering;
mod organization_pages;
mod outbound;
mod pages;
mod secrets;
mod signed_in;
mod webhooks;

use freehold_testing as harness;
