//! Refresh tokens (`research/features.md` 1.6): valid once, tolerant of clients that lose answers, strict with thieves.

use freehold_core::SessionId;
use freehold_identity::refresh_token::{RefreshToken, SessionKey};
use futures_util::future::join_all;

use super::ADA;
use crate::harness::app::TestApp;

async fn signed_in() -> (TestApp, String) {
    let app = TestApp::new().await;
    let first = app.sign_up(ADA).await.expect(200).at("/refresh_token");
    (app, first)
}

#[tokio::test]
async fn a_refresh_gives_the_next_pair() {
    let (app, first) = signed_in().await;
    app.advance_seconds(1_800);
    let answer = app.refresh(&first).await.expect(200);
    assert_ne!(answer.at("/refresh_token"), first);
    assert_eq!(answer.json()["expires_at"], app.clock().now().as_second() + 3_600);
    assert_eq!(answer.at("/user/email"), ADA);
    app.get("/auth/v1/user").token(&answer.at("/access_token")).send().await.expect(200);
    assert_eq!(app.count("select count(*) from auth.sessions").await, 1);
}

#[tokio::test]
async fn twenty_at_once_get_the_same_next_token() {
    let (app, first) = signed_in().await;
    let answers = join_all((0..20).map(|_| app.refresh(&first))).await;
    let next: Vec<String> = answers.into_iter().map(|answer| answer.expect(200).at("/refresh_token")).collect();
    assert!(next.iter().all(|token| *token == next[0]), "{next:?}");
    assert_ne!(next[0], first);
    app.refresh(&next[0]).await.expect(200);
}

#[tokio::test]
async fn who_lost_the_answer_asks_again_however_late() {
    let (app, first) = signed_in().await;
    let second = app.refresh(&first).await.expect(200).at("/refresh_token");
    for seconds in [1, 60, 86_400] {
        app.advance_seconds(seconds);
        assert_eq!(app.refresh(&first).await.expect(200).at("/refresh_token"), second);
    }
}

#[tokio::test]
async fn an_older_one_is_forgiven_for_ten_seconds() {
    let (app, first) = signed_in().await;
    let second = app.refresh(&first).await.expect(200).at("/refresh_token");
    let third = app.refresh(&second).await.expect(200).at("/refresh_token");
    app.advance_seconds(9);
    assert_eq!(app.refresh(&first).await.expect(200).at("/refresh_token"), third);
    app.refresh(&third).await.expect(200);
}

#[tokio::test]
async fn an_older_one_after_that_ends_the_session() {
    let (app, first) = signed_in().await;
    let second = app.refresh(&first).await.expect(200).at("/refresh_token");
    let third = app.refresh(&second).await.expect(200);
    app.advance_seconds(11);
    let refused = app.refresh(&first).await.refused(400, "refresh_token_already_used");
    assert_eq!(refused.at("/msg"), "Invalid Refresh Token: Already Used");
    let gone = app.refresh(&third.at("/refresh_token")).await.refused(400, "refresh_token_not_found");
    assert_eq!(gone.at("/msg"), "Invalid Refresh Token: Refresh Token Not Found");
    app.get("/api/v1/me").token(&third.at("/access_token")).send().await.refused(401, "unauthenticated");
    assert_eq!(app.count("select count(*) from auth.sessions").await, 0);
    app.sign_in(ADA).await.expect(200);
}

#[tokio::test]
async fn a_session_stays_on_its_own_when_another_is_ended() {
    let (app, first) = signed_in().await;
    let elsewhere = app.sign_in(ADA).await.expect(200).at("/refresh_token");
    let second = app.refresh(&first).await.expect(200).at("/refresh_token");
    app.refresh(&second).await.expect(200);
    app.advance_seconds(11);
    app.refresh(&first).await.refused(400, "refresh_token_already_used");
    app.refresh(&elsewhere).await.expect(200);
}

#[tokio::test]
async fn forged_tokens_are_unknown_and_end_nothing() {
    let (app, first) = signed_in().await;
    let session: SessionId = RefreshToken::parse(&first).unwrap().session();
    let key = SessionKey::generate(&app.test.random);
    let forged = RefreshToken::issue(session, 0, &key);
    let nobody = RefreshToken::issue(app.test.ids.next(), 0, &key);
    for token in ["", "x", &first[1..], forged.expose(), nobody.expose(), &"A".repeat(100_000)] {
        app.refresh(token).await.refused(400, "refresh_token_not_found");
    }
    app.refresh(&first).await.expect(200);
}

#[tokio::test]
async fn a_day_of_refreshes_is_one_session() {
    let (app, mut token) = signed_in().await;
    for _ in 0..24 {
        app.advance_seconds(3_600);
        token = app.refresh(&token).await.expect(200).at("/refresh_token");
    }
    assert_eq!(app.count("select count(*) from auth.sessions").await, 1);
    assert_eq!(app.count("select refresh_token_counter from auth.sessions").await, 24);
}
