//! Wrong passwords and codes at one account, from any network address.

use futures_util::{StreamExt, stream};
use serde_json::json;

use super::{ADA, ELSEWHERE, limited, machine, mail_from, sign_in_from, sign_in_right};
use crate::harness::app::{Setup, TestApp};

/// Hashes that guessers may cause for one account in one hour.
const AFFORDED: u64 = 20;

#[tokio::test]
async fn ten_thousand_wrong_passwords_from_a_thousand_addresses_cost_twenty_hashes_and_the_owner_gets_in() {
    let app = limited().await;
    app.sign_up(ADA).await.expect(200);
    let before = app.backbone.identity.passwords.hashed();
    let served = &app;
    let tries = (0..10_000).map(|number| async move {
        sign_in_from(served, &machine(number % 1_000), ADA, &format!("guess {number}")).await.status()
    });
    let statuses: Vec<u16> = stream::iter(tries).buffer_unordered(64).collect().await;
    let of = |status: u16| statuses.iter().filter(|&&other| other == status).count();
    assert_eq!((of(429), of(200)), (9_980, 0));
    assert_eq!(app.backbone.identity.passwords.hashed() - before, AFFORDED);

    // From a network address that the owner used before, the password works as usual.
    sign_in_right(&app, "127.0.0.1:1", ADA).await.expect(200);
    // From any other network address even the right password is rejected now, but a mail works.
    let held = sign_in_right(&app, ELSEWHERE, ADA).await.refused(429, "over_request_rate_limit");
    assert!(held.header("retry-after").parse::<u64>().unwrap() <= 180, "{held}");
    mail_from(&app, ELSEWHERE, ADA).await.expect(200);
    let code = json!({ "type": "email", "email": ADA, "token": app.code(ADA).await });
    app.post("/auth/v1/verify").json(&code).from(ELSEWHERE).send().await.expect(200);
    // That makes it a network address that the owner has used.
    sign_in_right(&app, ELSEWHERE, ADA).await.expect(200);
}

#[tokio::test]
async fn all_servers_count_together() {
    let app = limited().await;
    let other = app.beside(Setup::default().with_auth(|auth| auth.limits.enabled = true)).await.unwrap();
    app.sign_up(ADA).await.expect(200);
    for number in 0..10 {
        sign_in_from(&app, &machine(number), ADA, "wrong").await.refused(400, "invalid_credentials");
        sign_in_from(&other, &machine(number + 100), ADA, "wrong").await.refused(400, "invalid_credentials");
    }
    sign_in_from(&app, &machine(50), ADA, "wrong").await.refused(429, "over_request_rate_limit");
    sign_in_from(&other, &machine(51), ADA, "wrong").await.refused(429, "over_request_rate_limit");
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_held_off_the_same_way() {
    let app = limited().await;
    app.sign_up(ADA).await.expect(200);
    let mut answers = Vec::new();
    for email in [ADA, "nobody@example.org"] {
        let mut row = Vec::new();
        for number in 0..22 {
            // Other machines for each: the account is what counts.
            let peer = machine(number + 100 * answers.len());
            let answer = sign_in_from(&app, &peer, email, "wrong").await;
            row.push((answer.status(), answer.text().to_owned(), answer.header("retry-after").to_owned()));
        }
        answers.push(row);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0][20].0, 429);
}

#[tokio::test]
async fn tries_grow_back_one_by_one() {
    let app = limited().await;
    app.sign_up(ADA).await.expect(200);
    for number in 0..20 {
        sign_in_from(&app, &machine(number), ADA, "wrong").await.refused(400, "invalid_credentials");
    }
    let held = sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.refused(429, "over_request_rate_limit");
    app.advance_seconds(held.header("retry-after").parse().unwrap());
    sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.refused(400, "invalid_credentials");
    sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.refused(429, "over_request_rate_limit");
    app.advance_seconds(3_600);
    for _ in 0..20 {
        sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.refused(400, "invalid_credentials");
    }
}

#[tokio::test]
async fn right_passwords_are_not_counted() {
    let app = limited().await;
    app.sign_up(ADA).await.expect(200);
    for number in 0..25 {
        sign_in_right(&app, &machine(number), ADA).await.expect(200);
    }
}

#[tokio::test]
async fn at_a_known_place_guesses_are_held_off_too() {
    let app = limited().await;
    app.sign_up(ADA).await.expect(200);
    let near = "127.0.0.1:1";
    for _ in 0..20 {
        sign_in_from(&app, near, ADA, "wrong").await.refused(400, "invalid_credentials");
    }
    sign_in_right(&app, near, ADA).await.refused(429, "over_request_rate_limit");
    // Other network addresses are not affected: unknown ones have a count of their own.
    sign_in_right(&app, ELSEWHERE, ADA).await.expect(200);
}

#[tokio::test]
async fn another_users_network_address_is_not_the_owners() {
    let app = limited().await;
    app.sign_up(ADA).await.expect(200);
    let eve = json!({ "email": "eve@example.org", "password": "correct horse battery" });
    app.post("/auth/v1/signup").json(&eve).from(ELSEWHERE).send().await.expect(200);
    for number in 0..20 {
        sign_in_from(&app, &machine(number), ADA, "wrong").await.refused(400, "invalid_credentials");
    }
    sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.refused(429, "over_request_rate_limit");
}

#[tokio::test]
async fn guessing_codes_is_held_off_mail_after_mail_and_the_link_works() {
    let app = TestApp::with(Setup::default().confirming().with_auth(|auth| auth.limits.enabled = true)).await;
    app.sign_up(ADA).await.expect(200);
    let (mut wrong, mut held) = (0, 0);
    for mail in 0..10 {
        if mail > 0 {
            app.advance_seconds(60);
            let again = json!({ "type": "signup", "email": ADA });
            app.post("/auth/v1/resend").json(&again).from(&machine(mail)).send().await.expect(200);
        }
        let code = app.code(ADA).await;
        let guess = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
        for number in 0..5 {
            let body = json!({ "type": "signup", "email": ADA, "token": guess });
            let peer = machine(mail * 100 + number);
            match app.post("/auth/v1/verify").json(&body).from(&peer).send().await.status() {
                403 => wrong += 1,
                429 => held += 1,
                other => panic!("{other}"),
            }
        }
    }
    // Thirty, and the few that were refilled in nine minutes.
    assert!((30..=35).contains(&wrong) && wrong + held == 50, "{wrong} wrong, {held} held off");
    let link = json!({ "type": "signup", "token_hash": app.link_token(ADA).await });
    app.post("/auth/v1/verify").json(&link).from(ELSEWHERE).send().await.expect(200);
}
