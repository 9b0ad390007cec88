//! The guarantees of `freehold-db`, on a real Postgres.

mod canary;
mod dropped;
mod migrations;
mod pool;
mod pooler;
mod prepared;
pub(crate) mod probe;
mod protect;
mod shares;
mod supabase;
mod tenant;
