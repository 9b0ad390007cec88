//! The Postgres server of a machine that has no other: `freehold` starts it when no database URL is
//! set, and the integration tests and the bench start theirs.
//!
//! ```no_run
//! # async fn example() -> Result<(), freehold_postgres::Error> {
//! use freehold_postgres::{Server, Settings};
//!
//! let server = Server::start(Settings::new(".freehold/postgres")).await?;
//! println!("{}", server.url("postgres", "postgres"));
//! server.stop().await
//! # }
//! ```
//!
//! What it promises:
//!
//! - **The data outlives every kill.** A cluster is made beside its final place and renamed when it is
//!   whole; a durable server has `fsync` on; data of another major version is never touched.
//! - **No server outlives its Freehold.** A watcher holds a pipe to us and shuts Postgres down when
//!   the pipe ends, however we ended. What an earlier life left behind is stopped at the next start.
//! - **A crashed server comes back**, on the same socket and port, so that clients only reconnect. So does one whose programs
//!   were replaced by an upgrade.
//! - **One Freehold per data folder**, by a lock the kernel holds.
//! - **Nobody else gets in.** The server listens on a Unix socket in a folder of mode 0700.
//!
//! Postgres refuses to run as root, so a Freehold run by root runs it as another user; see
//! [`Settings::data`] for what that means for the folders.
//!
//! Signals are sent by `/bin/sh` and its built-in `kill`, because the workspace forbids `unsafe` and
//! the program `kill` is missing on slim images.

mod error;
mod settings;

#[cfg(unix)]
mod account;
#[cfg(unix)]
mod binaries;
#[cfg(unix)]
mod cluster;
#[cfg(unix)]
mod lock;
#[cfg(unix)]
mod log;
#[cfg(unix)]
mod place;
#[cfg(unix)]
mod postmaster;
#[cfg(unix)]
mod probe;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
mod server;
#[cfg(not(unix))]
#[path = "unsupported.rs"]
mod server;
#[cfg(unix)]
mod socket;
#[cfg(unix)]
mod supervisor;
#[cfg(unix)]
mod watcher;

pub use error::Error;
pub use server::Server;
pub use settings::{Durability, Settings};
#[cfg(unix)]
pub use socket::Running;
