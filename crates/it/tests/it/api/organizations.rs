//! Organizations, and which of them a request goes to.

use serde_json::json;

use crate::harness::app::{Answer, PASSWORD, Person, Served, TestApp};

async fn create(app: &Served, person: &Person, name: &str) -> Answer {
    app.post("/api/v1/organizations").token(&person.token).json(&json!({ "name": name })).send().await
}

/// The organization that a request without an organization header goes to.
async fn current(app: &Served, person: &Person) -> String {
    app.get("/api/v1/me").token(&person.token).send().await.expect(200).at("/organizations/0/id")
}

#[tokio::test]
async fn the_creator_of_an_organization_owns_it_and_is_in_it() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    app.advance_seconds(1);
    let made = create(&app, &owner, "  Ada's Voice & Co.  ").await.expect(201);
    assert_eq!((made.at("/name"), made.at("/slug")), ("Ada's Voice & Co.".into(), "ada-s-voice-co".into()));
    assert_eq!(
        (made.at("/plan"), made.at("/standing"), made.at("/personal")),
        ("free".into(), "good".into(), "false".into())
    );
    assert_eq!(current(&app, &owner).await, made.at("/id"));
    let list = app.get("/api/v1/organizations").token(&owner.token).send().await.expect(200);
    assert_eq!(list.ids(), [made.at("/id"), owner.organization.clone()]);
    assert_eq!(list.at("/data/0/role"), "owner");
    let twin = create(&app, &owner, "Ada's Voice & Co.").await.expect(201);
    assert!(twin.at("/slug").starts_with("ada-s-voice-co-"), "{twin}");
}

#[tokio::test]
async fn a_request_goes_where_it_says_or_where_one_switched_last() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    super::workflow(&app, &owner).await;
    app.advance_seconds(1);
    let second = create(&app, &owner, "Second").await.expect(201).at("/id");
    let workflows = async |organization: Option<&str>| {
        let ask = app.get("/api/v1/workflows").token(&owner.token);
        let ask = organization.map_or(ask.clone(), |organization| ask.header("x-organization-id", organization));
        ask.send().await.expect(200).ids().len()
    };
    assert_eq!(workflows(None).await, 0);
    assert_eq!(workflows(Some(&owner.organization)).await, 1);
    app.advance_seconds(1);
    let select = app.post(&format!("/api/v1/organizations/{}/select", owner.organization)).token(&owner.token);
    select.send().await.expect(204);
    assert_eq!(workflows(None).await, 1);
    assert_eq!(workflows(Some(&second)).await, 0);
    // A key works only in its own organization.
    let in_second = app.get("/api/v1/usage").key(&owner.key).header("x-organization-id", &second);
    in_second.send().await.refused(404, "not_found");
    app.get("/api/v1/usage").key(&owner.key).header("x-organization-id", &owner.organization).send().await.expect(200);
}

#[tokio::test]
async fn the_organization_in_the_path_is_the_one_of_the_request() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    app.advance_seconds(1);
    let second = create(&app, &owner, "Second").await.expect(201).at("/id");
    let path = format!("/api/v1/organizations/{}", owner.organization);
    app.get(&path).token(&owner.token).send().await.refused(404, "not_found");
    app.get(&path).token(&owner.token).header("x-organization-id", &owner.organization).send().await.expect(200);
    app.get(&format!("/api/v1/organizations/{second}")).token(&owner.token).send().await.expect(200);
}

#[tokio::test]
async fn a_sign_up_names_the_organization() {
    let app = TestApp::with(crate::voice()).await;
    let name = async |email: &str, data: serde_json::Value| {
        let body = json!({ "email": email, "password": PASSWORD, "data": data });
        let token = app.post("/auth/v1/signup").json(&body).send().await.expect(200).at("/access_token");
        app.get("/api/v1/me").token(&token).send().await.expect(200).at("/organizations/0/name")
    };
    assert_eq!(name("a@example.org", json!({ "organization": " Riverside Dental " })).await, "Riverside Dental");
    assert_eq!(name("b@example.org", json!({})).await, "b's organization");
    assert_eq!(name("c@example.org", json!({ "organization": "" })).await, "c's organization");
    assert_eq!(name("d@example.org", json!({ "organization": 7 })).await, "d's organization");
    assert_eq!(name("e@example.org", json!({ "organization": "x".repeat(201) })).await, "e's organization");
    assert_eq!(name("f@example.org", json!({ "organization": "a\u{7}b" })).await, "f's organization");
}

#[tokio::test]
async fn names_are_checked() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    for name in ["", "   ", "a\u{7}b", &"x".repeat(201)] {
        create(&app, &owner, name).await.refused(422, "validation_failed");
        let rename = app.patch(&format!("/api/v1/organizations/{}", owner.organization)).key(&owner.key);
        rename.json(&json!({ "name": name })).send().await.refused(422, "validation_failed");
    }
    create(&app, &owner, &"ß".repeat(200)).await.expect(201);
}

#[tokio::test]
async fn in_a_product_for_single_users_every_user_has_their_own() {
    let app = TestApp::with(crate::of("documents")).await;
    let owner = app.owner().await;
    let list = app.get("/api/v1/organizations").token(&owner.token).send().await.expect(200);
    assert_eq!((list.at("/data/0/personal"), list.at("/data/0/name")), ("true".into(), "owner".into()));
    assert_eq!(list.ids().len(), 1);
}
