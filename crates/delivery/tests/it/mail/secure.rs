//! Encryption and authentication.

use std::{path::Path, process::Command};

use super::{
    room::{Room, smtp},
    server::MailServer,
};
use crate::harness::eventually;

/// A certificate authority, and a certificate of it for this machine.
struct Certificates(tempfile::TempDir);

impl Certificates {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let openssl = |arguments: &[&str]| {
            let output = Command::new("openssl").args(arguments).current_dir(folder.path()).output();
            let output = output.expect("openssl is needed: run make test");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        let request = |rest: &[&str]| openssl(&[&["req"], &key[..], rest].concat());
        request(&["-x509", "-subj", "/CN=Authority", "-days", "2", "-keyout", "ca.key", "-out", "ca.pem"]);
        request(&["-subj", "/CN=mail.test", "-keyout", "key.pem", "-out", "request.pem"]);
        std::fs::write(folder.path().join("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost").unwrap();
        let sign = ["x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
        openssl(&[&sign[..], &["-days", "2", "-extfile", "names", "-out", "certificate.pem"]].concat());
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        Path::new(self.0.path()).join(name).display().to_string()
    }

    /// A server that requires `ada:hunter2`.
    fn server(&self, options: &[&str]) -> MailServer {
        let (certificate, key) = (self.path("certificate.pem"), self.path("key.pem"));
        let own = ["--certificate", &certificate, &key, "--login", "ada:hunter2"];
        MailServer::with(&[&own[..], options].concat())
    }

    fn url(&self, scheme: &str, login: &str, server: &MailServer) -> String {
        format!("{scheme}://{login}@127.0.0.1:{}?ca={}", server.port(), self.path("ca.pem"))
    }
}

#[tokio::test]
async fn mails_are_sent_encrypted_after_signing_in() {
    let (room, certificates) = (Room::new().await, Certificates::new());
    for (scheme, options) in [("smtp", &[][..]), ("smtps", &["--implicit"])] {
        let server = certificates.server(options);
        let url = certificates.url(scheme, "ada:hunter2", &server);
        assert_eq!(smtp(&url).check().await, Ok(true), "{scheme}");
        let id = room.enqueue("ada@example.org").await;
        let sender = room.send_by(&url);
        assert_eq!(room.ended(id).await.state, "sent", "{scheme}");
        sender.stop().await;
        let mails = server.mails().await;
        assert_eq!((mails.len(), &mails[0]["encrypted"]), (1, &true.into()), "{scheme}");
        assert!(server.events("login").await.iter().all(|login| login["ok"] == true));
    }
}

#[tokio::test]
async fn a_wrong_password_keeps_mails_waiting_and_is_shown_nowhere() {
    let (room, certificates) = (Room::new().await, Certificates::new());
    let server = certificates.server(&[]);
    let url = certificates.url("smtp", "ada:hunter3", &server);
    let why = smtp(&url).check().await.unwrap_err();
    assert_eq!(why, "it refuses the login of SMTP_URL: 535 5.7.8");
    let id = room.enqueue("ada@example.org").await;
    let sender = room.send_by(&url);
    eventually("somebody tried", async || room.row(id).await.answer == why).await;
    sender.stop().await;
    let row = room.row(id).await;
    assert_eq!((row.state.as_str(), row.attempts), ("queued", 0), "{row:?}");
    assert_eq!(server.mails().await, Vec::<serde_json::Value>::new());
}

#[tokio::test]
async fn without_encryption_that_can_be_believed_nothing_is_said() {
    let certificates = Certificates::new();
    // A certificate of an unknown authority.
    let server = certificates.server(&[]);
    let unknown = format!("smtp://ada:hunter2@127.0.0.1:{}?tls=required", server.port());
    let why = smtp(&unknown).check().await.unwrap_err();
    assert!(why.contains("UnknownIssuer"), "{why}");
    let implicit = certificates.server(&["--implicit"]);
    let why = smtp(&format!("smtps://ada:hunter2@127.0.0.1:{}", implicit.port())).check().await.unwrap_err();
    assert!(why.contains("UnknownIssuer"), "{why}");
    // A certificate for another host.
    let elsewhere = format!("smtp://ada:hunter2@127.0.0.2:{}?ca={}", server.port(), certificates.path("ca.pem"));
    assert!(smtp(&elsewhere).check().await.is_err());
    // A server without STARTTLS.
    let plain = MailServer::start();
    let why = smtp(&format!("{}?tls=required", plain.url())).check().await.unwrap_err();
    assert_eq!(why, "it offers no STARTTLS, and nothing is sent in the clear");
    for server in [&server, &implicit] {
        assert_eq!(server.events("login").await, Vec::<serde_json::Value>::new(), "no password was said");
    }
}
