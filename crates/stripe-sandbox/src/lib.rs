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
mod coupon;
mod credit_note;
mod customer;
mod data;
mod delivery;
mod discount;
mod endpoint;
mod error;
mod event;
mod expand;
mod form;
mod guard;
mod home;
mod http;
mod idempotency;
mod invoice;
mod invoice_item;
mod knob;
mod known;
mod list;
mod meter;
mod money;
mod page;
mod payment_intent;
mod payment_method;
mod portal;
mod price;
mod product;
mod promotion_code;
mod random;
mod refund;
mod routes;
mod sandbox;
mod schedule;
mod search;
mod sender;
mod setup_intent;
mod signature;
mod subscription;
mod table;
mod tax_rate;
mod version;
mod world;

#[cfg(test)]
mod tests;

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{sync::watch, task::JoinHandle};

pub use version::API_VERSION;

use crate::{
    clock::Clock,
    data::DataFile,
    world::{World, hold},
};

/// How long requests under way may take to end.
const DRAIN: Duration = Duration::from_secs(5);

/// How a sandbox is started.
#[derive(Clone)]
pub struct Settings {
    /// Where the time comes from. `/_sandbox/clock` moves the sandbox ahead of it; signatures carry it unmoved.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// What ids and chaos are made from. The same seed and the same requests make the same ids.
    pub seed: u64,
    /// Where people's browsers reach it, such as `https://stripe.example.com`; none: as the request came.
    pub public_url: Option<String>,
    /// Whether it is for programs and browsers on this machine: then it answers to names of this machine only.
    pub local_only: bool,
    /// The file in which everything is kept; none: in memory only, and gone with the process.
    pub data: Option<PathBuf>,
}

impl Default for Settings {
    /// The machine's clock, and ids that differ from start to start.
    fn default() -> Self {
        let now = Clock::machine();
        let seed = now().as_nanosecond().unsigned_abs();
        Self {
            now,
            seed: u64::try_from(seed % u128::from(u64::MAX)).unwrap_or(0),
            public_url: None,
            local_only: false,
            data: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { now: _, seed, public_url, local_only, data } = self;
        let mut shown = f.debug_struct("Settings");
        shown
            .field("seed", seed)
            .field("public_url", public_url)
            .field("local_only", local_only)
            .field("data", data)
            .finish_non_exhaustive()
    }
}

/// A running sandbox. Dropping it lets it run on; [`stop`](Self::stop) ends it.
pub struct Sandbox {
    address: SocketAddr,
    world: Arc<World>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    /// What writes the data file, and what stops it.
    saving: Option<(watch::Sender<bool>, JoinHandle<()>)>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Serves on a listener, in tasks of the current Tokio runtime, and goes on with what is in the data file.
    ///
    /// # Errors
    /// When the listener cannot be used, the machine's certificates cannot be read, the data file cannot be read
    /// (`InvalidData`; it is left as it is), or another sandbox has it (`ResourceBusy`).
    pub fn start(listener: std::net::TcpListener, settings: Settings) -> std::io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let base_url = settings.public_url.clone().or_else(|| near(address));
        let clock = Clock::new(settings.now);
        let world = World::new(clock, settings.seed, settings.public_url, settings.local_only);
        let data = match settings.data {
            None => None,
            Some(path) => {
                let (file, found) = DataFile::open(&path, base_url.as_deref())?;
                if let Some(found) = found {
                    world.clock.advance(found.ahead_ms);
                    world.resume(found.accounts);
                }
                Some(file)
            }
        };
        let world = Arc::new(world);
        let builder = || reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        // Who listens on this machine can be told without certificates, too.
        let client = builder().build().or_else(|_| builder().tls_certs_only([]).build());
        let client = client.map_err(std::io::Error::other)?;
        let (stop, stopped) = watch::channel(false);
        let sending = tokio::spawn(sender::run(Arc::clone(&world), client, stopped.clone()));
        let serving = tokio::spawn(serve(listener, Arc::clone(&world), stopped));
        let (saved, save) = watch::channel(false);
        let saving = data.map(|file| (saved, tokio::spawn(data::run(Arc::clone(&world), file, save))));
        Ok(Self { address, world, stop, tasks: vec![sending, serving], saving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL for SDKs, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends events of these types (`*` at the end stands for anything) of one key's account to `url`, and gives back the
    /// secret that signs them. An endpoint of this description from before is moved there and keeps its secret, so that
    /// what waited for it while nobody listened arrives.
    pub fn webhook(&self, key: &str, description: &str, url: &str, events: &[&str]) -> String {
        let account = self.world.account(key);
        let mut account = hold(&account);
        self.world.present(&mut account);
        endpoint::own(&mut account, description, url, events)
    }

    /// Does at once what became due, after the clock it was given has moved. It happens by itself within 25 ms.
    pub fn catch_up(&self) {
        for account in self.world.accounts() {
            self.world.present(&mut hold(&account));
        }
        self.world.wake.notify_one();
    }

    /// Ends it; requests under way are answered first, and everything is written down last.
    pub async fn stop(self) {
        // Without receivers there is nothing left to stop.
        let _ = self.stop.send(true);
        for mut task in self.tasks {
            if tokio::time::timeout(DRAIN, &mut task).await.is_err() {
                task.abort();
            }
        }
        if let Some((stop, saving)) = self.saving {
            let _ = stop.send(true);
            let _ = saving.await;
        }
    }
}

/// Where people at this machine reach it; none where it listens for others, who have names of their own for it.
fn near(address: SocketAddr) -> Option<String> {
    address.ip().is_loopback().then(|| format!("http://{address}"))
}

async fn serve(listener: tokio::net::TcpListener, world: Arc<World>, mut stop: watch::Receiver<bool>) {
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listener, http::router(world)).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "the sandbox cannot serve");
    }
}
