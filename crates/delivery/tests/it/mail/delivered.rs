//! The delivered mails.

use freehold_delivery::mail::Post;
use serde_json::json;

use super::{
    room::{Room, sign_in, smtp, webhook_disabled},
    server::{MailServer, header},
};
use crate::harness::mail_sender::MailSender;
use crate::harness::{
    app::{Setup, TestApp},
    eventually,
};

#[tokio::test]
async fn a_sign_up_sends_a_mail_with_a_text_and_an_html_that_signs_the_user_in() {
    let app = TestApp::with(Setup::default().confirming()).await;
    let server = MailServer::start();
    let sender = MailSender::of(&app.test, Post::Smtp { smtp: Box::new(smtp(&server.url())), shown: true });
    app.sign_up("ada@example.org").await.expect(200);
    eventually("the mail arrived", async || server.mails().await.len() == 1).await;
    let mail = &server.mails().await[0];
    assert_eq!(mail["envelope_from"], "no-reply@voicefx.example");
    assert_eq!(mail["envelope_to"], json!(["ada@example.org"]));
    assert_eq!(header(mail, "From"), "VoiceFX AI <no-reply@voicefx.example>");
    assert_eq!(header(mail, "To"), "ada@example.org");
    assert_eq!(header(mail, "Subject"), "Confirm your e-mail address for VoiceFX AI");
    assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(mail, "Date"), "Sun, 15 Mar 2026 12:00:00 +0000");
    assert_eq!(mail["parts"], json!(["multipart/alternative", "text/plain", "text/html"]));
    assert_eq!(mail["defects"], json!([]));
    let sent = &app.mails("ada@example.org").await[0];
    let (code, link) = (sent.mail.code().unwrap(), sent.mail.link().unwrap());
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains(code) && text.contains(link), "{text}");
    let html = mail["html"].as_str().unwrap();
    assert!(html.contains(code) && html.contains(&link.replace('&', "&#38;")), "{html}");
    assert_eq!(header(mail, "Message-ID"), format!("<{}@voicefx.example>", sent.id));
    // The code in the mail signs the user in.
    let code = json!({ "type": "signup", "email": "ada@example.org", "token": code });
    app.post("/auth/v1/verify").json(&code).send().await.expect(200);
    sender.stop().await;
    assert_eq!(app.count("select count(*) from freehold.mails where state = 'sent' and attempts = 1").await, 1);
}

#[tokio::test]
async fn letters_of_all_languages_arrive() {
    let (room, server) = (Room::new().await, MailServer::start());
    let mut data = sign_in();
    data["product_name"] = json!("Zahnärzte „Müller“ 歯科 🦷");
    let domain = room.enqueue_as("magic_link", "ada@exämple.de", &data).await;
    let whole = room.enqueue_as("magic_link", "jürgen@exämple.de", &data).await;
    let _sender = room.send_by(&server.url());
    for id in [domain, whole] {
        assert_eq!(room.ended(id).await.state, "sent");
    }
    let mails = server.mails().await;
    let to = |address: &str| mails.iter().find(|mail| mail["envelope_to"][0] == address).unwrap();
    for mail in [to("ada@xn--exmple-cua.de"), to("jürgen@xn--exmple-cua.de")] {
        assert_eq!(header(mail, "Subject"), "Sign in to Zahnärzte „Müller“ 歯科 🦷");
        assert!(
            mail["text"].as_str().unwrap().contains("歯科 🦷") && mail["html"].as_str().unwrap().contains("歯科 🦷")
        );
        assert_eq!(mail["defects"], json!([]));
    }
}

#[tokio::test]
async fn an_address_that_the_server_cannot_carry_fails_and_others_go_on() {
    let (room, server) = (Room::new().await, MailServer::with(&["--ascii"]));
    let utf8 = room.enqueue("jürgen@example.org").await;
    let plain = room.enqueue("ada@example.org").await;
    let _sender = room.send_by(&server.url());
    let row = room.ended(utf8).await;
    assert_eq!(row.state, "failed");
    assert!(row.answer.contains("SMTPUTF8"), "{row:?}");
    assert_eq!(room.ended(plain).await.state, "sent");
}

#[tokio::test]
async fn nothing_that_is_queued_smuggles_a_header_or_a_recipient() {
    let (room, server) = (Room::new().await, MailServer::start());
    let hostile = "x\r\nBcc: all\r\n\r\n<b>hello</b>";
    let mut data = webhook_disabled();
    (data["organization"], data["product_name"]) = (json!(hostile), json!(hostile));
    let subject = room.enqueue_as("webhook_disabled", "ada@example.org", &data).await;
    let mut recipients = Vec::new();
    for to in [
        "ada@example.org\r\nRCPT TO:<all@example.org>",
        "ada@example.org\r\nBcc: all@example.org",
        "ada@example.org, all@example.org",
        "<ada@example.org>",
        "ada@example.org> SIZE=1",
        "",
    ] {
        recipients.push(room.enqueue(to).await);
    }
    let _sender = room.send_by(&server.url());
    assert_eq!(room.ended(subject).await.state, "sent");
    for id in recipients {
        let row = room.ended(id).await;
        assert_eq!(row.state, "failed", "{row:?}");
    }
    let mails = server.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["envelope_to"], json!(["ada@example.org"]));
    assert_eq!(server.events("recipient").await.len(), 1, "the server was asked for nobody else");
    let names: Vec<&str> =
        mails[0]["headers"].as_array().unwrap().iter().map(|header| header[0].as_str().unwrap()).collect();
    assert!(!names.contains(&"Bcc"), "{names:?}");
    assert!(header(&mails[0], "Subject").starts_with("A webhook endpoint of x Bcc: all <b>"));
}

#[tokio::test]
async fn the_local_mailbox_takes_everything_once() {
    let room = Room::new().await;
    let id = room.enqueue("ada@example.org").await;
    let sender = room.send_to_mailbox();
    let row = room.ended(id).await;
    assert_eq!((row.state.as_str(), row.attempts), ("sent", 1));
    sender.stop().await;
}
