//! Sending requests.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use http::{HeaderValue, Method, header};
use tokio::time::Instant;

use super::{dns::PlayedDns, post, sink::Sink};
use crate::{ANSWER_LIMIT, Allowed, Failure, Outbound, Request};

fn local() -> Outbound {
    Outbound::new(Allowed::public_only().with_loopback()).unwrap()
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nretry-after: 7\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_request_arrives_as_it_was_written() {
    let sink = Sink::new(ok("thanks")).await;
    let mut request = post(&sink.url("/in?x=1"));
    request.headers.insert("webhook-id", HeaderValue::from_static("evt_1"));
    // The client sets the headers of the connection, whatever the request says.
    request.headers.insert(header::HOST, HeaderValue::from_static("inside.example"));
    request.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("999"));
    request.headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    let answer = local().send(request).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"thanks".as_slice()));
    assert_eq!(answer.headers[header::RETRY_AFTER], "7");
    assert!(answer.took > Duration::ZERO);

    let seen = sink.seen().remove(0).to_lowercase();
    assert!(seen.starts_with("post /in?x=1 http/1.1\r\n"), "{seen}");
    assert!(seen.ends_with("\r\n\r\n{}"), "{seen}");
    for line in ["webhook-id: evt_1", "content-length: 2", "user-agent: freehold/", &format!("host: {}", sink.address)]
    {
        assert!(seen.contains(line), "{line}: {seen}");
    }
    for line in ["inside.example", "chunked", "999", "accept-encoding"] {
        assert!(!seen.contains(line), "{line}: {seen}");
    }
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let sink = Sink::new(ok("")).await;
    let outbound = local();
    for _ in 0..20 {
        outbound.send(post(&sink.url("/"))).await.unwrap();
    }
    assert_eq!((sink.seen().len(), sink.connections()), (20, 1));
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_retired_when_it_is_old() {
    let sink = Sink::new(ok("")).await;
    let outbound = local();
    for _ in 0..16 {
        outbound.send(post(&sink.url("/"))).await.unwrap();
        tokio::time::advance(Duration::from_secs(10)).await;
    }
    assert_eq!(sink.connections(), 2, "160 seconds of steady traffic");
}

#[tokio::test]
async fn a_long_answer_is_cut() {
    let body = "x".repeat(3 * ANSWER_LIMIT);
    let answer = local().send(post(&Sink::new(ok(&body)).await.url("/"))).await.unwrap();
    assert_eq!(answer.body.len(), ANSWER_LIMIT);

    // Without a length, and without an end.
    let endless = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n", body.len());
    let answer = local().send(post(&Sink::new(endless).await.url("/"))).await.unwrap();
    assert_eq!(answer.body.len(), ANSWER_LIMIT);
}

#[tokio::test]
async fn the_time_limit_covers_every_step() {
    let limit = Duration::from_millis(200);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let head = Sink::new("HTTP/1.1 200 OK\r\ncontent-le").await;
    let body = Sink::new("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
    let port = silent.local_addr().unwrap().port();
    for url in [format!("http://127.0.0.1:{port}/"), format!("https://127.0.0.1:{port}/"), head.url("/"), body.url("/")]
    {
        let began = Instant::now();
        let error = local().send(Request { time_limit: limit, ..post(&url) }).await.unwrap_err();
        assert_eq!(error.failure(), Failure::Timeout, "{url}: {error:?}");
        assert_eq!(error.to_string(), "There was no complete answer within 0.2 s.");
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}

/// Sends this to the first client that connects and sends something, and closes the connection.
fn greets_by(words: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 8192]);
        let _ = stream.write_all(words.as_bytes());
    });
    address
}

#[tokio::test]
async fn every_failure_has_its_kind_and_words() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let hangs_up = format!("http://{}/", greets_by(""));
    let no_tls = greets_by("220 mail.example ESMTP\r\n");
    let speaks_otherwise = Sink::new("220 mail.example ESMTP\r\n").await;
    let breaks_off = greets_by("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
    let long_headers = Sink::new(format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(300_000))).await;
    let outbound =
        Outbound::with_resolver(Allowed::public_only().with_loopback(), Arc::<PlayedDns>::default()).unwrap();
    for (url, failure, words) in [
        (format!("http://{free}/"), Failure::Connect, "127.0.0.1 could not be reached: nothing listens there."),
        ("http://nowhere.example/".to_owned(), Failure::Dns, "No address was found for nowhere.example."),
        (hangs_up, Failure::Protocol, "127.0.0.1 closed the connection before its answer was complete."),
        (
            format!("http://{breaks_off}/"),
            Failure::Protocol,
            "127.0.0.1 closed the connection before its answer was complete.",
        ),
        (speaks_otherwise.url("/"), Failure::Protocol, "What 127.0.0.1 answered is not HTTP that can be read."),
        (long_headers.url("/"), Failure::Protocol, "What 127.0.0.1 answered is not HTTP that can be read."),
        (
            format!("https://{no_tls}/"),
            Failure::Tls,
            "TLS with 127.0.0.1 failed: received corrupt message of type InvalidContentType.",
        ),
    ] {
        let error = outbound.send(post(&url)).await.unwrap_err();
        assert_eq!((error.failure(), error.to_string().as_str()), (failure, words), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn a_get_without_a_body_is_sent_too() {
    let sink = Sink::new(ok("")).await;
    let request = Request { method: Method::GET, body: bytes::Bytes::new(), ..post(&sink.url("/status")) };
    assert_eq!(local().send(request).await.unwrap().status, 200);
    assert!(sink.seen()[0].starts_with("GET /status HTTP/1.1\r\n"));
    assert!(!sink.seen()[0].to_lowercase().contains("content-length"));
}
