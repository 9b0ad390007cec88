//! A TCP link to Postgres that can be cut in two ways.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::server::eventually;

/// The state of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The link transfers data.
    Open,
    /// The link refuses new connections and has closed the existing ones.
    Refusing,
    /// The link accepts all data and answers nothing, like a firewall or a dead machine behind a router. Connections of
    /// this time stay dead.
    Swallowing,
}

/// A proxy on a port of 127.0.0.1 that transfers data to a Postgres.
pub(crate) struct Link {
    address: SocketAddr,
    state: watch::Sender<State>,
    task: JoinHandle<()>,
}

impl Link {
    /// Creates an open link.
    pub(crate) async fn to(socket: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (state, states) = watch::channel(State::Open);
        let task = tokio::spawn(serve(listener, address, socket.to_owned(), states));
        Self { address, state, task }
    }

    /// The URL of a database at the other end.
    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@{}/{database}", self.address)
    }

    /// Opens or cuts the link, and returns when that is done.
    pub(crate) async fn set(&self, state: State) {
        self.state.send_replace(state);
        eventually("the link is cut, or open", async || {
            TcpStream::connect(self.address).await.is_err() == (state == State::Refusing)
        })
        .await;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, address: SocketAddr, socket: PathBuf, mut states: watch::Receiver<State>) {
    let mut listener = Some(listener);
    let mut carried = JoinSet::new();
    loop {
        if *states.borrow_and_update() == State::Refusing {
            listener = None;
            carried.abort_all();
        } else if listener.is_none() {
            listener = Some(TcpListener::bind(address).await.unwrap());
        }
        let accept = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = states.changed() => if changed.is_err() { return },
            accepted = accept => {
                let (client, _) = accepted.unwrap();
                carried.spawn(connect(client, socket.clone(), states.clone()));
            }
        }
    }
}

async fn connect(client: TcpStream, socket: PathBuf, states: watch::Receiver<State>) {
    if *states.borrow() == State::Swallowing {
        let _ = swallow(client).await;
        return;
    }
    let Ok(server) = UnixStream::connect(socket).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::join!(carry(from_client, to_server, states.clone()), carry(from_server, to_client, states));
}

/// Transfers data until the link is cut. Then the data is discarded, and the ends receive nothing from each other any
/// more.
async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut states: watch::Receiver<State>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = tokio::select! {
            biased;
            _ = states.wait_for(|state| *state == State::Swallowing) => break,
            read = from.read(&mut buffer) => read.unwrap_or(0),
        };
        if length == 0 || to.write_all(&buffer[..length]).await.is_err() {
            let _ = to.shutdown().await;
            return;
        }
    }
    let _ = swallow(from).await;
    // The other end does not notice: it waits until its own time limit, or until the link is dropped.
    std::future::pending::<()>().await;
}

async fn swallow(mut from: impl AsyncReadExt + Unpin) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    while from.read(&mut buffer).await? > 0 {}
    Ok(())
}
