//! A small client, because this crate depends on no driver.

use std::{io, path::PathBuf};

use freehold_postgres::Server;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

/// Runs one statement as the superuser and returns the first column of its last row.
pub(crate) async fn ask(server: &Server, sql: &str) -> io::Result<String> {
    let socket = server.socket_dir().join(format!(".s.PGSQL.{}", server.port()));
    ask_at(socket, sql).await
}

/// Like [`ask`], at this socket.
pub(crate) async fn ask_at(socket: PathBuf, sql: &str) -> io::Result<String> {
    let mut stream = UnixStream::connect(socket).await?;
    let startup = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0";
    let length = u32::try_from(startup.len() + 4).unwrap();
    stream.write_all(&[&length.to_be_bytes(), &startup[..]].concat()).await?;
    until_idle(&mut stream).await?;
    let length = u32::try_from(sql.len() + 5).unwrap();
    let query = [b"Q", &length.to_be_bytes()[..], sql.as_bytes(), b"\0"].concat();
    stream.write_all(&query).await?;
    let answer = until_idle(&mut stream).await?;
    let _ = stream.write_all(b"X\0\0\0\x04").await;
    Ok(answer)
}

async fn until_idle(stream: &mut UnixStream) -> io::Result<String> {
    let mut answer = String::new();
    loop {
        let kind = stream.read_u8().await?;
        let length = stream.read_u32().await?;
        let mut body = vec![0; length as usize - 4];
        stream.read_exact(&mut body).await?;
        let text = || String::from_utf8_lossy(&body).into_owned();
        match kind {
            b'Z' => return Ok(answer),
            b'E' => return Err(io::Error::other(text())),
            // Two bytes for the number of columns, four for the first column's length.
            b'D' => answer = String::from_utf8_lossy(&body[6..]).into_owned(),
            _ => {}
        }
    }
}
