//! Starts a Postgres server on this machine. `freehold` uses it when no database URL is set, and so do the integration
//! tests and the benchmark.
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
//! Guarantees:
//!
//! - **The data survives every kill.** A cluster is created beside its final place and renamed when it is complete; a
//!   durable server has `fsync` on; data of another major version is never touched.
//! - **No server outlives its Freehold.** A watcher process holds a pipe to Freehold and shuts Postgres down when the
//!   pipe closes, however Freehold ended. Processes that an earlier Freehold left behind are stopped at the next start.
//! - **A crashed server is restarted** on the same socket and port, so clients only need to reconnect. So is one whose
//!   programs an upgrade has replaced.
//! - **Only one Freehold uses a data folder**, by a lock that the kernel holds.
//! - **No other user can connect.** The server listens on a Unix socket in a folder of mode 0700.
//!
//! Postgres refuses to run as root. When root starts Freehold, Postgres runs as another user; [`Settings::data`]
//! describes what that means for the folders.
//!
//! Signals are sent by `/bin/sh` with its built-in `kill`, because the workspace forbids `unsafe` and slim images lack
//! the program `kill`.

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
