//! The look of a tenant's mails.

use freehold_delivery::mail::Post;
use serde_json::{Value, json};

use super::{
    room::{smtp, webhook_disabled},
    server::{MailServer, header},
};
use crate::harness::mail_sender::MailSender;
use crate::harness::{
    app::{Person, TestApp},
    eventually,
};

const BRAND: &str = "/api/v1/mail/brand";

fn bright_dental() -> Value {
    json!({
        "sender_name": "Bright Dental",
        "reply_to": "reception@brightdental.example",
        "color": "#6D3BC4",
        "footer": "12 Mill Lane, Bristol",
    })
}

/// Requests a mail in the tenant's name.
async fn enqueue(app: &TestApp, owner: &Person, to: &str) {
    let enqueue = "select freehold.mail_enqueue($1, $2, 'webhook_disabled', $2, $3, $4, $5)";
    let (id, now) = (app.test.uuid(), app.clock().now());
    let tenant: uuid::Uuid = owner.organization.parse().unwrap();
    app.test.admin().await.execute(enqueue, &[&id, &to, &webhook_disabled(), &now, &tenant]).await.unwrap();
}

#[tokio::test]
async fn only_a_tenants_own_mails_carry_its_name_colour_and_reply_address() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    app.put(BRAND).key(&owner.key).json(&bright_dental()).send().await.expect(200);
    enqueue(&app, &owner, "ada@example.org").await;
    enqueue(&app, &stranger, "eve@example.org").await;
    let server = MailServer::start();
    let sender = MailSender::of(&app.test, Post::Smtp { smtp: Box::new(smtp(&server.url())), shown: false });
    let is_to = |mail: &Value, to: &str| mail["envelope_to"][0] == to;
    eventually("both arrived", async || server.mails().await.len() == 2).await;
    sender.stop().await;

    let mails = server.mails().await;
    let branded = mails.iter().find(|mail| is_to(mail, "ada@example.org")).unwrap();
    assert_eq!(header(branded, "From"), "Bright Dental via VoiceFX AI <no-reply@voicefx.example>");
    assert_eq!(header(branded, "Reply-To"), "reception@brightdental.example");
    let (text, html) = (branded["text"].as_str().unwrap(), branded["html"].as_str().unwrap());
    assert!(text.contains("Sent by VoiceFX AI for Bright Dental.") && text.contains("12 Mill Lane"), "{text}");
    assert!(html.contains("background:#6d3bc4"), "{html}");

    let plain = mails.iter().find(|mail| is_to(mail, "eve@example.org")).unwrap();
    assert_eq!(header(plain, "From"), "VoiceFX AI <no-reply@voicefx.example>");
    for name in ["Mill Lane", "reception@", "#6d3bc4"] {
        assert!(!plain.to_string().contains(name), "{name}");
    }
}

#[tokio::test]
async fn a_brand_is_read_replaced_and_taken_back() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let nothing = app.get(BRAND).key(&owner.key).send().await.expect(200);
    let none = json!({ "sender_name": null, "reply_to": null, "color": null, "footer": null, "updated_at": null });
    assert_eq!(nothing.json(), none);
    let written = app.put(BRAND).key(&owner.key).json(&bright_dental()).send().await.expect(200);
    assert_eq!(written.at("/color"), "#6d3bc4");
    let read = app.get(BRAND).key(&owner.key).send().await.expect(200);
    assert_eq!((read.json(), read.header("etag")), (written.json(), written.header("etag")));
    app.advance_seconds(1);
    let back = app.put(BRAND).key(&owner.key).json(&json!({})).send().await.expect(200);
    assert_eq!(back.json()["sender_name"], Value::Null);
    assert_ne!(back.header("etag"), written.header("etag"));
    // Another organization's mails have their own look.
    let stranger = app.stranger().await;
    app.put(BRAND).key(&stranger.key).json(&bright_dental()).send().await.expect(200);
    assert_eq!(app.get(BRAND).key(&owner.key).send().await.expect(200).json()["sender_name"], Value::Null);
}

#[tokio::test]
async fn of_two_who_change_it_at_once_one_is_told_also_when_both_are_the_first() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let tag = app.get(BRAND).key(&owner.key).send().await.expect(200).header("etag").to_owned();
    let change = || app.put(BRAND).key(&owner.key).json(&bright_dental()).header("if-match", &tag).send();
    let (one, other) = tokio::join!(change(), change());
    let mut statuses = [one.status(), other.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412], "{one} {other}");
    change().await.refused(412, "stale_edit");
    let tag = app.get(BRAND).key(&owner.key).send().await.expect(200).header("etag").to_owned();
    app.advance_seconds(1);
    app.put(BRAND).key(&owner.key).json(&bright_dental()).header("if-match", &tag).send().await.expect(200);
}

#[tokio::test]
async fn a_brand_cannot_smuggle_a_header_or_impersonate_a_sender() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    for (field, value) in [
        ("sender_name", "Bright\r\nBcc: all@example.org"),
        ("sender_name", "Bright\nDental"),
        ("sender_name", "security@bank.example"),
        ("sender_name", "Bright\u{202e}latneD"),
        ("sender_name", ""),
        ("reply_to", "a@b.example\r\nBcc: all@example.org"),
        ("reply_to", "a@b.example, c@d.example"),
        ("reply_to", "nobody"),
        ("color", "red;background:url(https://example.org)"),
        ("color", "#12345"),
        ("footer", "one\r\ntwo"),
    ] {
        let answer = app.put(BRAND).key(&owner.key).json(&json!({ field: value })).send().await;
        let answer = answer.refused(422, "validation_failed");
        assert_eq!(answer.at("/errors/0/pointer"), format!("/{field}"), "{value:?}");
    }
    assert_eq!(app.count("select count(*) from freehold.mail_brands").await, 0);
}
