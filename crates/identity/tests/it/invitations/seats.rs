//! The plan's limit of members.

use futures_util::future::join_all;
use serde_json::json;

use super::{ADA, accept, invite, token};
use crate::harness::app::{Person, Setup, Stripe, TestApp};

/// A product whose plan allows five members, including the owner.
async fn five() -> (TestApp, Person) {
    let app = TestApp::with(Setup::of("pharmacy")).await;
    let owner = app.owner().await;
    (app, owner)
}

async fn used(app: &TestApp, owner: &Person) -> i64 {
    let usage = app.get("/api/v1/usage").key(&owner.key).send().await.expect(200).json();
    let meters = usage["meters"].as_array().unwrap();
    meters.iter().find(|meter| meter["meter"] == "users").unwrap()["used"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_at_once_exactly_four_are_invited() {
    let (app, owner) = five().await;
    assert_eq!(used(&app, &owner).await, 1);
    let emails: Vec<String> = (0..20).map(|number| format!("ada{number}@example.org")).collect();
    let answers = join_all(emails.iter().map(|email| invite(&app, &owner, email, "member"))).await;
    let made = answers.iter().filter(|answer| answer.status() == 201).count();
    assert_eq!(made, 4);
    for refused in answers.into_iter().filter(|answer| answer.status() != 201) {
        let refused = refused.refused(402, "quota_exceeded").json();
        assert_eq!((&refused["meter"], &refused["limit"], &refused["used"]), (&json!("users"), &json!(5), &json!(5)));
        assert_eq!(refused["upgrade_url"], "https://app.example.org/billing");
    }
    assert_eq!(used(&app, &owner).await, 5);
    assert_eq!(app.count("select count(*) from freehold.mails where template = 'organization_invitation'").await, 4);
}

#[tokio::test]
async fn an_invitation_keeps_its_seat_until_it_is_over() {
    let (app, owner) = five().await;
    let ada = app.somebody(ADA).await;
    for email in [ADA, "b@example.org", "c@example.org", "d@example.org"] {
        invite(&app, &owner, email, "member").await.expect(201);
    }
    // It is one seat before and after.
    accept(&app, &ada.token, &token(&app, ADA).await).await.expect(200);
    assert_eq!(used(&app, &owner).await, 5);
    invite(&app, &owner, "e@example.org", "member").await.refused(402, "quota_exceeded");
    let open = app.get("/api/v1/invitations").person(&owner).send().await.expect(200).ids();
    app.delete(&format!("/api/v1/invitations/{}", open[0])).person(&owner).send().await.expect(200);
    invite(&app, &owner, "e@example.org", "member").await.expect(201);
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, ada.id);
    app.delete(&path).person(&owner).send().await.expect(204);
    assert_eq!(used(&app, &owner).await, 4);
    // An invitation that expires gives its seat back.
    app.advance_seconds(8 * 24 * 3600);
    assert_eq!(used(&app, &owner).await, 1);
    // An expired invitation can be sent again while a seat is free.
    let again = |id: &str| app.post(&format!("/api/v1/invitations/{id}/resend")).key(&owner.key).send();
    let list = app.get("/api/v1/invitations").key(&owner.key).send().await.expect(200).json();
    let expired: Vec<String> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|each| each["state"] == "expired")
        .map(|each| each["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(expired.len(), 3);
    for (number, email) in ["f", "g", "h"].into_iter().enumerate() {
        let body = json!({ "email": format!("{email}@example.org") });
        app.post("/api/v1/invitations").key(&owner.key).json(&body).send().await.expect(201);
        assert_eq!(used(&app, &owner).await, 2 + i64::try_from(number).unwrap());
    }
    again(&expired[0]).await.expect(200);
    again(&expired[1]).await.refused(402, "quota_exceeded");
}

#[tokio::test]
async fn a_smaller_plan_rejects_new_members_and_removes_none() {
    let app = TestApp::with(Setup::of("pharmacy")).await;
    let owner = app.owner().await;
    app.put_on_plan(&owner, "professional", 1).await;
    app.backbone.resolver.forget();
    let mut tokens = Vec::new();
    for number in 0..6 {
        let person = app.somebody(&format!("ada{number}@example.org")).await;
        invite(&app, &owner, &person.email, "member").await.expect(201);
        tokens.push((person.token.clone(), token(&app, &person.email).await));
    }
    for (session, token) in &tokens[..4] {
        accept(&app, session, token).await.expect(200);
    }
    app.put_on_plan(&owner, "starter", 1).await;
    app.backbone.resolver.forget();
    accept(&app, &tokens[4].0, &tokens[4].1).await.refused(402, "quota_exceeded");
    assert_eq!(app.count("select count(*) from freehold.members where joined_at is not null").await, 12 - 1);
    app.put_on_plan(&owner, "professional", 1).await;
    app.backbone.resolver.forget();
    accept(&app, &tokens[4].0, &tokens[4].1).await.expect(200);
}

#[tokio::test]
async fn where_nothing_is_sold_members_are_not_limited() {
    let app = TestApp::with(Setup::of("pharmacy").paying(Stripe::Off)).await;
    let owner = app.owner().await;
    for number in 0..8 {
        invite(&app, &owner, &format!("ada{number}@example.org"), "member").await.expect(201);
    }
}
