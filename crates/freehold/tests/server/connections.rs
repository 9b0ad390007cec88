//! Clients that open connections and do little with them, or are slow.

use std::{fs, net::SocketAddr};

use axum::body::Body;
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::server::{CEILING, Home, Program, Server, eventually};

pub(crate) const HALF: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: x\r\n";
pub(crate) const HALF_BODY: &[u8] =
    b"POST /webhooks/stripe HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
pub(crate) const WHOLE: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";

/// A program with these settings in `[connections]`, and others above that section.
pub(crate) fn program(home: &Home, above: &str, connections: &str) -> Program {
    fs::write(home.path().join("freehold.toml"), format!("{above}\n[connections]\n{connections}\n")).unwrap();
    Program::at(home)
}

fn address(server: &Server) -> SocketAddr {
    server.site.trim_start_matches("http://").parse().unwrap()
}

pub(crate) async fn open(server: &Server) -> TcpStream {
    TcpStream::connect(address(server)).await.unwrap()
}

/// Opens a connection from another address of this machine.
async fn open_from(server: &Server, from: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    socket.connect(address(server)).await.unwrap()
}

pub(crate) async fn open_with(server: &Server, bytes: &[u8]) -> TcpStream {
    let mut stream = open(server).await;
    stream.write_all(bytes).await.unwrap();
    stream
}

/// Reads the head of the next response on the connection.
pub(crate) async fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = async {
        while !text.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => text.push(byte),
                Err(_) => break,
            }
        }
    };
    timeout(CEILING, read).await.unwrap();
    String::from_utf8(text).unwrap()
}

/// Requests `/healthz` and reads the whole response.
pub(crate) async fn is_well(stream: &mut TcpStream) -> bool {
    let asked = stream.write_all(WHOLE).await;
    if asked.is_err() || !answer(stream).await.starts_with("HTTP/1.1 200") {
        return false;
    }
    let mut body = [0; 3];
    stream.read_exact(&mut body).await.is_ok() && &body == b"ok\n"
}

/// Waits until the server closes the connection.
pub(crate) async fn closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    // It does not matter whether the connection ends in order or is reset.
    let _ = timeout(CEILING, stream.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 503"), "{}", String::from_utf8_lossy(&rest));
}

