//! The budget of mails: requesting mails to strangers' addresses keeps no user out, and reveals nothing.

use serde_json::json;

use super::{ADA, ELSEWHERE, machine, mail_from, sign_in_from};
use crate::harness::app::{Answer, PASSWORD, Served, Setup, TestApp};

/// Twenty mails an hour, of which ten are for users who confirmed their address; each network has eight of the others.
async fn few_mails() -> TestApp {
    TestApp::with(Setup::default().confirming().with_auth(|auth| {
        auth.limits.enabled = true;
        auth.limits.mails_per_hour = 20;
        auth.limits.mails_unconfirmed_per_network = 8;
        auth.resend_seconds = 0;
    }))
    .await
}

async fn ask(app: &Served, path: &str, peer: &str, email: &str) -> Answer {
    let body = json!({ "email": email, "password": PASSWORD, "type": "signup" });
    app.post(&format!("/auth/v1/{path}")).json(&body).from(peer).send().await
}

/// Requests links to made-up addresses from many networks, until the budget is used up.
async fn flood(app: &Served) {
    for number in 0..40 {
        let peer = format!("203.0.{number}.1:1");
        ask(app, "otp", &peer, &format!("stranger{number}@example.org")).await.expect(200);
    }
}

#[tokio::test]
async fn a_flood_of_mails_to_strangers_keeps_no_confirmed_user_out() {
    let app = few_mails().await;
    app.somebody(ADA).await;
    app.advance_seconds(3_600);
    flood(&app).await;
    let mails = app.count("select count(*) from freehold.mails where recipient like 'stranger%'").await;
    assert_eq!(mails, 10, "half of the budget");
    assert_eq!(
        app.count("select count(*) from auth.users where email like 'stranger%'").await,
        10,
        "nobody is made unmailed"
    );
    // Also twenty wrong passwords: from a new network address the password is rejected, and a mail is the only way.
    for number in 0..20 {
        sign_in_from(&app, &machine(number), ADA, "wrong").await.refused(400, "invalid_credentials");
    }
    sign_in_from(&app, ELSEWHERE, ADA, PASSWORD).await.refused(429, "over_request_rate_limit");
    let before = app.mails(ADA).await.len();
    ask(&app, "recover", ELSEWHERE, ADA).await.expect(200);
    ask(&app, "otp", ELSEWHERE, ADA).await.expect(200);
    assert_eq!(app.mails(ADA).await.len(), before + 2);
    let code = json!({ "type": "email", "email": ADA, "token": app.code(ADA).await });
    app.post("/auth/v1/verify").json(&code).from(ELSEWHERE).send().await.expect(200);
}

#[tokio::test]
async fn over_the_budget_a_stranger_gets_the_answer_of_a_user_and_no_mail() {
    let app = few_mails().await;
    app.somebody(ADA).await;
    app.advance_seconds(3_600);
    flood(&app).await;
    let peer = |number: usize| format!("198.51.{number}.9:1");
    for (number, path) in ["otp", "magiclink", "recover"].into_iter().enumerate() {
        let known = ask(&app, path, &peer(number), ADA).await;
        let unknown = ask(&app, path, &peer(number + 10), "nobody@example.org").await;
        assert_eq!((known.status(), known.text()), (200, unknown.text()), "{path}");
        assert_eq!(unknown.status(), 200, "{path}");
    }
    assert_eq!(app.mails("nobody@example.org").await.len(), 0);
    // Sign-up is rejected for both alike.
    for email in [ADA, "nobody@example.org"] {
        let refused = ask(&app, "signup", ELSEWHERE, email).await.refused(429, "over_email_send_rate_limit");
        assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 3_600);
        ask(&app, "resend", ELSEWHERE, email).await.refused(429, "over_email_send_rate_limit");
    }
}

#[tokio::test]
async fn what_a_network_may_still_ask_for_tells_nothing_of_whom_it_asked_about() {
    for probed in [ADA, "nobody@example.org"] {
        let app = few_mails().await;
        app.somebody(ADA).await;
        app.advance_seconds(3_600);
        for number in 0..7 {
            ask(&app, "recover", &format!("198.51.100.{number}:1"), &format!("n{number}@example.org"))
                .await
                .expect(200);
        }
        ask(&app, "recover", ELSEWHERE, probed).await.expect(200);
        // The eighth was counted, whether or not the address has an account; the ninth exceeds the budget.
        ask(&app, "signup", ELSEWHERE, "canary@example.org").await.refused(429, "over_email_send_rate_limit");
        // Another network has its own budget.
        ask(&app, "signup", "192.0.2.7:1", "canary@example.org").await.expect(200);
        assert_eq!(app.mails("canary@example.org").await.len(), 1);
    }
}

#[tokio::test]
async fn when_all_is_used_up_everyone_is_refused_alike() {
    let app = few_mails().await;
    app.somebody(ADA).await;
    app.advance_seconds(3_600);
    flood(&app).await;
    for _ in 0..10 {
        ask(&app, "otp", ELSEWHERE, ADA).await.expect(200);
    }
    for email in [ADA, "nobody@example.org"] {
        mail_from(&app, "192.0.2.7:1", email).await.refused(429, "over_email_send_rate_limit");
    }
    app.advance_seconds(360);
    ask(&app, "otp", ELSEWHERE, ADA).await.expect(200);
}
