//! A database with mails, and their senders.

use freehold_core::Secret;
use freehold_delivery::mail::{Origin, Post, Server, Smtp};
use freehold_vault::MAIL_SEALED;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::harness::{
    TestDatabase, eventually,
    mail_sender::{MailSender, vault},
};

/// A database with mails.
pub(crate) struct Room {
    pub(crate) test: TestDatabase,
    pub(crate) admin: Client,
}

/// A mail as stored in the database.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) state: String,
    pub(crate) attempts: i16,
    pub(crate) answer: String,
}

impl Room {
    pub(crate) async fn new() -> Self {
        let test = TestDatabase::new().await;
        let admin = test.admin().await;
        Self { test, admin }
    }

    /// Enqueues a sign-in mail.
    pub(crate) async fn enqueue(&self, to: &str) -> Uuid {
        self.enqueue_as("magic_link", to, &sign_in()).await
    }

    /// Enqueues a sign-in mail as servers do: its link and code are sealed.
    pub(crate) async fn enqueue_sealed(&self, to: &str) -> Uuid {
        let id = self.test.uuid();
        let mut data = sign_in();
        let fields = data.as_object_mut().unwrap();
        let secrets = ["code", "link"].iter().filter_map(|name| fields.remove_entry(*name)).collect();
        fields.insert(MAIL_SEALED.to_owned(), vault().mail_seal(id, &secrets, &self.test.random).into());
        self.enqueue_with(id, "magic_link", to, &data).await
    }

    /// Enqueues a mail.
    pub(crate) async fn enqueue_as(&self, template: &str, to: &str, data: &Value) -> Uuid {
        self.enqueue_with(self.test.uuid(), template, to, data).await
    }

    async fn enqueue_with(&self, id: Uuid, template: &str, to: &str, data: &Value) -> Uuid {
        let (cause, now) = (format!("test/{id}"), self.test.clock.now());
        let enqueue = "select freehold.mail_enqueue($1, $2, $3, $4, $5, $6)";
        self.admin.execute(enqueue, &[&id, &cause, &template, &to, &data, &now]).await.unwrap();
        id
    }

    /// Starts a sender for that server.
    pub(crate) fn send_by(&self, url: &str) -> MailSender {
        self.send_with(smtp(url))
    }

    pub(crate) fn send_with(&self, smtp: Smtp) -> MailSender {
        self.run(Post::Smtp { smtp: Box::new(smtp), shown: false })
    }

    /// Starts a sender for the local mailbox.
    pub(crate) fn send_to_mailbox(&self) -> MailSender {
        self.run(Post::Mailbox { site_url: "https://app.example.org".to_owned() })
    }

    fn run(&self, post: Post) -> MailSender {
        MailSender::of(&self.test, post)
    }

    pub(crate) async fn row(&self, id: Uuid) -> Row {
        let query = "select state, attempts, coalesce(answer, '') from freehold.mails where id = $1";
        let row = self.admin.query_one(query, &[&id]).await.unwrap();
        Row { state: row.get(0), attempts: row.get(1), answer: row.get(2) }
    }

    /// Waits until the mail was sent or has failed.
    pub(crate) async fn ended(&self, id: Uuid) -> Row {
        eventually("the mail has ended", async || self.row(id).await.state != "queued").await;
        self.row(id).await
    }

    /// Waits until the mail was attempted this often and waits for a retry.
    pub(crate) async fn tried(&self, id: Uuid, attempts: i16) -> Row {
        // While it is in progress, it is due when its lease expires.
        let waits = "select from freehold.mails
            where id = $1 and attempts = $2 and answer is not null and due_at <> $3::timestamptz + interval '2 minutes'";
        let now = self.test.clock.now();
        eventually("the mail was tried", async || {
            self.admin.query_opt(waits, &[&id, &attempts, &now]).await.unwrap().is_some()
        })
        .await;
        self.row(id).await
    }

    /// Moves the clock.
    pub(crate) fn advance(&self, seconds: i64) {
        self.test.clock.advance(SignedDuration::from_secs(seconds));
    }

    pub(crate) async fn count(&self, query: &str) -> i64 {
        self.admin.query_one(query, &[]).await.unwrap().get(0)
    }
}

/// Settings of that server.
pub(crate) fn smtp(url: &str) -> Smtp {
    let server = Server::parse(&Secret::new(url)).unwrap();
    Smtp::new(server, Origin::parse("no-reply@voicefx.example").unwrap(), "app.example.org").unwrap()
}

/// Data of a sign-in mail that is valid for an hour.
pub(crate) fn sign_in() -> Value {
    json!({
        "product_name": "VoiceFX AI",
        "code": "428613",
        "link": "https://app.example.org/auth/v1/verify?token=abc&type=magiclink",
        "minutes_valid": 60,
        "site_url": "https://app.example.org",
    })
}

/// Data of a mail that never expires.
pub(crate) fn webhook_disabled() -> Value {
    json!({
        "product_name": "VoiceFX AI",
        "organization": "Bright Dental",
        "endpoint": "https://hooks.example.org/",
        "reason": "gone",
        "days": 1,
        "last_answer": null,
        "link": "https://app.example.org/docs",
        "site_url": "https://app.example.org",
    })
}
