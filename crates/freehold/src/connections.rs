//! Connections of clients: accepted within caps, served, and closed when their client takes too long.
//!
//! Read in this order: [`Caps`] and [`Patience`] are an operator's limits; the registry gives each connection a place,
//! `activity` is the state of a connection, which the stream and the exchange update; [`serve`] accepts and watches
//! them.

mod activity;
pub(crate) mod descriptors;
mod exchange;
mod listener;
mod registry;
mod stream;

use std::{
    future::poll_fn,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use activity::GOODBYE;
pub use activity::Patience;
use axum::{
    Router,
    extract::{ConnectInfo, Request},
    response::Response,
};
use exchange::{Answer, Exchange};
use freehold_outbound::IpNet;
use freehold_web::Shutdown;
use hyper::{
    Version,
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
pub use registry::Caps;
use registry::{Entry, Registry, Slot};
use stream::Stream;
use tokio::{
    net::TcpStream,
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until},
};
use tower_service::Service;

use crate::listener::Listener;

/// The answer to a client for which there is no place.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
/// How long accepting pauses when the system has no descriptor or memory for another connection.
const REST: Duration = Duration::from_millis(50);
/// How often an HTTP/2 client is pinged, and how long it may take to answer.
const PING: Duration = Duration::from_secs(30);
const PONG: Duration = Duration::from_secs(20);
/// How long connections that were made before are still accepted once the server stops.
const ARRIVING: Duration = Duration::from_millis(100);
/// How long idle connections stay open once the server stops, so that a request that has arrived is seen.
const ARRIVED: Duration = Duration::from_millis(20);

/// An operator's limits on connections.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The number of connections.
    pub caps: Caps,
    /// Time limits for a client.
    pub patience: Patience,
    /// Proxies, each of which sends the requests of many clients.
    pub proxies: Vec<IpNet>,
}

impl Limits {
    fn is_proxy(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.proxies.iter().any(|range| range.contains(&address))
    }
}

/// Accepts connections until `stop` is true, then waits until running requests are answered. Once `shutdown` has begun,
/// each answer asks its client to send the next request over a new connection, which then reaches another server.
pub async fn serve(
    listener: Listener,
    router: Router,
    limits: Limits,
    shutdown: Shutdown,
    stop: watch::Receiver<bool>,
) {
    let registry = Registry::new(limits.caps);
    let mut builder = Builder::new(TokioExecutor::new());
    // HTTP/1.1 needs no timer of hyper's: `Activity` distinguishes late headers from idle connections.
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(PING).keep_alive_timeout(PONG);
    builder.http2().enable_connect_protocol();
    let server = Arc::new(Server { builder, router, patience: limits.patience, shutdown, stop: stop.clone() });
    // Each connection holds a sender; the channel closes when the last connection ends.
    let (open, mut closed) = mpsc::channel::<()>(1);
    accept(&listener, &registry, &limits, &server, &open, stop).await;
    drop((listener, open));
    let _ = closed.recv().await;
}

/// Accepts connections until the server stops.
async fn accept(
    listener: &Listener,
    registry: &Arc<Registry>,
    limits: &Limits,
    server: &Arc<Server>,
    open: &mpsc::Sender<()>,
    mut stop: watch::Receiver<bool>,
) {
    // An error means that the sender was dropped, which is a reason to stop as well.
    let mut stopping = pin!(async {
        let _ = stop.wait_for(|stop| *stop).await;
        listener.sockets().iter().for_each(listener::refuse);
        sleep(ARRIVING).await;
    });
    loop {
        let accepted = tokio::select! {
            biased;
            accepted = listener.accept() => accepted,
            () = &mut stopping => break,
        };
        match accepted {
            Ok((tcp, peer)) => match registry.admit(peer.ip(), limits.is_proxy(peer.ip())) {
                Some(slot) => {
                    let (server, open) = (Arc::clone(server), open.clone());
                    tokio::spawn(async move {
                        server.connection(tcp, peer, slot).await;
                        drop(open);
                    });
                }
                None => {
                    // A client that cannot receive the answer at once does not get it.
                    let _ = tcp.try_write(FULL);
                }
            },
            Err(error) if is_clients(&error) => {}
            Err(error) => {
                // No descriptor or no memory is left. The registry logs it, with counts.
                tracing::debug!("accepting a connection: {error}");
                registry.close_one();
                sleep(REST).await;
            }
        }
    }
}

