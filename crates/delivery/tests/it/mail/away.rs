//! A mail server that does not answer.

use super::{
    room::{Room, smtp},
    server::MailServer,
};
use crate::harness::eventually;

#[tokio::test]
async fn mails_wait_for_a_server_that_is_away_and_use_up_no_attempts() {
    let room = Room::new().await;
    // A port on which no server listens at first.
    let port = MailServer::start().port();
    let mut mails = Vec::new();
    for number in 0..10 {
        mails.push(room.enqueue(&format!("ada{number}@example.org")).await);
    }
    let _sender = room.send_by(&format!("smtp://127.0.0.1:{port}"));
    eventually("somebody tried", async || {
        room.count("select count(*) from freehold.mails where attempts = 0 and answer is not null").await > 0
    })
    .await;
    assert_eq!(room.count("select count(*) from freehold.mails where state <> 'queued'").await, 0);
    let server = MailServer::at(port);
    for id in mails {
        let row = room.ended(id).await;
        assert_eq!((row.state.as_str(), row.attempts), ("sent", 1), "{row:?}");
    }
    assert_eq!(server.mails().await.len(), 10);
}

#[tokio::test]
async fn a_server_that_went_away_between_two_mails_and_came_back_gets_the_second() {
    let room = Room::new().await;
    let server = MailServer::start();
    let port = server.port();
    let _sender = room.send_by(&server.url());
    let first = room.enqueue("ada@example.org").await;
    room.ended(first).await;
    assert_eq!(server.mails().await.len(), 1);
    drop(server);
    // The connection that was kept for another mail is broken now.
    let server = MailServer::at(port);
    let second = room.enqueue("eve@example.org").await;
    let row = room.ended(second).await;
    assert_eq!((row.state.as_str(), row.attempts), ("sent", 1));
    assert_eq!(server.mails().await.len(), 1);
}

#[tokio::test]
async fn a_server_that_takes_nothing_from_us_is_as_good_as_away() {
    let room = Room::new().await;
    let server = MailServer::start();
    let id = room.enqueue("ada@example.org").await;
    let from = freehold_delivery::mail::Origin::parse("forbidden@voicefx.example").unwrap();
    let parsed = freehold_delivery::mail::Server::parse(&freehold_core::Secret::new(server.url())).unwrap();
    let forbidden = freehold_delivery::mail::Smtp::new(parsed, from, "app.example.org").unwrap();
    let sender = room.send_with(forbidden);
    eventually("somebody tried", async || room.row(id).await.answer.contains("5.7.60")).await;
    let row = room.row(id).await;
    assert_eq!(row.state, "queued", "{row:?}");
    assert!(row.answer.starts_with("it takes nothing from forbidden@voicefx.example"), "{row:?}");
    sender.stop().await;
    assert_eq!(room.row(id).await.attempts, 0);
    let _sender = room.send_by(&server.url());
    assert_eq!(room.ended(id).await.state, "sent");
}

#[tokio::test]
async fn who_dies_waiting_for_a_server_that_says_nothing_leaves_the_mail_to_others() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", silent.local_addr().unwrap());
    let room = Room::new().await;
    let id = room.enqueue("ada@example.org").await;
    let sender = room.send_by(&url);
    let (_connection, _) = silent.accept().await.unwrap();
    sender.kill().await;
    // Another sender takes the mail when the lease has expired.
    let server = MailServer::start();
    let _sender = room.send_by(&server.url());
    assert_eq!(room.row(id).await.state, "queued");
    room.advance(121);
    let row = room.ended(id).await;
    assert_eq!((row.state.as_str(), row.attempts), ("sent", 2));
}

#[tokio::test]
async fn the_doctor_is_told_why() {
    let port = MailServer::start().port();
    let why = smtp(&format!("smtp://127.0.0.1:{port}")).check().await.unwrap_err();
    assert!(why.to_lowercase().contains("connection"), "{why}");
    let server = MailServer::start();
    assert_eq!(smtp(&server.url()).check().await, Ok(false));
}
