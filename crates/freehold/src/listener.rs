//! The sockets that clients connect to: one, or one for each address of a host name.

use std::{
    fmt,
    future::poll_fn,
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    task::Poll,
};

use tokio::net::{TcpListener, TcpStream};

use crate::{process_user::process_user, settings::ListenAddress};

/// Attempts to find a port that is free on every address of a host name, if any port will do.
const PORTS: usize = 16;

/// Why the server cannot listen, and what to do.
#[derive(Debug)]
pub struct Refused {
    text: String,
    /// The address, if another program listens there.
    pub in_use: Option<SocketAddr>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refused {}

/// The server's listening sockets.
pub struct Listener {
    sockets: Vec<TcpListener>,
    address: SocketAddr,
    /// The socket to accept from first, so that no address delays another.
    turn: AtomicUsize,
}

impl Listener {
    /// Listens on every address of this one, except those that the machine does not have.
    ///
    /// # Errors
    /// The message names the address and says what to do.
    pub async fn bind(wanted: &ListenAddress) -> Result<Self, Refused> {
        let addresses = wanted.addresses().await.map_err(|error| Refused {
            text: format!(
                "cannot listen on {wanted}: the host cannot be found ({error}). Use a name of this machine or an address."
            ),
            in_use: None,
        })?;
        let mut tries = 0;
        loop {
            tries += 1;
            match bind_all(&addresses).await {
                Ok(sockets) => {
                    let bound = sockets.first().map(TcpListener::local_addr).and_then(Result::ok);
                    let address = bound.or(addresses.first().copied()).unwrap_or_else(|| ([0, 0, 0, 0], 0).into());
                    return Ok(Self { sockets, address, turn: AtomicUsize::new(0) });
                }
                // The port that is free on the first address is in use on the next.
                Err((address, error))
                    if address.port() == 0 && error.kind() == ErrorKind::AddrInUse && tries < PORTS => {}
                Err((address, error)) => {
                    let in_use = (error.kind() == ErrorKind::AddrInUse).then_some(address);
                    return Err(Refused { text: refusal(wanted, address, &error), in_use });
                }
            }
        }
    }

    /// The first address, with the port that the system chose for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its sockets.
    pub fn sockets(&self) -> &[TcpListener] {
        &self.sockets
    }

    /// Accepts the next client.
    ///
    /// # Errors
    /// Accepting on one of the sockets failed; the other sockets are unaffected.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        poll_fn(|cx| {
            for number in 0..self.sockets.len() {
                let socket = &self.sockets[first.wrapping_add(number) % self.sockets.len()];
                if let Poll::Ready(accepted) = socket.poll_accept(cx) {
                    return Poll::Ready(accepted);
                }
            }
            Poll::Pending
        })
        .await
    }
}

async fn bind_all(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, (SocketAddr, io::Error)> {
    let mut sockets: Vec<TcpListener> = Vec::new();
    let mut missing = None;
    for &address in addresses {
        let port = sockets.first().and_then(|socket| socket.local_addr().ok()).map(|bound| bound.port());
        let exact = SocketAddr::new(address.ip(), port.unwrap_or(address.port()));
        match TcpListener::bind(exact).await {
            Ok(socket) => sockets.push(socket),
            // The machine has no IPv6, or the name has addresses of other machines.
            Err(error) if addresses.len() > 1 && is_absent(&error) => missing = Some((address, error)),
            Err(error) => return Err((address, error)),
        }
    }
    match missing {
        Some(missing) if sockets.is_empty() => Err(missing),
        _ if sockets.is_empty() => Err((SocketAddr::from(([0, 0, 0, 0], 0)), ErrorKind::AddrNotAvailable.into())),
        _ => Ok(sockets),
    }
}

/// Whether the error means that the machine does not have this address.
fn is_absent(error: &io::Error) -> bool {
    const NO_SUCH_FAMILY: i32 = 97;
    error.kind() == ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(NO_SUCH_FAMILY)
}

/// Why the server cannot listen there, and what to do.
fn refusal(wanted: &ListenAddress, address: SocketAddr, error: &io::Error) -> String {
    let why = match error.kind() {
        ErrorKind::AddrInUse => {
            "another program listens there. Stop it, or choose another port with --listen (FREEHOLD_LISTEN)".to_owned()
        }
        _ if is_absent(error) => {
            "this machine has no such address. Use one of its own: 127.0.0.1 for this machine alone, 0.0.0.0 \
                                  for all of them"
                .to_owned()
        }
        ErrorKind::PermissionDenied => format!(
            "the user {} may not use port {}. Choose a port from 1024 on, or let it use lower ones \
             (AmbientCapabilities=CAP_NET_BIND_SERVICE in a systemd unit)",
            process_user(),
            address.port()
        ),
        _ => format!("{error}. Choose another address with --listen (FREEHOLD_LISTEN)"),
    };
    format!("cannot listen on {wanted}: {why}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> ListenAddress {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn localhost_listens_on_every_protocol_of_the_machine_at_one_port() {
        let listener = Listener::bind(&address("localhost:0")).await.unwrap();
        let port = listener.address().port();
        let six = TcpListener::bind("[::1]:0").await.is_ok();
        assert_eq!(listener.sockets.len(), if six { 2 } else { 1 });
        for host in if six { vec!["127.0.0.1", "::1"] } else { vec!["127.0.0.1"] } {
            let client = TcpStream::connect((host, port)).await.unwrap();
            let (_, peer) = listener.accept().await.unwrap();
            assert_eq!(peer, client.local_addr().unwrap(), "{host}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_listened_on_is_told_with_what_to_do() {
        let taken = Listener::bind(&address("127.0.0.1:0")).await.unwrap();
        let told = |wanted: String| async move { Listener::bind(&address(&wanted)).await.err().unwrap().to_string() };
        let used = told(taken.address().to_string()).await;
        assert!(used.starts_with("cannot listen on 127.0.0.1:") && used.contains("another program"), "{used}");
        let foreign = told("192.0.2.1:8080".to_owned()).await;
        assert!(foreign.contains("192.0.2.1:8080: this machine has no such address"), "{foreign}");
        let unknown = told("nowhere.invalid:8080".to_owned()).await;
        assert!(unknown.contains("nowhere.invalid:8080: the host cannot be found"), "{unknown}");
        let denied = io::Error::from(ErrorKind::PermissionDenied);
        let denied = refusal(&address("0.0.0.0:80"), ([0, 0, 0, 0], 80).into(), &denied);
        assert!(denied.contains("may not use port 80") && denied.contains("CAP_NET_BIND_SERVICE"), "{denied}");
    }
}
