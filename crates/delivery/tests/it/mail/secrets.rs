//! Links and codes of mails: sealed while a mail is queued, deleted when it was sent or has failed.

use freehold_core::codes;
use freehold_db::Migrator;
use freehold_delivery::{
    mail::{Mail, Post, mail_retry, mail_retry_all, mails_seal},
    mailbox::{mailbox_get, mailbox_list},
};
use freehold_module::MailTemplate;
use freehold_vault::{MasterKeys, Vault};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    room::{Room, sign_in, smtp, webhook_disabled},
    server::MailServer,
};
use crate::harness::mail_sender::{MailSender, mails, vault};
use crate::harness::{
    TestDatabase,
    app::{Setup, TestApp},
    schema,
    secrets::Secrets,
};

const CODE: &str = "428613";
const TOKEN: &str = "token=abc";

impl Room {
    /// The whole row, as a reader of the database sees it.
    async fn text(&self, id: Uuid) -> String {
        let query = "select m::text from freehold.mails as m where id = $1";
        self.admin.query_one(query, &[&id]).await.unwrap().get(0)
    }

    async fn is_clear_of_secrets(&self, id: Uuid) {
        let text = self.text(id).await;
        assert!(!text.contains(CODE) && !text.contains(TOKEN) && !text.contains("sealed"), "{text}");
    }
}

#[tokio::test]
async fn a_sealed_mail_is_sent_with_its_link_and_code_and_keeps_neither() {
    let (room, server) = (Room::new().await, MailServer::start());
    let id = room.enqueue_sealed("ada@example.org").await;
    let waiting = room.text(id).await;
    assert!(waiting.contains("sealed") && !waiting.contains(CODE) && !waiting.contains(TOKEN), "{waiting}");
    let _sender = room.send_by(&server.url());
    assert_eq!(room.ended(id).await.state, "sent");
    let text = server.mails().await[0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains(CODE) && text.contains(TOKEN), "{text}");
    room.is_clear_of_secrets(id).await;
}

#[tokio::test]
async fn whatever_way_a_mail_ends_its_secrets_are_deleted() {
    let (room, server) = (Room::new().await, MailServer::start());
    // In plain text, as earlier servers queued them.
    let late = [room.enqueue("ada@example.org").await, room.enqueue_sealed("ada@example.org").await];
    room.advance(60 * 60);
    let sender = room.send_by(&server.url());
    for id in late {
        assert_eq!(room.ended(id).await.state, "expired");
        room.is_clear_of_secrets(id).await;
    }
    for (to, state) in [("ada", "sent"), ("full", "failed"), ("unknown", "failed"), ("unknown", "suppressed")] {
        let to = format!("{to}@example.org");
        for id in [room.enqueue(&to).await, room.enqueue_sealed(&to).await] {
            let found = room.ended(id).await.state;
            assert!(found == state || to.starts_with("unknown") && found == "suppressed", "{to}: {found}");
            room.is_clear_of_secrets(id).await;
        }
    }
    sender.stop().await;
    // No statement can end a mail and keep its secrets.
    for template in mails().iter().filter(MailTemplate::has_secrets) {
        let id = room.enqueue_as(template.name, "ada@example.org", &sign_in()).await;
        let end = "update freehold.mails set state = 'sent', ended_at = created_at, data = data || $2 where id = $1";
        room.admin.execute(end, &[&id, &json!({ "sealed": "x", "code": CODE })]).await.unwrap();
        room.is_clear_of_secrets(id).await;
    }
}

#[test]
fn every_mail_with_a_code_or_a_token_is_one_with_secrets() {
    // The link of a mail decides what its reader can do; mails without a token link to a page.
    for template in mails().iter() {
        let mail = Mail::sample(template);
        let secret = mail.code().is_some()
            || mail.link().is_some_and(|link| ["token=", "signature="].iter().any(|name| link.contains(name)));
        assert_eq!(template.has_secrets(), secret, "{template}");
    }
}

