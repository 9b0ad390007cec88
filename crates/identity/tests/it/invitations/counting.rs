//! Limits of invitations.

use serde_json::json;

use super::invite;
use crate::harness::app::{Person, Setup, Stripe, TestApp};

async fn counted() -> TestApp {
    TestApp::with(
        Setup::default()
            .with_auth(|auth| {
                auth.limits.enabled = true;
                auth.limits.invitations_per_new_organization = 3;
                auth.limits.invitations_per_organization = 5;
                auth.limits.invitations_per_user = 4;
                auth.limits.invitations_per_server = 7;
            })
            .paying(Stripe::Off),
    )
    .await
}

/// How many of `many` concurrent invitations were sent.
async fn at_once(app: &TestApp, by: &Person, name: &str, many: usize) -> usize {
    let one = |number: usize| async move { invite(app, by, &format!("{name}{number}@example.org"), "member").await };
    let answers = futures_util::future::join_all((0..many).map(one)).await;
    let (sent, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status() == 201);
    for answer in refused {
        let answer = answer.refused(429, "rate_limited");
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1, "{answer}");
        assert!(answer.at("/detail").contains("invitations a day"), "{answer}");
    }
    sent.len()
}

#[tokio::test]
async fn a_new_organization_sends_few_invitations_however_many_it_asks_for_at_once() {
    let app = counted().await;
    let owner = app.owner().await;
    assert_eq!(at_once(&app, &owner, "a", 12).await, 3);
    assert_eq!(app.count("select count(*) from freehold.mails where template = 'organization_invitation'").await, 3);
    assert_eq!(app.count("select count(*) from freehold.invitations").await, 3, "what is refused leaves nothing");
    let refused = invite(&app, &owner, "late@example.org", "member").await.refused(429, "rate_limited");
    assert!(refused.at("/detail").starts_with("An organization in its first week may send 3"), "{refused}");
    assert_eq!(refused.header("retry-after"), "28800");
    // Resending one counts as well.
    app.advance_seconds(120);
    let list = app.get("/api/v1/invitations").person(&owner).send().await.expect(200).ids();
    let again = format!("/api/v1/invitations/{}/resend", list[0]);
    app.post(&again).person(&owner).send().await.refused(429, "rate_limited");
    app.advance_seconds(28_800);
    app.post(&again).key(&owner.key).send().await.expect(200);
}

#[tokio::test]
async fn one_user_and_the_whole_server_send_so_many_in_all_organizations_together() {
    let app = counted().await;
    let owner = app.owner().await;
    assert_eq!(at_once(&app, &owner, "a", 4).await, 3);
    let made = app.post("/api/v1/organizations").person(&owner).json(&json!({ "name": "Second" })).send().await;
    let second = made.expect(201).at("/id");
    let from_second = |email: &str| {
        let ask = app.post("/api/v1/invitations").person(&owner).header("x-organization-id", &second);
        ask.json(&json!({ "email": email })).send()
    };
    from_second("b0@example.org").await.expect(201);
    let refused = from_second("b1@example.org").await.refused(429, "rate_limited");
    assert!(refused.at("/detail").starts_with("A user may send 4"), "{refused}");
    // The server's limit has three left for other organizations.
    let other = app.stranger().await;
    assert_eq!(at_once(&app, &other, "c", 5).await, 3);
    let third = app.somebody("third@example.org").await;
    let refused = invite(&app, &third, "d@example.org", "member").await.refused(429, "rate_limited");
    assert!(refused.at("/detail").starts_with("This server may send 7"), "{refused}");
}

#[tokio::test]
async fn an_organization_older_than_a_week_sends_more() {
    let app = counted().await;
    let owner = app.owner().await;
    app.test
        .admin()
        .await
        .execute("update freehold.tenants set created_at = created_at - interval '7 days'", &[])
        .await
        .unwrap();
    assert_eq!(at_once(&app, &owner, "a", 6).await, 4, "as many as its user may send");
    let by_key = |email: &str| app.post("/api/v1/invitations").key(&owner.key).json(&json!({ "email": email })).send();
    by_key("k0@example.org").await.expect(201);
    let refused = by_key("k1@example.org").await.refused(429, "rate_limited");
    assert!(refused.at("/detail").starts_with("An organization may send 5"), "{refused}");
}

#[tokio::test]
async fn where_plans_are_sold_an_organization_that_has_not_paid_stays_with_few() {
    let setup = Setup::default().with_auth(|auth| {
        auth.limits.enabled = true;
        auth.limits.invitations_per_new_organization = 1;
    });
    let app = TestApp::with(setup).await;
    let owner = app.owner().await;
    app.test
        .admin()
        .await
        .execute("update freehold.tenants set created_at = created_at - interval '70 days'", &[])
        .await
        .unwrap();
    invite(&app, &owner, "a@example.org", "member").await.expect(201);
    let refused = invite(&app, &owner, "b@example.org", "member").await.refused(429, "rate_limited");
    assert!(refused.at("/detail").starts_with("An organization that has not paid yet may send 1"), "{refused}");
}
