//! Each mail is sent once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    room::{Room, sign_in},
    server::{MailServer, header},
};
use crate::harness::eventually;

#[tokio::test]
async fn one_cause_is_one_mail() {
    let room = Room::new().await;
    let now = room.test.clock.now();
    for _ in 0..3 {
        let enqueue = "select freehold.mail_enqueue($1, 'sign_in/7', 'magic_link', 'ada@example.org', $2, $3)";
        room.admin.execute(enqueue, &[&room.test.uuid(), &sign_in(), &now]).await.unwrap();
    }
    assert_eq!(room.count("select count(*) from freehold.mails").await, 1);
}

#[tokio::test]
async fn four_senders_beside_each_other_send_each_mail_once() {
    let (room, server) = (Room::new().await, MailServer::start());
    for number in 0..60 {
        room.enqueue(&format!("ada{number}@example.org")).await;
    }
    let senders: Vec<_> = (0..4).map(|_| room.send_by(&server.url())).collect();
    eventually("all are sent", async || {
        room.count("select count(*) from freehold.mails where state = 'sent'").await == 60
    })
    .await;
    for sender in senders {
        sender.stop().await;
    }
    assert_eq!(room.count("select count(*) from freehold.mails where attempts = 1").await, 60);
    let mails = server.mails().await;
    let ids: BTreeSet<&str> = mails.iter().map(|mail| header(mail, "Message-ID")).collect();
    assert_eq!((mails.len(), ids.len()), (60, 60));
}

/// The mails of the server by their Message-ID: the digests of their contents.
fn contents(mails: &[Value]) -> BTreeMap<&str, Vec<&str>> {
    let mut contents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for mail in mails {
        contents.entry(header(mail, "Message-ID")).or_default().push(mail["digest"].as_str().unwrap());
    }
    contents
}

#[tokio::test]
async fn killed_between_handing_over_and_writing_down_a_sender_leaves_a_mail_that_is_known_by_its_message_id() {
    let (room, server) = (Room::new().await, MailServer::start());
    let id = room.enqueue("held.ada@example.org").await;
    let sender = room.send_by(&server.url());
    eventually("the server has it", async || server.mails().await.len() == 1).await;
    sender.kill().await;
    assert_eq!(room.row(id).await.state, "queued");

    let _sender = room.send_by(&server.url());
    let other = room.enqueue("eve@example.org").await;
    room.ended(other).await;
    assert_eq!(room.row(id).await.state, "queued", "it is nobody else's while the lease holds");
    room.advance(121);
    let row = room.ended(id).await;
    assert_eq!((row.state.as_str(), row.attempts), ("sent", 2));
    let mails = server.mails().await;
    let contents = contents(&mails);
    let twice = &contents[format!("<{id}@voicefx.example>").as_str()];
    assert_eq!(twice.len(), 2, "SMTP cannot do better");
    assert_eq!(twice[0], twice[1], "but it is the same mail, byte for byte");
}

#[tokio::test]
async fn a_connection_lost_before_the_answer_is_the_same_mail_again() {
    let (room, server) = (Room::new().await, MailServer::start());
    let id = room.enqueue("lost.ada@example.org").await;
    let _sender = room.send_by(&server.url());
    room.tried(id, 1).await;
    room.advance(13);
    assert_eq!(room.ended(id).await.state, "sent");
    let mails = server.mails().await;
    let contents = contents(&mails);
    assert_eq!((contents.len(), mails.len()), (1, 2));
}

#[tokio::test]
async fn a_success_that_comes_late_still_counts() {
    let (room, server) = (Room::new().await, MailServer::start());
    let id = room.enqueue("held-busy.ada@example.org").await;
    let slow = room.send_by(&server.url());
    eventually("the server has it", async || server.mails().await.len() == 1).await;
    // Long enough for another sender to take the mail over, which then fails.
    room.advance(121);
    let other = room.send_by(&server.url());
    let row = room.tried(id, 2).await;
    assert_eq!(row.state, "queued");
    server.release();
    let row = room.ended(id).await;
    assert_eq!((row.state.as_str(), row.answer.as_str()), ("sent", "250 2.0.0 taken"));
    slow.stop().await;
    other.stop().await;
    assert_eq!(server.mails().await.len(), 1, "and nobody sends it again");
}
