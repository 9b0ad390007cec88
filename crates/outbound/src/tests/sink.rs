//! Servers on loopback for these tests.

use std::{
    net::{IpAddr, SocketAddr, TcpListener as Blocking},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Sockets that no connection may reach, for IPv4 and IPv6 where the machine has both.
pub(super) struct Trap(Vec<Blocking>);

impl Trap {
    pub(super) fn on(address: SocketAddr) -> Self {
        let listener = Blocking::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(vec![listener])
    }

    pub(super) fn new() -> Self {
        let mut trap = Self::on("127.0.0.1:0".parse().unwrap());
        if let Ok(six) = Blocking::bind(("::1", trap.port())) {
            six.set_nonblocking(true).unwrap();
            trap.0.push(six);
        }
        trap
    }

    pub(super) fn port(&self) -> u16 {
        self.0[0].local_addr().unwrap().port()
    }

    /// Number of connections since the last call.
    pub(super) fn visits(&self) -> usize {
        self.0.iter().map(|listener| std::iter::from_fn(|| listener.accept().ok()).count()).sum()
    }
}

/// Answers requests as a test decides, over connections that stay open.
pub(super) struct Sink {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Sink {
    /// A sink that answers every request with these bytes.
    pub(super) async fn new(answer: impl Into<Vec<u8>>) -> Self {
        Self::on("127.0.0.1".parse().unwrap(), 0, answer).await
    }

    pub(super) async fn on(ip: IpAddr, port: u16, answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind((ip, port)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, connections) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicUsize>::default());
        let (heard, counted, answer) = (seen.clone(), connections.clone(), Arc::new(answer.into()));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(converse(stream, heard.clone(), answer.clone()));
            }
        });
        Self { address, seen, connections, task }
    }

    /// `http://`, the address and this path.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The complete requests.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(mut stream: TcpStream, seen: Arc<Mutex<Vec<String>>>, answer: Arc<Vec<u8>>) {
    let mut read = Vec::new();
    loop {
        while let Some(length) = request_length(&read) {
            let request: Vec<u8> = read.drain(..length).collect();
            seen.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
            if stream.write_all(&answer).await.is_err() {
                return;
            }
        }
        match stream.read_buf(&mut read).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// Length of the first request; none while it is incomplete.
fn request_length(read: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(read);
    let head = text.find("\r\n\r\n")? + 4;
    let length = text[..head].lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    let whole = head + length.unwrap_or(0);
    (read.len() >= whole).then_some(whole)
}
