//! A stateful Stripe for offline use: Stripe's API as far as subscriptions need it, hosted pages, webhooks, test
//! clocks, and settings that inject faults. It knows nothing about the program that uses it.
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
//! [`API_VERSION`] is the supported version of Stripe's API. The README lists what is modelled, and the settings.

#![recursion_limit = "256"]

mod account;
mod address;
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

/// How long requests in progress may take to end.
const DRAIN: Duration = Duration::from_secs(5);

/// The settings with which a sandbox is started.
#[derive(Clone)]
pub struct Settings {
    /// The time source. `/_sandbox/clock` moves the sandbox's clock ahead of it; signatures use the source's time.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// The seed of ids and chaos. The same seed and the same requests give the same ids.
    pub seed: u64,
    /// The URL for browsers, such as `https://stripe.example.com`; none: the address of the request.
    pub public_url: Option<String>,
    /// Whether the sandbox is only for programs and browsers on this machine. Then it responds only to host names of
    /// this machine.
    pub local_only: bool,
    /// The data file; none: everything is in memory only and lost when the process ends.
    pub data: Option<PathBuf>,
}

impl Default for Settings {
    /// The machine's clock, and ids that differ at each start.
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

/// A running sandbox. It continues to run when this is dropped; [`stop`](Self::stop) ends it.
pub struct Sandbox {
    address: SocketAddr,
    world: Arc<World>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    /// The task that writes the data file, and the sender that stops it.
    saving: Option<(watch::Sender<bool>, JoinHandle<()>)>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Serves on a listener, in tasks of the current Tokio runtime, and continues with the content of the data file.
    ///
    /// # Errors
    /// When the listener cannot be used, when the machine's certificates cannot be read, when the data file cannot be
    /// read (`InvalidData`; it stays unchanged), or when another sandbox has locked it (`ResourceBusy`).
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
        // Webhooks to programs on this machine work without certificates, too.
        let client = builder().build().or_else(|_| builder().tls_certs_only([]).build());
        let client = client.map_err(std::io::Error::other)?;
        let (stop, stopped) = watch::channel(false);
        let sending = tokio::spawn(sender::run(Arc::clone(&world), client, stopped.clone()));
        let serving = tokio::spawn(serve(listener, Arc::clone(&world), stopped));
        let (saved, save) = watch::channel(false);
        let saving = data.map(|file| (saved, tokio::spawn(data::run(Arc::clone(&world), file, save))));
        Ok(Self { address, world, stop, tasks: vec![sending, serving], saving })
    }

    /// The address on which the sandbox listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL for SDKs, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends events of these types (`*` at the end matches anything) of one key's account to `url`, and returns the
    /// secret that signs them. An existing endpoint with this description is moved to `url` and keeps its secret, so
    /// that its waiting deliveries arrive.
    pub fn webhook(&self, key: &str, description: &str, url: &str, events: &[&str]) -> String {
        let account = self.world.account(key);
        let mut account = hold(&account);
        self.world.present(&mut account);
        endpoint::own(&mut account, description, url, events)
    }

    /// Does at once everything that became due, after the time source has moved. Otherwise it happens within 25 ms.
    pub fn catch_up(&self) {
        for account in self.world.accounts() {
            self.world.present(&mut hold(&account));
        }
        self.world.wake.notify_one();
    }

    /// Stops the sandbox: requests in progress are answered first, and everything is written to the data file last.
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

/// The base URL for browsers on this machine; none if it listens for other machines, which have their own names for it.
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