#[tokio::test]
async fn a_mail_that_waits_goes_on_waiting_sealed_and_one_in_clear_is_sealed() {
    let (room, server) = (Room::new().await, MailServer::start());
    let clear = room.enqueue("busy-1-ada@example.org").await;
    let sealed = room.enqueue_sealed("ada@example.org").await;
    let other = room.enqueue_as("webhook_disabled", "ada@example.org", &webhook_disabled()).await;
    let (random, db) = (room.test.random.clone(), room.test.db.clone());
    assert_eq!(mails_seal(&db, &vault(), &random, &mails()).await.unwrap(), 1);
    assert_eq!(mails_seal(&db, &vault(), &random, &mails()).await.unwrap(), 0);
    let text = room.text(clear).await;
    assert!(text.contains("sealed") && !text.contains(CODE) && !text.contains(TOKEN), "{text}");
    assert!(room.text(other).await.contains("app.example.org/docs"), "it holds no secret");
    let _sender = room.send_by(&server.url());
    room.tried(clear, 1).await;
    assert!(room.text(clear).await.contains("sealed"), "it is still to be sent");
    room.advance(12);
    for id in [clear, sealed, other] {
        assert_eq!(room.ended(id).await.state, "sent");
        room.is_clear_of_secrets(id).await;
    }
    let codes = server.mails().await.iter().filter(|mail| mail["text"].as_str().unwrap().contains(CODE)).count();
    assert_eq!(codes, 2);
}

#[tokio::test]
async fn what_a_mail_server_quotes_of_a_mail_is_not_kept() {
    let (room, server) = (Room::new().await, MailServer::start());
    let mut ids = Vec::new();
    for status in ["554", "451"] {
        ids.push(room.enqueue_sealed(&format!("quote-{status}-ada@example.org")).await);
    }
    let _sender = room.send_by(&server.url());
    for (id, row) in [(ids[0], room.ended(ids[0]).await), (ids[1], room.tried(ids[1], 1).await)] {
        assert!(row.answer.contains("5.7.1 suspicious: ") && row.answer.contains("[secret]"), "{row:?}");
        let text = room.text(id).await;
        assert!(!text.contains(CODE) && !text.contains(TOKEN), "{text}");
    }
}

#[tokio::test]
async fn a_mail_is_sent_after_the_master_key_was_replaced_and_waits_when_that_is_lost() {
    let (room, server) = (Room::new().await, MailServer::start());
    let post = || Post::Smtp { smtp: Box::new(smtp(&server.url())), shown: false };
    let id = room.enqueue_sealed("ada@example.org").await;
    let lost = MailSender::with_vault(&room.test, post(), Vault::new([8; 32]));
    let row = room.tried(id, 1).await;
    assert_eq!(row.state, "queued");
    assert!(row.answer.contains("master key that is not configured"), "{row:?}");
    lost.stop().await;
    room.advance(60);
    let rotated = Vault::from(MasterKeys::new([8; 32]).and_previous([7; 32]));
    let _sender = MailSender::with_vault(&room.test, post(), rotated);
    assert_eq!(room.ended(id).await.state, "sent");
}

#[tokio::test]
async fn a_mail_without_its_link_cannot_be_sent_again_and_an_operator_is_told_why() {
    let (room, server) = (Room::new().await, MailServer::start());
    let (id, other) = (room.enqueue_sealed("spam.ada@example.org").await, Uuid::nil());
    let _sender = room.send_by(&server.url());
    assert_eq!(room.ended(id).await.state, "failed");
    let mut tx = room.test.db.system("test").begin().await.unwrap();
    let refused = mail_retry(&mut tx, &mails(), id).await.unwrap_err();
    assert!(refused.is(codes::CONFLICT) && refused.message().contains("deleted"), "{refused:?}");
    assert!(mail_retry(&mut tx, &mails(), other).await.unwrap_err().is(codes::NOT_FOUND));
    assert_eq!(mail_retry_all(&mut tx, &mails()).await.unwrap(), (0, 1));
}

