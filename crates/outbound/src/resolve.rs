//! From a name to addresses.

use std::{io, net::IpAddr, pin::Pin, sync::Arc};

use tokio::sync::Semaphore;

/// Addresses on their way.
pub type Addresses<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Finds the addresses of a name: the operating system's resolver, or in tests one that changes its answers.
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of `host`, the best first.
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a>;
}

/// Lookups at once. Each holds a thread until the system gives up, so a customer whose names are answered slowly on
/// purpose could otherwise take all of them.
const LOOKUPS: usize = 64;

/// The operating system's resolver.
pub struct SystemResolver(Arc<Semaphore>);

impl Default for SystemResolver {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LOOKUPS)))
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        Box::pin(async move {
            let place = Arc::clone(&self.0).acquire_owned().await.map_err(io::Error::other)?;
            let host = host.to_owned();
            // A task of its own, so that the place is kept until the thread is free, also when nobody waits any more.
            let lookup = tokio::spawn(async move {
                let found = tokio::net::lookup_host((host.as_str(), 0)).await;
                drop(place);
                found.map(|addresses| addresses.map(|address| address.ip()).collect())
            });
            lookup.await.map_err(io::Error::other)?
        })
    }
}
