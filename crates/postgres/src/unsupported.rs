use std::path::Path;

use crate::{Error, Settings};

/// Stands in for the server on systems where it cannot run; there is never a value of it.
#[derive(Debug)]
pub enum Server {}

impl Server {
    /// Answers [`Error::Unsupported`].
    #[expect(clippy::unused_async, reason = "the signature is that of the real one")]
    pub async fn start(_: Settings) -> Result<Self, Error> {
        Err(Error::Unsupported)
    }

    /// Where the socket lives.
    pub fn socket_dir(&self) -> &Path {
        match *self {}
    }

    /// The port.
    pub fn port(&self) -> u16 {
        match *self {}
    }

    /// The address for a client.
    pub fn url(&self, _user: &str, _database: &str) -> String {
        match *self {}
    }

    /// The server's process.
    pub fn pid(&self) -> Option<u32> {
        match *self {}
    }

    /// Stops it.
    #[expect(clippy::unused_async, reason = "the signature is that of the real one")]
    pub async fn stop(self) -> Result<(), Error> {
        match self {}
    }
}
