//! A customer's server: it accepts every message with 204 and records when it arrived.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// Minimal HTTP servers on several ports of this machine, until this is dropped. They do as little as possible, so that
/// the sender is what is measured.
pub(crate) struct Sink {
    /// The addresses on which the servers listen.
    pub(crate) addresses: Vec<SocketAddr>,
    arrivals: Arc<Mutex<Vec<Instant>>>,
    _servers: JoinSet<()>,
}

impl Sink {
    /// Listens on this many ports.
    pub(crate) async fn listen(ports: usize) -> Result<Self> {
        let arrivals = Arc::<Mutex<Vec<Instant>>>::default();
        let (mut addresses, mut servers) = (Vec::new(), JoinSet::new());
        for _ in 0..ports {
            let listener = TcpListener::bind("127.0.0.1:0").await.context("listening for messages")?;
            addresses.push(listener.local_addr()?);
            let arrivals = arrivals.clone();
            servers.spawn(async move {
                let mut connections = JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    connections.spawn(serve(stream, arrivals.clone()));
                    while connections.try_join_next().is_some() {}
                }
            });
        }
        Ok(Self { addresses, arrivals, _servers: servers })
    }

    /// When the messages arrived.
    pub(crate) fn arrivals(&self) -> Vec<Instant> {
        self.arrivals.lock().map(|arrivals| arrivals.clone()).unwrap_or_default()
    }

    /// How many messages arrived.
    pub(crate) fn count(&self) -> usize {
        self.arrivals.lock().map(|arrivals| arrivals.len()).unwrap_or_default()
    }

    /// Resets the count.
    pub(crate) fn forget(&self) {
        if let Ok(mut arrivals) = self.arrivals.lock() {
            arrivals.clear();
        }
    }
}

async fn serve(mut stream: TcpStream, arrivals: Arc<Mutex<Vec<Instant>>>) {
    let mut buffer: Vec<u8> = Vec::with_capacity(8 * 1024);
    let _ = stream.set_nodelay(true);
    loop {
        while let Some(end) = message(&buffer) {
            if let Ok(mut arrivals) = arrivals.lock() {
                arrivals.push(Instant::now());
            }
            buffer.drain(..end);
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
        }
        match stream.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// The end of the first complete message, if there is one.
fn message(buffer: &[u8]) -> Option<usize> {
    let head_end = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&buffer[..head_end]).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let end = head_end + length?;
    (buffer.len() >= end).then_some(end)
}
