use std::path::Path;

use crate::{Error, Settings};

/// Replaces the server on systems where it cannot run. No value of this type exists.
#[derive(Debug)]
pub enum Server {}

impl Server {
    /// Always returns [`Error::Unsupported`].
    #[expect(clippy::unused_async, reason = "the signature is that of the real one")]
    pub async fn start(_: Settings) -> Result<Self, Error> {
        Err(Error::Unsupported)
    }

    /// The folder of the Unix socket.
    pub fn socket_dir(&self) -> &Path {
        match *self {}
    }

    /// The port of the server.
    pub fn port(&self) -> u16 {
        match *self {}
    }

    /// The URL of a database, for a client.
    pub fn url(&self, _user: &str, _database: &str) -> String {
        match *self {}
    }

    /// The id of the server's process.
    pub fn pid(&self) -> Option<u32> {
        match *self {}
    }

    /// Stops the server.
    #[expect(clippy::unused_async, reason = "the signature is that of the real one")]
    pub async fn stop(self) -> Result<(), Error> {
        match self {}
    }
}
