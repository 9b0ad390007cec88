//! What clients observe when a server stops.

use std::fmt::Write;

use reqwest::{Method, header};

use crate::{
    campaign::Owner,
    client::{Client, Tenant},
    connections::{HALF, HALF_BODY, WHOLE, answer, closed, http2, is_well, is_well_by_http2, open, open_with, program},
    postgres::{connect, waiting},
    server::{Home, Program, Server, eventually, signal},
};

/// Longer than any test waits, so whatever ends earlier did not end because of this limit.
const NEVER: &str = "600";
const PATIENT: &str =
    "header_seconds = 3600\nidle_seconds = 3600\ntransfer_seconds = 3600\n[shutdown]\nfinish_seconds = 600";

/// Waits until the server reports that it is shutting down.
async fn draining(server: &Server) {
    let client = Client::new();
    eventually("/readyz answers 503", async || {
        client.get(format!("{}/readyz", server.site)).await.unwrap().status == 503
    })
    .await;
}

async fn ended_in_order(mut server: Server) {
    let status = server.ended().await;
    assert_eq!(status.code(), Some(0), "{}", server.output.text());
    server.unharmed();
    assert!(!server.output.text().contains("had not ended"), "{}", server.output.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draining_server_is_not_ready_and_still_answers_every_request_with_connection_close() {
    let home = Home::begun().await;
    let server = program(&home, "", PATIENT).with("FREEHOLD_SHUTDOWN_DRAIN_SECONDS", NEVER).start().await;
    let (mut kept, silent) = (open(&server).await, open(&server).await);
    assert!(is_well(&mut kept).await);
    let (mut streams, connection) = http2(&server).await;
    assert!(is_well_by_http2(&server, &mut streams).await);

    signal("TERM", server.process());
    draining(&server).await;
    for stream in [&mut kept, &mut open(&server).await] {
        use tokio::io::AsyncWriteExt;
        stream.write_all(WHOLE).await.unwrap();
        let answer = answer(stream).await.to_lowercase();
        assert!(answer.starts_with("http/1.1 200") && answer.contains("\r\nconnection: close\r\n"), "{answer}");
    }
    // The HTTP/2 client is asked to open its next streams on another connection, and a new connection works in the
    // meantime.
    connection.await.unwrap();
    let (mut streams, connection) = http2(&server).await;
    assert!(is_well_by_http2(&server, &mut streams).await);
    connection.await.unwrap();

    signal("TERM", server.process());
    ended_in_order(server).await;
    drop(silent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_server_does_not_drain() {
    let home = Home::begun().await;
    let server = Program::at(&home).with("FREEHOLD_SHUTDOWN_DRAIN_SECONDS", NEVER).start().await;
    signal("INT", server.process());
    ended_in_order(server).await;
    assert_eq!(home.postmaster(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_local_server_has_no_load_balancer_to_wait_for() {
    let home = Home::begun().await;
    let server = Program::at(&home).with("FREEHOLD_SHUTDOWN_DRAIN_SECONDS", "auto").start().await;
    let output = server.output.clone();
    signal("TERM", server.process());
    ended_in_order(server).await;
    assert!(!output.text().contains("/readyz answers 503"), "{}", output.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_does_not_wait_for_requests_under_way() {
    let home = Home::begun().await;
    let server = program(&home, "", PATIENT).start().await;
    let tenant = Tenant::sign_up(&server.site, "second").await;
    let holder = connect(&home.url()).await;
    holder.batch_execute("begin; lock table voice.runs in access exclusive mode").await.unwrap();
    let (client, site) = (tenant.clone(), server.site.clone());
    let slow = tokio::spawn(async move { client.get(&site, "/api/v1/runs").await });
    eventually("the request waits", async || waiting(&holder).await).await;
    for name in ["TERM", "INT"] {
        signal(name, server.process());
        if name == "TERM" {
            eventually("it stops", async || server.output.text().contains("requests under way have")).await;
        }
    }
    let output = server.output.clone();
    let mut server = server;
    assert_eq!(server.ended().await.code(), Some(0), "{}", output.text());
    eventually("the log says so", async || output.text().contains("stopping at once")).await;
    // The request was cut off, asked to try again when the database closed, or answered when the database closed the connection that
    // held the lock before its own.
    if let Ok(answer) = slow.await.unwrap() {
        assert!(answer.status == 200 || answer.is_unavailable(), "{answer:?}");
    }
    drop(holder);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_send_nothing_more_do_not_hold_up_the_stop() {
    let home = Home::begun().await;
    let server = program(&home, "", PATIENT).start().await;
    let mut silent = Vec::new();
    for bytes in [b"".as_slice(), b"G", HALF, b"PRI * HTTP/2.0\r\n", HALF_BODY] {
        silent.push(open_with(&server, bytes).await);
    }
    let (mut streams, connection) = http2(&server).await;
    assert!(is_well_by_http2(&server, &mut streams).await);
    signal("TERM", server.process());
    for stream in &mut silent[..4] {
        closed(stream).await;
    }
    ended_in_order(server).await;
    drop((silent, connection));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_of_events_end_when_the_server_drains() {
    let home = Home::begun().await;
    let program = Program::at(&home)
        .with("FREEHOLD_SHUTDOWN_DRAIN_SECONDS", NEVER)
        // Nothing changes while no worker runs, so a stream ends because the server does.
        .with("FREEHOLD_WORK_IN_SERVER", "false");
    let server = program.start().await;
    let owner = Owner::new(&server, &program, "streams", 10).await;
    owner.start().await;
    let watch = async || {
        let url = format!("{}/api/v1/campaigns/{}/progress", server.site, owner.campaign());
        let request = owner.tenant.client.request(Method::GET, url).header(header::AUTHORIZATION, &owner.tenant.key);
        request.send().await.unwrap()
    };
    let mut before = watch().await;
    let mut text = String::new();
    let _ = write!(text, "{}", String::from_utf8_lossy(&before.chunk().await.unwrap().unwrap()));
    assert!(text.contains("event: progress"), "{text}");

    signal("TERM", server.process());
    while let Some(chunk) = before.chunk().await.unwrap() {
        let _ = write!(text, "{}", String::from_utf8_lossy(&chunk));
    }
    // An open stream gets a comment every five seconds.
    assert!(
        text.lines().filter(|line| line.starts_with(':')).count() < 2,
        "it ended with the server, not by itself: {text}"
    );
    let during = watch().await.text().await.unwrap();
    assert!(during.contains("event: progress") && !during.lines().any(|line| line.starts_with(':')), "{during}");
    signal("INT", server.process());
    ended_in_order(server).await;
}
