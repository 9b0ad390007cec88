//! The client and the catalog, against a Stripe that can be made to misbehave.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod calls;
mod catalog;
mod hooks;
mod lab;
mod previews;
mod trouble;