/// Whether the error concerns only the connection that was to be accepted.
fn is_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// The shared state of all connections.
struct Server {
    builder: Builder<TokioExecutor>,
    router: Router,
    patience: Patience,
    shutdown: Shutdown,
    stop: watch::Receiver<bool>,
}

impl Server {
    async fn connection(&self, tcp: TcpStream, peer: SocketAddr, slot: Slot) {
        // Answers are small and complete; waiting to fill a packet only delays them.
        let _ = tcp.set_nodelay(true);
        let entry = slot.entry();
        let service = service_fn(|request| self.answer(request, peer, &entry));
        let io = TokioIo::new(Stream::new(tcp, slot));
        let mut connection = pin!(self.builder.serve_connection_with_upgrades(io, service));
        let mut stop = self.stop.clone();
        let mut draining = pin!(self.shutdown.begun());
        let mut stopping = pin!(async {
            let _ = stop.wait_for(|stop| *stop).await;
            sleep(ARRIVED).await;
        });
        let mut evicted = pin!(entry.evicted.notified());
        let mut alarm = pin!(sleep_until(Instant::now() + self.patience.idle));
        let (mut drains, mut told) = (false, false);
        // When an idle client must have closed its connection, and since when the server stops.
        let (mut leaving, mut stopped): (Option<Instant>, Option<Instant>) = (None, None);
        poll_fn(|cx| {
            if evicted.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            drains = drains || draining.as_mut().poll(cx).is_ready();
            if stopped.is_none() && stopping.as_mut().poll(cx).is_ready() {
                stopped = Some(Instant::now());
            }
            loop {
                if connection.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(());
                }
                // GOAWAY lets the streams of HTTP/2 continue. HTTP/1.1 has a header for this instead, and this call
                // would cut a connection without a request.
                if !drains || told || !entry.activity.is_proven_http2() {
                    break;
                }
                told = true;
                connection.as_mut().graceful_shutdown();
            }
            loop {
                let Some(due) = entry.activity.look_at(&self.patience, stopped, leaving) else { return Poll::Pending };
                if due <= Instant::now() {
                    if stopped.is_some() || leaving.is_some() || !entry.activity.is_idle_http2() {
                        return Poll::Ready(());
                    }
                    leaving = Some(Instant::now() + GOODBYE);
                    connection.as_mut().graceful_shutdown();
                    // Poll the connection again, so that the GOAWAY is sent.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                // A timer that fires early is set again then, so that requests need not set it.
                if due < alarm.deadline() {
                    alarm.as_mut().reset(due);
                }
                if alarm.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                alarm.as_mut().reset(due);
            }
        })
        .await;
    }

    fn answer(
        &self,
        request: hyper::Request<Incoming>,
        peer: SocketAddr,
        entry: &Arc<Entry>,
    ) -> impl Future<Output = Result<Response<Answer>, std::convert::Infallible>> + use<> {
        let exchange = Exchange::begin(Arc::clone(entry));
        let mut request: Request = request.map(|body| exchange.question(body));
        request.extensions_mut().insert(ConnectInfo(peer));
        let mut router = self.router.clone();
        let (shutdown, persistent) = (self.shutdown.clone(), request.version() < Version::HTTP_2);
        async move {
            let mut response = router.call(request).await?;
            if persistent && shutdown.has_begun() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| exchange.answer(body)))
        }
    }
}
