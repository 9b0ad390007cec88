//! The real program as a process: started, stopped, killed, cut off from its database, and beside others of its kind.
//!
//! Read in this order: [`server`] starts and stops the program, [`client`] uses it, [`postgres`], [`link`] and
//! [`pgbouncer`] are the databases behind it, and [`nginx`] is a proxy in front of it; the other modules are the tests.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test's helpers are tests too, which clippy sees in a #[test] only"
)]

mod api_clients;
mod beside;
mod billing;
mod billing_kills;
mod campaign;
mod certificates;
mod chaos;
mod client;
mod connections;
mod deploy;
mod erasure_kills;
mod export_kills;
mod fairness;
mod files_kills;
mod installed;
mod isolation;
mod key_rotation;
mod kills;
mod life;
mod link;
mod load;
mod log;
mod mail;
mod managed;
mod nginx;
mod outage;
mod people;
mod pgbouncer;
mod pooler;
mod postgres;
mod product_file;
mod project;
mod quickstart;
mod refusals;
mod rolling;
mod server;
mod starting;
mod stopping;
mod supabase_client;
mod trouble;
mod two_servers;
mod work;