/// Whether the server has closed the connection by now.
fn is_closed(stream: &TcpStream) -> bool {
    // A request whose body does not arrive gets a response in the end.
    let mut bytes = [0; 1024];
    loop {
        match stream.try_read(&mut bytes) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

fn count_open(streams: &[TcpStream]) -> usize {
    streams.iter().filter(|stream| !is_closed(stream)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_that_do_not_come_to_their_end_close_the_connection() {
    let home = Home::begun().await;
    let server = program(&home, "", "header_seconds = 1\nidle_seconds = 3600").start().await;
    closed(&mut open_with(&server, HALF).await).await;
    closed(&mut open_with(&server, b"P").await).await;
    closed(&mut open_with(&server, b"PRI * HTTP/2.0\r\n").await).await;
    let mut kept = open(&server).await;
    assert!(is_well(&mut kept).await && is_well(&mut kept).await, "a connection serves one request after another");
    kept.write_all(HALF).await.unwrap();
    closed(&mut kept).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_are_closed() {
    let home = Home::begun().await;
    let server = program(&home, "", "header_seconds = 3600\nidle_seconds = 1").start().await;
    closed(&mut open(&server).await).await;
    let mut kept = open(&server).await;
    assert!(is_well(&mut kept).await);
    closed(&mut kept).await;
    closed_http2(&server).await;
    server.stop().await;
}

pub(crate) async fn http2(
    server: &Server,
) -> (hyper::client::conn::http2::SendRequest<Body>, tokio::task::JoinHandle<()>) {
    let io = TokioIo::new(open(server).await);
    let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    (sender, tokio::spawn(async move { drop(connection.await) }))
}

pub(crate) async fn is_well_by_http2(
    server: &Server,
    sender: &mut hyper::client::conn::http2::SendRequest<Body>,
) -> bool {
    let request = Request::get(format!("{}/healthz", server.site)).body(Body::empty()).unwrap();
    sender.send_request(request).await.unwrap().status() == 200
}

async fn closed_http2(server: &Server) {
    let (mut sender, connection) = http2(server).await;
    assert!(is_well_by_http2(server, &mut sender).await);
    timeout(CEILING, connection).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open_connections_do_not_stop_a_server_with_few_descriptors() {
    let home = Home::begun().await;
    let server = program(&home, "", "header_seconds = 3600\nidle_seconds = 3600").with_files(300).start().await;
    let mut half = Vec::new();
    for number in 0..400 {
        half.push(open_with(&server, if number % 2 == 0 { HALF } else { HALF_BODY }).await);
        if number % 50 == 0 {
            assert!(is_well(&mut open(&server).await).await, "after {number} half-open connections");
        }
    }
    assert!(is_well(&mut open(&server).await).await);
    let ready = reqwest::get(format!("{}/readyz", server.site)).await.unwrap();
    assert_eq!(ready.status(), 200, "the database is reached, too");
    eventually("the older ones are closed", async || count_open(&half) <= 184).await;
    let log = server.output.holding("too many connections").await;
    assert_eq!(log.matches("too many connections").count(), 1, "the operator is told once a minute: {log}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_caps_of_connections_hold() {
    let home = Home::begun().await;
    let settings = "most = 60\nmost_per_address = 10\nheader_seconds = 3600\nidle_seconds = 3600";
    let server = program(&home, "trusted_proxies = [\"127.0.0.9/32\"]", settings).start().await;
    let mut crowd = Vec::new();
    for _ in 0..30 {
        crowd.push(open_from(&server, "127.0.0.2").await);
    }
    eventually("one address keeps its cap", async || count_open(&crowd) == 10).await;
    assert!(is_well(crowd.last_mut().unwrap()).await, "the newest are kept");

    let mut proxied = Vec::new();
    for _ in 0..40 {
        proxied.push(open_from(&server, "127.0.0.9").await);
    }
    for stream in &mut proxied {
        assert!(is_well(stream).await, "a proxy has no cap of its own");
    }
    let mut more = Vec::new();
    for host in 100..200 {
        more.push(open_from(&server, &format!("127.0.0.{host}")).await);
        let mut newcomer = open_from(&server, "127.0.0.3").await;
        assert!(is_well(&mut newcomer).await, "a health check gets through when all places are taken");
    }
    eventually("all keep the cap", async || count_open(&crowd) + count_open(&proxied) + count_open(&more) <= 60).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_takes_no_answer_is_not_waited_for() {
    let home = Home::begun().await;
    let server = program(&home, "", "transfer_seconds = 1\nheader_seconds = 3600\nidle_seconds = 3600").start().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address(&server)).await.unwrap();
    // More than the system's buffers can hold.
    let request = b"GET /api/v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(200);
    stream.write_all(&request).await.unwrap();
    // Nor is a client that does not send the body it declared.
    closed(&mut open_with(&server, HALF_BODY).await).await;
    eventually("the connection is reset", async || stream.take_error().unwrap().is_some()).await;

    // The same over HTTP/2, with pings that are answered in the meantime.
    let io = TokioIo::new(open(&server).await);
    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let (mut sender, connection) = builder.initial_stream_window_size(1024).handshake(io).await.unwrap();
    let connection = tokio::spawn(async move { drop(connection.await) });
    let request = Request::get(format!("{}/api/v1/openapi.json", server.site)).body(Body::empty()).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    timeout(CEILING, connection).await.unwrap().unwrap();
    drop(answer);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_declared_too_long_is_refused_before_it_comes() {
    let home = Home::begun().await;
    let server = Program::at(&home).start().await;
    for (path, kind) in [
        ("/auth/v1/signup", "application/json"),
        ("/webhooks/stripe", "application/json"),
        ("/auth/v1/callback", "application/x-www-form-urlencoded"),
        ("/sign-in", "application/x-www-form-urlencoded"),
    ] {
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\ncontent-length: 10000000000\r\n\r\n");
        let mut stream = open_with(&server, head.as_bytes()).await;
        let answer = answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{path}: {answer}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_stops_while_connections_are_open_on_which_nothing_is_asked() {
    let home = Home::begun().await;
    let server = Program::at(&home).start().await;
    let (fresh, half) = (open(&server).await, open_with(&server, HALF).await);
    let mut kept = open(&server).await;
    assert!(is_well(&mut kept).await);
    let (mut sender, connection) = http2(&server).await;
    assert!(is_well_by_http2(&server, &mut sender).await);
    let output = server.output.clone();
    server.stop().await;
    assert!(!output.text().contains("had not ended"), "{}", output.text());
    drop((fresh, half, kept, connection));
}
