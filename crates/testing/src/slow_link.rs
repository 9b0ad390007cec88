//! A slow connection to Postgres, so that a request can be dropped while its messages are on the way.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    task::JoinHandle,
};

use super::{Cluster, url_of};

/// Listens like a Postgres and forwards what it receives, late.
pub struct SlowLink {
    folder: tempfile::TempDir,
    accepting: JoinHandle<()>,
}

impl SlowLink {
    /// Delays everything by `delay`, in both directions.
    pub fn new(cluster: &Arc<Cluster>, delay: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let server = cluster.socket().join(format!(".s.PGSQL.{}", cluster.port()));
        let accepting = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = UnixStream::connect(&server).await.unwrap().into_split();
                tokio::spawn(carry(from_client, to_server, delay));
                tokio::spawn(carry(from_server, to_client, delay));
            }
        });
        Self { folder, accepting }
    }

    /// The URL of a database behind this link.
    pub fn url(&self, user: &str, database: &str) -> String {
        url_of(self.folder.path(), 5432, user, database)
    }
}

impl Drop for SlowLink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, delay: Duration) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        tokio::time::sleep(delay).await;
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
