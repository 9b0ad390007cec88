//! `GET /events`: catching up.

use freehold_delivery::webhook::sweep::sweep;
use serde_json::json;

use super::{Opened, Rang, owner, publish, publishing, ring};
use crate::harness::app::{Answer, Person, TestApp};

async fn list(app: &TestApp, owner: &Person, query: &str) -> Answer {
    app.get(&format!("/api/v1/events{query}")).key(&owner.key).send().await
}

async fn ids(app: &TestApp, owner: &Person, query: &str) -> Vec<String> {
    list(app, owner, query).await.expect(200).ids()
}

/// The last event before the test's own.
async fn begin(app: &TestApp, owner: &Person) -> String {
    ids(app, owner, "").await.pop().unwrap()
}

#[tokio::test]
async fn events_are_listed_by_type_and_from_a_time_or_an_event_on() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let begin = begin(&app, &owner).await;
    let first = publish(&app, &owner, Rang { number: 1 }).await;
    app.advance_seconds(60);
    let (second, door) =
        (publish(&app, &owner, Rang { number: 2 }).await, publish(&app, &owner, Opened { number: 1 }).await);
    app.dispatch().await;
    let all = vec![first.clone(), second.clone(), door.clone()];
    assert_eq!(ids(&app, &owner, &format!("?since={begin}")).await, all);
    assert_eq!(ids(&app, &owner, "?type=bell.rang").await, [first.clone(), second.clone()]);
    assert_eq!(ids(&app, &owner, "?type=door.*").await, std::slice::from_ref(&door));
    assert_eq!(ids(&app, &owner, "?since=2026-03-15T12:01:00Z").await, [second.clone(), door.clone()]);
    assert_eq!(ids(&app, &owner, &format!("?since={second}")).await, std::slice::from_ref(&door));
    assert_eq!(ids(&app, &owner, &format!("?type=*&since={door}")).await, Vec::<String>::new());
    list(&app, &owner, "?type=Bell").await.refused(422, "validation_failed");
    list(&app, &owner, "?since=yesterday").await.refused(422, "validation_failed");
}

#[tokio::test]
async fn pages_hold_every_event_once_in_order() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let mut published = ring(&app, &owner, 7).await;
    app.dispatch().await;
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&app, &owner, &format!("?type=bell.*&limit=3{cursor}")).await.expect(200);
        found.extend(page.ids());
        // Events that arrive while the list is read are on a later page.
        if found.len() == 3 {
            published.extend(ring(&app, &owner, 1).await);
            app.dispatch().await;
        }
        match page.json()["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, published);
}

#[tokio::test]
async fn what_commits_late_comes_late_and_is_not_missed() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let begin = begin(&app, &owner).await;
    let (early, late) = publishing(&app.backbone.db, &owner, Rang { number: 1 }).await;
    app.advance_seconds(1);
    let meanwhile = publish(&app, &owner, Rang { number: 2 }).await;
    app.dispatch().await;
    assert_eq!(ids(&app, &owner, &format!("?since={begin}")).await, std::slice::from_ref(&meanwhile));
    early.commit().await.unwrap();
    app.advance_seconds(1);
    let after = publish(&app, &owner, Rang { number: 3 }).await;
    app.dispatch().await;
    // A reader that continues from its last position gets it, although it happened before.
    assert_eq!(ids(&app, &owner, &format!("?since={meanwhile}")).await, [late.to_string(), after]);
}

#[tokio::test]
async fn a_second_dispatcher_does_not_wait_and_assigns_no_positions() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let (mut one, other) = (app.test.admin().await, app.test.admin().await);
    let give = "select count(*) from freehold.event_place(100)";
    ring(&app, &owner, 2).await;
    let dispatching = one.transaction().await.unwrap();
    assert_eq!(dispatching.query_one(give, &[]).await.unwrap().get::<_, i64>(0), 2);
    ring(&app, &owner, 1).await;
    assert_eq!(other.query_one(give, &[]).await.unwrap().get::<_, i64>(0), 0);
    dispatching.commit().await.unwrap();
    assert_eq!(other.query_one(give, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn events_are_kept_for_thirty_days() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let old = ring(&app, &owner, 1).await.remove(0);
    app.dispatch().await;
    app.advance_seconds(30 * 24 * 3_600);
    assert!(ids(&app, &owner, "").await.contains(&old));
    app.advance_seconds(1);
    let young = ring(&app, &owner, 1).await;
    app.dispatch().await;
    assert_eq!(ids(&app, &owner, "").await, young);
    sweep(&app.backbone.db).await.unwrap();
    assert_eq!(app.count("select count(*) from freehold.events").await, 1);
}

#[tokio::test]
async fn what_an_organization_does_is_told() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let begin = begin(&app, &owner).await;
    let made = app.post("/api/v1/keys").key(&owner.key).json(&json!({ "name": "ci" })).send().await.expect(201);
    let path = format!("/api/v1/keys/{}", made.at("/id"));
    app.advance_seconds(1);
    app.delete(&path).key(&owner.key).send().await.expect(200);
    app.delete(&path).key(&owner.key).send().await.expect(200);
    app.advance_seconds(1);
    let member = app.member(&owner, freehold_core::Role::Viewer).await;
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, member.id);
    app.patch(&path).key(&owner.key).json(&json!({ "role": "member" })).send().await.expect(200);
    app.delete(&path).key(&owner.key).send().await.expect(204);
    app.dispatch().await;
    let listed = list(&app, &owner, &format!("?since={begin}")).await.expect(200);
    let types: Vec<_> = listed.json()["data"].as_array().unwrap().iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["api_key.created", "api_key.revoked", "member.changed", "member.removed"]);
    assert!(!listed.holds(&made.at("/key")));
}