#[tokio::test]
async fn the_local_mailbox_shows_what_it_took_and_keeps_it_sealed() {
    let app = TestApp::with(Setup::default().confirming().with_auth(|auth| auth.code_digits = 10)).await;
    let mailbox = || Post::Mailbox { site_url: "https://app.example.org".to_owned() };
    let sender = MailSender::of(&app.test, mailbox());
    app.sign_up("ada@example.org").await.expect(200);
    let count = async || app.count("select count(*) from freehold.mails where state = 'sent'").await;
    crate::harness::eventually("the mail is in the mailbox", async || count().await == 1).await;
    sender.stop().await;
    let mut secrets = Secrets::default();
    secrets.add_mail(&app, "ada@example.org").await;
    assert_eq!(secrets.found(&app.test.admin().await).await.len(), 0);
    let mail = &app.mails("ada@example.org").await[0];
    assert_eq!(
        app.get(&format!("/dev/mail/messages?to={}", mail.to)).send().await.expect(200).at("/data/0/code"),
        mail.mail.code().unwrap()
    );
}

#[tokio::test]
async fn the_local_mailbox_does_not_list_mails_whose_link_is_gone() {
    let (room, server) = (Room::new().await, MailServer::start());
    let sent = room.enqueue_sealed("ada@example.org").await;
    let other = room.enqueue_as("webhook_disabled", "ada@example.org", &webhook_disabled()).await;
    let sender = room.send_by(&server.url());
    for id in [sent, other] {
        assert_eq!(room.ended(id).await.state, "sent");
    }
    sender.stop().await;
    let waiting = room.enqueue_sealed("ada@example.org").await;
    let listed = mailbox_list(&room.test.db, &vault(), &mails(), None).await.unwrap();
    let mut listed: Vec<Uuid> = listed.iter().map(|mail| mail.id).collect();
    let mut expected = vec![waiting, other];
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    assert!(mailbox_get(&room.test.db, &vault(), &mails(), sent).await.unwrap_err().is(codes::NOT_FOUND));
}

#[tokio::test]
async fn an_upgrade_deletes_the_secrets_of_mails_that_have_ended() {
    let test = TestDatabase::empty().await;
    let mut before = schema::migration_sets(&schema::NO_PRODUCT);
    for set in before.iter_mut().filter(|set| set.name == "delivery") {
        set.migrations = set.migrations.split_at(6).0;
    }
    let migrate = async |sets: &[freehold_db::MigrationSet]| {
        let mut migrator = Migrator::connect(&test.admin_settings(), Some("freehold_server")).await.unwrap();
        migrator.migrate(sets).await.unwrap();
    };
    migrate(&before).await;
    let room = Room { admin: test.admin().await, test };
    let ended = room.enqueue("ada@example.org").await;
    let other = room.enqueue_as("webhook_disabled", "ada@example.org", &webhook_disabled()).await;
    let end = "update freehold.mails set state = 'sent', ended_at = created_at";
    room.admin.execute(end, &[]).await.unwrap();
    let waiting = room.enqueue("eve@example.org").await;
    assert!(room.text(ended).await.contains(CODE));
    let migrator = Migrator::connect(&room.test.admin_settings(), Some("freehold_server")).await;
    migrator.unwrap().migrate(&schema::migration_sets(&schema::NO_PRODUCT)).await.unwrap();
    room.is_clear_of_secrets(ended).await;
    let data: Value =
        room.admin.query_one("select data from freehold.mails where id = $1", &[&other]).await.unwrap().get(0);
    assert_eq!(data, webhook_disabled(), "it holds no secret");
    // Waiting mails are sent after the upgrade.
    let server = MailServer::start();
    let _sender = room.send_by(&server.url());
    assert_eq!(room.ended(waiting).await.state, "sent");
    assert!(server.mails().await[0]["text"].as_str().unwrap().contains(CODE));
    room.is_clear_of_secrets(waiting).await;
}
