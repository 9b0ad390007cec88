//! Lists come in pages.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::on_plan;
use crate::harness::app::{Person, TestApp};

async fn keys(app: &TestApp, owner: &Person, count: usize) {
    for number in 0..count {
        let body = json!({ "name": format!("key {number}") });
        app.post("/api/v1/keys").key(&owner.key).json(&body).send().await.expect(201);
    }
}

/// All ids of a list, page by page.
async fn walk(app: &TestApp, owner: &Person, path: &str, limit: usize) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("{path}?limit={limit}{cursor}")).key(&owner.key).send().await.expect(200);
        let ids = page.ids();
        let next = page.json()["next_cursor"].clone();
        assert!(ids.len() <= limit && (next.is_null() || ids.len() == limit), "{page}");
        all.extend(ids);
        match next {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return all,
        }
    }
}

#[tokio::test]
async fn every_page_size_shows_everything_once_the_newest_first() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    keys(&app, &owner, 11).await;
    let all = walk(&app, &owner, "/api/v1/keys", 200).await;
    assert_eq!(all.len(), 12);
    assert!(all.is_sorted_by(|one, next| one > next), "{all:?}");
    for limit in [1, 2, 3, 5, 11, 12, 13] {
        assert_eq!(walk(&app, &owner, "/api/v1/keys", limit).await, all, "by {limit}");
    }
}

#[tokio::test]
async fn without_a_limit_a_page_holds_fifty() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    keys(&app, &owner, 51).await;
    let page = app.get("/api/v1/keys").key(&owner.key).send().await.expect(200);
    assert_eq!(page.ids().len(), 50);
    assert!(page.json()["next_cursor"].is_string());
}

#[tokio::test]
async fn what_is_made_meanwhile_moves_nothing() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    on_plan(&app, &owner, "pro").await;
    for _ in 0..6 {
        super::workflow(&app, &owner).await;
    }
    let first = app.get("/api/v1/workflows?limit=3").key(&owner.key).send().await.expect(200);
    app.advance_seconds(1);
    let made = super::workflow(&app, &owner).await;
    let gone = first.ids().pop().unwrap();
    app.delete(&format!("/api/v1/workflows/{gone}")).key(&owner.key).send().await.expect(204);
    let cursor = first.at("/next_cursor");
    let second =
        app.get(&format!("/api/v1/workflows?limit=3&cursor={cursor}")).key(&owner.key).send().await.expect(200);
    assert_eq!(second.json()["next_cursor"], Value::Null);
    let seen: BTreeSet<String> = first.ids().into_iter().chain(second.ids()).collect();
    assert!(seen.len() == 6 && !seen.contains(&made), "{seen:?}");
}

#[tokio::test]
async fn a_cursor_of_somebody_else_shows_only_ones_own() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    keys(&app, &owner, 3).await;
    let page = app.get("/api/v1/keys?limit=1").key(&owner.key).send().await.expect(200);
    let path = format!("/api/v1/keys?cursor={}", page.at("/next_cursor"));
    let owners = walk(&app, &owner, "/api/v1/keys", 200).await;
    let seen = app.get(&path).key(&stranger.key).send().await.expect(200).ids();
    assert!(seen.iter().all(|id| !owners.contains(id)), "{seen:?}");
}
