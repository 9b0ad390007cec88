//! Mails that a mail server rejects.

use freehold_delivery::mail::{Address, mail_retry, mail_retry_all, suppression_list, suppression_remove};

use super::{
    room::{Room, webhook_disabled},
    server::{MailServer, header},
};
use crate::harness::eventually;
use crate::harness::mail_sender::mails;

#[tokio::test]
async fn what_may_pass_is_tried_again_after_a_while_and_is_the_same_mail() {
    let (room, server) = (Room::new().await, MailServer::start());
    let id = room.enqueue("busy-2-ada@example.org").await;
    let _sender = room.send_by(&server.url());
    for (attempt, most) in [(1, 12), (2, 48)] {
        let row = room.tried(id, attempt).await;
        assert_eq!(row.state, "queued");
        assert!(row.answer.starts_with("450 4.2.1"), "{row:?}");
        let wait = "select extract(epoch from due_at - $2)::float8 from freehold.mails where id = $1";
        let wait: f64 = room.admin.query_one(wait, &[&id, &room.test.clock.now()]).await.unwrap().get(0);
        assert!(wait > f64::from(most) / 2.0 && wait <= f64::from(most), "{wait} s behind attempt {attempt}");
        assert_eq!(server.events("recipient").await.len(), usize::try_from(attempt).unwrap(), "not before its time");
        room.advance(most.into());
    }
    let row = room.ended(id).await;
    assert_eq!((row.state.as_str(), row.attempts), ("sent", 3));
    assert_eq!(server.mails().await.len(), 1);
    assert_eq!(header(&server.mails().await[0], "Message-ID"), format!("<{id}@voicefx.example>"));
}

#[tokio::test]
async fn tried_too_often_it_becomes_a_dead_letter_that_an_operator_can_send_again() {
    let (room, server) = (Room::new().await, MailServer::start());
    let id = room.enqueue_as("webhook_disabled", "busy-10-ada@example.org", &webhook_disabled()).await;
    let _sender = room.send_by(&server.url());
    for attempt in 1..10 {
        room.tried(id, attempt).await;
        room.advance(8 * 60 * 60);
    }
    let row = room.ended(id).await;
    assert_eq!((row.state.as_str(), row.attempts), ("failed", 10));
    assert!(row.answer.starts_with("given up after 10 attempts: 450 4.2.1"), "{row:?}");
    let mut tx = room.test.db.system("test").begin().await.unwrap();
    assert_eq!(mail_retry_all(&mut tx, &mails()).await.unwrap(), (1, 0));
    tx.commit().await.unwrap();
    assert_eq!(room.ended(id).await.state, "sent");
    let mut tx = room.test.db.system("test").begin().await.unwrap();
    assert!(mail_retry(&mut tx, &mails(), id).await.is_err(), "it was sent");
}

#[tokio::test]
async fn an_address_that_is_not_there_gets_no_more_mails_until_an_operator_says_so() {
    let (room, server) = (Room::new().await, MailServer::start());
    let first = room.enqueue("Unknown.Ada@Example.org").await;
    let _sender = room.send_by(&server.url());
    let row = room.ended(first).await;
    assert_eq!((row.state.as_str(), row.attempts), ("failed", 1));
    assert!(row.answer.starts_with("550 5.1.1"), "{row:?}");
    let suppressed = suppression_list(&room.test.db).await.unwrap();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(
        (suppressed[0].address.as_str(), suppressed[0].reason.as_str()),
        ("unknown.ada@example.org", "hard_bounce")
    );
    assert!(suppressed[0].answer.as_ref().unwrap().contains("nobody of that name"));

    let second = room.enqueue_as("webhook_disabled", "UNKNOWN.ada@example.ORG", &webhook_disabled()).await;
    assert_eq!(room.ended(second).await.state, "suppressed");
    assert_eq!(server.events("recipient").await.len(), 1, "the server was not asked again");

    let mut tx = room.test.db.system("test").begin().await.unwrap();
    suppression_remove(&mut tx, &Address::parse("unknown.ADA@example.org").unwrap()).await.unwrap();
    mail_retry(&mut tx, &mails(), second).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(room.ended(second).await.state, "failed");
    assert_eq!(server.events("recipient").await.len(), 2);
}

#[tokio::test]
async fn other_refusals_end_a_mail_and_say_nothing_about_its_address() {
    let (room, server) = (Room::new().await, MailServer::start());
    let mut mails = Vec::new();
    for (to, answer) in [
        ("relay.ada@example.org", "554 5.7.1"),
        ("full.ada@example.org", "552 5.2.2"),
        ("spam.ada@example.org", "554 5.7.1 this looks like spam"),
    ] {
        mails.push((room.enqueue(to).await, answer));
    }
    let fine = room.enqueue("ada@example.org").await;
    let _sender = room.send_by(&server.url());
    for (id, answer) in mails {
        let row = room.ended(id).await;
        assert_eq!((row.state.as_str(), row.attempts), ("failed", 1), "{row:?}");
        assert!(row.answer.starts_with(answer), "{row:?}");
    }
    assert_eq!(room.ended(fine).await.state, "sent");
    assert_eq!(suppression_list(&room.test.db).await.unwrap(), []);
}

#[tokio::test]
async fn a_link_that_has_run_out_is_not_sent() {
    let (room, server) = (Room::new().await, MailServer::start());
    let late = room.enqueue("ada@example.org").await;
    let never_late = room.enqueue_as("webhook_disabled", "ada@example.org", &webhook_disabled()).await;
    room.advance(60 * 60);
    let in_time = room.enqueue("ada@example.org").await;
    let _sender = room.send_by(&server.url());
    assert_eq!(room.ended(late).await.state, "expired");
    assert_eq!(room.ended(never_late).await.state, "sent");
    assert_eq!(room.ended(in_time).await.state, "sent");
    assert_eq!(server.mails().await.len(), 2);
}

#[tokio::test]
async fn a_mail_that_only_a_newer_server_can_write_waits_for_it() {
    let (room, server) = (Room::new().await, MailServer::start());
    let id = room.enqueue_as("newsletter", "ada@example.org", &webhook_disabled()).await;
    let _sender = room.send_by(&server.url());
    let row = room.tried(id, 1).await;
    assert_eq!(row.state, "queued");
    assert!(row.answer.contains("newsletter"), "{row:?}");
    let fine = room.enqueue("ada@example.org").await;
    assert_eq!(room.ended(fine).await.state, "sent");
}

#[tokio::test]
async fn what_ended_a_month_ago_is_forgotten() {
    let (room, server) = (Room::new().await, MailServer::start());
    let id = room.enqueue("ada@example.org").await;
    let sender = room.send_by(&server.url());
    room.ended(id).await;
    sender.stop().await;
    room.advance(29 * 24 * 60 * 60);
    let waiting = room.enqueue_as("webhook_disabled", "busy-9-ada@example.org", &webhook_disabled()).await;
    let sender = room.send_by(&server.url());
    room.tried(waiting, 1).await;
    assert_eq!(room.count("select count(*) from freehold.mails").await, 2);
    sender.stop().await;
    room.advance(2 * 24 * 60 * 60);
    let _sender = room.send_by(&server.url());
    eventually("the old mail is forgotten", async || room.count("select count(*) from freehold.mails").await == 1)
        .await;
    assert_eq!(room.row(waiting).await.state, "queued", "what waits is kept");
}
