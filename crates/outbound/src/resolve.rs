//! Resolves host names.

use std::{io, net::IpAddr, pin::Pin, sync::Arc};

use tokio::sync::Semaphore;

/// A future of the addresses of a name.
pub type Addresses<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Resolves a name: with the operating system's resolver, or in tests with one that changes its answers.
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of `host`, in the order in which to try them.
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a>;
}

/// Most lookups at once. Each holds a thread until the system gives up, so without a limit one customer with a slow
/// name server could take all threads.
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
            // In a task of its own, so that the slot stays taken until the thread is free, also after the request was
            // dropped.
            let lookup = tokio::spawn(async move {
                let found = tokio::net::lookup_host((host.as_str(), 0)).await;
                drop(place);
                found.map(|addresses| addresses.map(|address| address.ip()).collect())
            });
            lookup.await.map_err(io::Error::other)?
        })
    }
}
