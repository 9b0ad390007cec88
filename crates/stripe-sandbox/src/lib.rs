//! A stateful Stripe to run offline: Stripe's API as far as subscriptions need it, hosted pages, webhooks, test
//! clocks, and knobs to make all of it misbehave. It knows nothing of the program that uses it.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use stripe_sandbox::{Sandbox, Settings};
//!
//! let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! let sandbox = Sandbox::start(listener, Settings::default())?;
//! println!("point an SDK at {}", sandbox.url());
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! [`API_VERSION`] says whose shapes these are. The README lists what is modelled, and the knobs.

#![recursion_limit = "256"]

mod account;
mod card;
mod charge;
mod checkout;
mod clock;
mod credit_note;
mod customer;
mod delivery;
mod endpoint;
mod error;
mod event;
mod expand;
mod form;
mod home;
mod http;
mod idempotency;
mod invoice;
mod invoice_item;
mod knob;
mod list;
mod meter;
mod money;
mod page;
mod payment_intent;
mod payment_method;
mod portal;
mod price;
mod product;
mod random;
mod refund;
mod routes;
mod sandbox;
mod search;
mod sender;
mod setup_intent;
mod signature;
mod subscription;
mod table;
mod version;
mod world;

#[cfg(test)]
mod tests;

use std::{fmt, net::SocketAddr, sync::Arc};

use jiff::Timestamp;
use tokio::{sync::watch, task::JoinHandle};

pub use version::API_VERSION;

use crate::{
    clock::Clock,
    world::{World, hold},
};

/// How a sandbox is started.
#[derive(Clone)]
pub struct Settings {
    /// Where the time comes from. `/_sandbox/clock` moves the sandbox ahead of it; signatures carry it unmoved.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// What ids and chaos are made from. The same seed and the same requests make the same ids.
    pub seed: u64,
    /// Where people's browsers reach it, such as `https://stripe.example.com`; none: as the request came.
    pub public_url: Option<String>,
}

impl Default for Settings {
    /// The machine's clock, and ids that differ from start to start.
    fn default() -> Self {
        let now = Clock::machine();
        let seed = now().as_nanosecond().unsigned_abs();
        Self { now, seed: u64::try_from(seed % u128::from(u64::MAX)).unwrap_or(0), public_url: None }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { now: _, seed, public_url } = self;
        f.debug_struct("Settings").field("seed", seed).field("public_url", public_url).finish_non_exhaustive()
    }
}

/// A running sandbox. Dropping it lets it run on; [`stop`](Self::stop) ends it.
pub struct Sandbox {
    address: SocketAddr,
    world: Arc<World>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Serves on a listener, in tasks of the current Tokio runtime.
    ///
    /// # Errors
    /// When the listener cannot be used, or the machine's certificates cannot be read.
    pub fn start(listener: std::net::TcpListener, settings: Settings) -> std::io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let world = Arc::new(World::new(Clock::new(settings.now), settings.seed, settings.public_url));
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
        let client = client.map_err(std::io::Error::other)?;
        let (stop, stopped) = watch::channel(false);
        let sending = tokio::spawn(sender::run(Arc::clone(&world), client, stopped.clone()));
        let serving = tokio::spawn(serve(listener, Arc::clone(&world), stopped));
        Ok(Self { address, world, stop, tasks: vec![sending, serving] })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL for SDKs, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Does at once what became due, after the clock it was given has moved. It happens by itself within 25 ms.
    pub fn catch_up(&self) {
        for account in self.world.accounts() {
            self.world.present(&mut hold(&account));
        }
        self.world.wake.notify_one();
    }

    /// Ends it; requests under way are answered first.
    pub async fn stop(self) {
        // Without receivers there is nothing left to stop.
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

async fn serve(listener: tokio::net::TcpListener, world: Arc<World>, mut stop: watch::Receiver<bool>) {
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listener, http::router(world)).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "the sandbox cannot serve");
    }
}
