//! A connection to a checked address.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use tokio::{net::TcpStream, time::Instant};

/// How long a connection is used. Under steady traffic it would never be idle, so the client would never notice that
/// the name has moved to another server.
const LIFE: Duration = Duration::from_mins(2);

/// A connection and when it was opened.
pub(crate) struct Socket {
    stream: TokioIo<TcpStream>,
    since: Instant,
}

/// Stored with every answer: when its connection was opened.
#[derive(Clone, Copy)]
pub(crate) struct Age(Instant);

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream: TokioIo::new(stream), since: Instant::now() }
    }
}

impl Age {
    /// Whether the connection has been used long enough.
    pub(crate) fn is_over(self) -> bool {
        self.0.elapsed() > LIFE
    }
}

impl Connection for Socket {
    fn connected(&self) -> Connected {
        Connected::new().extra(Age(self.since))
    }
}

impl Read for Socket {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl Write for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }
}
