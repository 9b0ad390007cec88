//! Mails: what an operator can see and do, beside a running server and without one.

use serde_json::json;

use crate::{
    client::Client,
    server::{Home, Program, eventually},
};

const PASSWORD: &str = "hunter2-of-the-mail-server";

async fn said(program: &Program, arguments: &[&str]) -> String {
    let finished = program.run(arguments).await;
    assert_eq!(finished.code, Some(0), "{arguments:?}: {}", finished.output);
    assert!(!finished.output.contains(PASSWORD), "{}", finished.output);
    finished.output
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_wait_for_a_mail_server_that_is_away_and_an_operator_sees_why() {
    let home = Home::begun().await;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let local = Program::at(&home).with("FREEHOLD_AUTH_AUTOCONFIRM", "false");
    let program = local
        .clone()
        .with("SMTP_URL", &format!("smtp://ada:{PASSWORD}@127.0.0.1:{port}"))
        .with("FREEHOLD_MAIL_FROM", "VoiceFX AI <no-reply@voicefx.example>")
        .with("FREEHOLD_LOG", "debug");
    let server = program.start().await;
    let screen = server.output.text();
    assert!(screen.contains(&format!("sent by 127.0.0.1:{port} from no-reply@voicefx.example")), "{screen}");
    assert!(!screen.contains("Sign in as"), "nobody reads what is sent to the owner: {screen}");

    let body = json!({ "email": "ada@example.org", "password": "correct horse battery" });
    let signup = Client::new().request(reqwest::Method::POST, format!("{}/auth/v1/signup", server.site)).json(&body);
    Client::new().send(signup).await.unwrap().expect(200);
    let mailbox = Client::new().get(format!("{}/dev/mail", server.site)).await.unwrap();
    assert_eq!(mailbox.status, 404, "mails are not shown where they are sent");
    eventually("somebody tried", async || said(&program, &["mail", "list"]).await.contains("refused")).await;
    let list = said(&program, &["mail", "list", "--state", "queued"]).await;
    assert!(list.contains("1 queued") && list.contains("ada@example.org"), "{list}");
    let doctor = program.run(&["doctor"]).await;
    assert_eq!(doctor.code, Some(1));
    assert!(doctor.output.contains(&format!("mails cannot be sent by 127.0.0.1:{port}")), "{}", doctor.output);
    assert!(!doctor.output.contains(PASSWORD));
    let output = server.output.clone();
    server.stop().await;
    assert!(!output.text().contains(PASSWORD), "{}", output.text());

    assert!(said(&program, &["mail", "suppress", "Ada@Example.org"]).await.contains("ada@example.org takes no mails"));
    assert!(said(&program, &["mail", "suppressions"]).await.contains("ada@example.org  manual"));
    let server = local.start().await;
    let list = async |state: &str| said(&local, &["mail", "list", "--state", state]).await;
    eventually("the mail was not sent", async || list("suppressed").await.contains("its address takes no mails")).await;
    said(&local, &["mail", "unsuppress", "ada@example.ORG"]).await;
    assert_eq!(local.run(&["mail", "unsuppress", "ada@example.org"]).await.code, Some(1), "it is free already");
    let suppressed = list("suppressed").await;
    let id = suppressed.split_whitespace().find(|word| word.len() == 36).unwrap();
    let retried = local.run(&["mail", "retry", id]).await;
    assert_eq!(retried.code, Some(1), "its code is gone: {}", retried.output);
    assert!(retried.output.contains("was deleted when the mail ended"), "{}", retried.output);
    let body = json!({ "email": "eve@example.org", "password": "correct horse battery" });
    let signup = Client::new().request(reqwest::Method::POST, format!("{}/auth/v1/signup", server.site)).json(&body);
    Client::new().send(signup).await.unwrap().expect(200);
    eventually("the mail is shown", async || list("sent").await.contains("eve@example.org")).await;
    server.stop().await;
}
