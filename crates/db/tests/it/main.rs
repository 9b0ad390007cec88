//! The guarantees of `freehold-db`, on a real Postgres.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod canary;
mod dropped;
mod migrations;
mod pool;
mod pooler;
mod prepared;
mod probe;
mod protect;
mod shares;
mod supabase;
mod tenant;

use freehold_testing as harness;
