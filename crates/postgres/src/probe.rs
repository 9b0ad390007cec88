//! Testing whether a server accepts connections.

use std::{io, path::Path, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::timeout,
};

/// A server that accepts a connection but does not answer for this long is tested again.
const PATIENCE: Duration = Duration::from_secs(2);

/// "The database system is starting up": the server reports this during recovery, which may take long.
const CANNOT_CONNECT_NOW: &[u8] = b"C57P03";

/// How the server answered a startup packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The server did not answer.
    Silent,
    /// The server replays its log.
    Starting,
    /// The server accepts connections. It also counts when it refuses this one (too many clients, no such database).
    Serving,
}

/// Tests the server once.
pub(crate) async fn ask(socket: &Path) -> Answer {
    match timeout(PATIENCE, exchange(socket)).await {
        Ok(Ok((b'R', _))) => Answer::Serving,
        Ok(Ok((b'E', body))) => {
            let mut fields = body.split(|&byte| byte == 0);
            if fields.any(|field| field == CANNOT_CONNECT_NOW) { Answer::Starting } else { Answer::Serving }
        }
        _ => Answer::Silent,
    }
}

/// Sends a startup packet and returns the type and the body of the first message that comes back.
/// Source: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.
async fn exchange(socket: &Path) -> io::Result<(u8, Vec<u8>)> {
    let parameters = b"user\0postgres\0database\0postgres\0\0";
    let mut packet = Vec::with_capacity(8 + parameters.len());
    let length = u32::try_from(8 + parameters.len()).map_err(io::Error::other)?;
    packet.extend(length.to_be_bytes());
    packet.extend(0x0003_0000_u32.to_be_bytes());
    packet.extend(parameters);

    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(&packet).await?;
    let kind = stream.read_u8().await?;
    let length = stream.read_u32().await?.saturating_sub(4).min(8192);
    let mut body = Vec::new();
    (&mut stream).take(u64::from(length)).read_to_end(&mut body).await?;
    // Ending the connection properly keeps "unexpected end of connection" out of the log.
    let _ = stream.write_all(b"X\0\0\0\x04").await;
    Ok((kind, body))
}
