//! Mails that users wait for go first, and no receiving domain delays the mails to others.

use std::collections::BTreeSet;

use super::{
    room::{Room, webhook_disabled},
    server::MailServer,
};
use crate::harness::eventually;
use crate::harness::mail_sender::mails;

impl Room {
    async fn ordinary(&self, to: &str) -> uuid::Uuid {
        self.enqueue_as("webhook_disabled", to, &webhook_disabled()).await
    }

    /// Recipients of mails that are being sent, or were.
    async fn taken(&self) -> BTreeSet<String> {
        let query = "select recipient from freehold.mails where attempts > 0";
        self.admin.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    async fn under_way(&self, domain: &str) -> i64 {
        let query = "select count(*) from freehold.mails where state = 'queued' and attempts > 0 and domain = $1";
        self.admin.query_one(query, &[&domain]).await.unwrap().get(0)
    }
}

#[tokio::test]
async fn a_user_who_waits_for_a_mail_gets_it_while_all_other_mails_are_slow() {
    let (room, server) = (Room::new().await, MailServer::start());
    for number in 0..12 {
        room.ordinary(&format!("held{number}@slow{number}.example")).await;
    }
    let sender = room.send_by(&server.url());
    eventually("the others are under way", async || room.taken().await.len() == 5).await;
    let waited_for = room.enqueue("ada@example.org").await;
    assert_eq!(room.ended(waited_for).await.state, "sent");
    let later = room.ordinary("eve@example.org").await;
    let also = room.enqueue("bob@slow0.example").await;
    assert_eq!(room.ended(also).await.state, "sent", "at a slow domain, too");
    assert_eq!(room.taken().await.len(), 7, "three senders are kept for mails that users wait for");
    server.release();
    assert_eq!(room.ended(later).await.state, "sent");
    sender.stop().await;
}

#[tokio::test]
async fn one_slow_domain_delays_no_sign_in_at_another_whatever_number_of_servers_there_are() {
    let (room, server) = (Room::new().await, MailServer::start());
    for number in 0..40 {
        room.enqueue(&format!("held{number}@slow.example")).await;
    }
    let senders = [room.send_by(&server.url()), room.send_by(&server.url())];
    eventually("the slow domain has its share", async || room.under_way("slow.example").await == 6).await;
    let quick = room.enqueue("ada@example.org").await;
    assert_eq!(room.ended(quick).await.state, "sent");
    let ordinary = room.ordinary("eve@example.org").await;
    assert_eq!(room.ended(ordinary).await.state, "sent");
    assert_eq!(room.under_way("slow.example").await, 6, "three of eight senders of each server");
    server.release();
    eventually("the slow ones are sent, too", async || {
        room.count("select count(*) from freehold.mails where state = 'sent'").await == 42
    })
    .await;
    for sender in senders {
        sender.stop().await;
    }
}

#[tokio::test]
async fn many_slow_domains_do_not_keep_all_senders() {
    let (room, server) = (Room::new().await, MailServer::start());
    for number in 0..12 {
        room.enqueue(&format!("held{number}@slow{number}.example")).await;
    }
    let sender = room.send_by(&server.url());
    eventually("all senders are at slow domains", async || room.taken().await.len() == 8).await;
    let waited_for = room.enqueue("ada@example.org").await;
    // The slow ones have been in progress for a while: the waiting ones, and then the last one, take their place.
    room.advance(11);
    assert_eq!(room.ended(waited_for).await.state, "sent");
    server.release();
    sender.stop().await;
}

#[tokio::test]
async fn domains_take_turns() {
    let (room, server) = (Room::new().await, MailServer::start());
    for number in 0..300 {
        room.ordinary(&format!("held{number:03}@large.example")).await;
    }
    for name in ["a", "b", "c"] {
        room.ordinary(&format!("held-{name}@{name}.example")).await;
    }
    let sender = room.send_by(&server.url());
    eventually("five are under way", async || room.taken().await.len() == 5).await;
    assert_eq!(room.under_way("large.example").await, 2);
    for domain in ["a.example", "b.example", "c.example"] {
        assert_eq!(room.under_way(domain).await, 1, "{domain}");
    }
    server.release();
    sender.stop().await;
}

#[tokio::test]
async fn the_mails_that_go_first_are_those_of_sign_in() {
    let room = Room::new().await;
    for (number, template) in mails().iter().enumerate() {
        let to = format!("ada{number}@Example.ORG");
        let id = room.enqueue_as(template.name, &to, &webhook_disabled()).await;
        let row =
            room.admin.query_one("select urgent, domain from freehold.mails where id = $1", &[&id]).await.unwrap();
        // A user whom an administrator invites does not wait for the mail.
        let waited_for = template.sealed.contains(&"code") && template.name != "invite";
        assert_eq!(row.get::<_, bool>(0), waited_for, "{template:?}");
        assert_eq!(row.get::<_, &str>(1), "example.org");
    }
}
