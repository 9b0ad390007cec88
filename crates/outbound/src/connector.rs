//! Resolves, checks and connects in one place, with one list of addresses.

use std::{
    error, fmt, io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Uri, uri::Scheme};
use tokio::{net::TcpStream, time::timeout};
use tower_service::Service;

use crate::{Allowed, Refusal, Resolve, ports::port_is_called, socket::Socket};

/// Time limit for one address when there is another to try.
const PATIENCE: Duration = Duration::from_secs(3);
/// Most addresses of a name that are tried.
const ATTEMPTS: usize = 4;
/// Time limit until a connection can be used, TLS included. Requests have a limit of their own, but a connection
/// attempt continues after its request got another connection.
const LIMIT: Duration = Duration::from_secs(10);

/// Connects only to addresses that it has checked. It uses no proxies and resolves a name once, so it connects to the
/// very value that it checked.
#[derive(Clone)]
pub(crate) struct Connector {
    allowed: Arc<Allowed>,
    resolver: Arc<dyn Resolve>,
}

/// Why a connection failed.
#[derive(Debug)]
pub(crate) enum ConnectError {
    Refused(Refusal),
    Dns(io::Error),
    Connect(io::Error),
    Timeout,
}

impl Connector {
    pub(crate) fn new(allowed: Arc<Allowed>, resolver: Arc<dyn Resolve>) -> Self {
        Self { allowed, resolver }
    }

    async fn connect(self, uri: Uri) -> Result<Socket, ConnectError> {
        let plain = uri.scheme() != Some(&Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if plain { 80 } else { 443 });
        if !port_is_called(port) {
            return Err(ConnectError::Refused(Refusal::Port(port)));
        }
        let host = uri.host().unwrap_or_default();
        let mut addresses = self.checked(host, plain).await?;
        addresses.truncate(ATTEMPTS);
        let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for (position, address) in addresses.iter().enumerate() {
            let connecting = TcpStream::connect(SocketAddr::new(*address, port));
            let connected = if position + 1 == addresses.len() {
                connecting.await
            } else {
                timeout(PATIENCE, connecting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            };
            match connected {
                Ok(stream) => {
                    stream.set_nodelay(true).map_err(ConnectError::Connect)?;
                    return Ok(Socket::new(stream));
                }
                Err(error) => failed = error,
            }
        }
        Err(ConnectError::Connect(failed))
    }

    /// The addresses of `host`, if every one of them may be called. One forbidden address refuses all of them, because
    /// a name with a public and a private address is most likely an attack.
    async fn checked(&self, host: &str, plain: bool) -> Result<Vec<IpAddr>, ConnectError> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let (addresses, named) = match bare.parse() {
            Ok(address) => (vec![address], false),
            Err(_) => (self.resolver.resolve(host).await.map_err(ConnectError::Dns)?, true),
        };
        if addresses.is_empty() {
            return Err(ConnectError::Dns(io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
        }
        for address in &addresses {
            let admission = self.allowed.admit(*address).map_err(|refusal| {
                ConnectError::Refused(if named { Refusal::Name(host.to_owned()) } else { refusal })
            })?;
            if plain && !self.allowed.plain_http_to(admission) {
                return Err(ConnectError::Refused(Refusal::PlainHttp));
            }
        }
        Ok(addresses)
    }
}

impl Service<Uri> for Connector {
    type Response = Socket;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Socket, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

/// Gives up on connections that take too long.
#[derive(Clone)]
pub(crate) struct Limited<C>(pub(crate) C);

impl<C> Service<Uri> for Limited<C>
where
    C: Service<Uri, Error = Box<dyn error::Error + Send + Sync>>,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, C::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = timeout(LIMIT, self.0.call(uri));
        Box::pin(async move { connecting.await.unwrap_or_else(|_| Err(ConnectError::Timeout.into())) })
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Dns(error) => write!(f, "resolving the name: {error}"),
            Self::Connect(error) => write!(f, "connecting: {error}"),
            Self::Timeout => write!(f, "the connection took longer than {} s", LIMIT.as_secs()),
        }
    }
}

impl error::Error for ConnectError {}
