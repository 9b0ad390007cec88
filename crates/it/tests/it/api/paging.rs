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
    let app = TestApp::with(crate::voice()).await;
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
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    keys(&app, &owner, 51).await;
    let page = app.get("/api/v1/keys").key(&owner.key).send().await.expect(200);
    assert_eq!(page.ids().len(), 50);
    assert!(page.json()["next_cursor"].is_string());
}

#[tokio::test]
async fn what_is_made_meanwhile_moves_nothing() {
    let app = TestApp::with(crate::voice()).await;
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
async fn another_users_cursor_shows_only_ones_own() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    keys(&app, &owner, 3).await;
    let page = app.get("/api/v1/keys?limit=1").key(&owner.key).send().await.expect(200);
    let path = format!("/api/v1/keys?cursor={}", page.at("/next_cursor"));
    let owners = walk(&app, &owner, "/api/v1/keys", 200).await;
    let seen = app.get(&path).key(&stranger.key).send().await.expect(200).ids();
    assert!(seen.iter().all(|id| !owners.contains(id)), "{seen:?}");
}

/// Reads a list page by page, as a signed-in user; returns the values of `field` in order.
async fn pages_of(app: &TestApp, user: &Person, path: &str, field: &str, limit: usize) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("{path}?limit={limit}{cursor}")).person(user).send().await.expect(200);
        let values = page.json()["data"].as_array().unwrap().clone();
        let next = page.json()["next_cursor"].clone();
        assert!(values.len() <= limit && (next.is_null() || values.len() == limit), "{page}");
        all.extend(values.iter().map(|value| value[field].to_string()));
        match next {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return all,
        }
    }
}

#[tokio::test]
async fn members_come_in_pages_the_first_to_join_first() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    // Several members join in the same microsecond.
    let join = format!(
        "with people as (
           insert into auth.users (id, instance_id, aud, role, email, created_at, updated_at)
           select gen_random_uuid(), '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', 'm' || n || '@example.org', now(), now()
           from generate_series(1, 450) as n returning id
         )
         insert into freehold.members (tenant_id, user_id, role, joined_at, selected_at)
         select '{}', id, 'member', timestamptz '2026-03-16 12:00:00.123456+00' + (row_number() over () / 7) * interval '1 microsecond', now()
         from people",
        owner.organization
    );
    app.test.admin().await.batch_execute(&join).await.unwrap();
    let path = format!("/api/v1/organizations/{}/members", owner.organization);
    let all = pages_of(&app, &owner, &path, "user_id", 200).await;
    assert_eq!((all.len(), BTreeSet::from_iter(&all).len()), (451, 451));
    assert_eq!(all[0], json!(owner.id).to_string());
    for limit in [7, 50, 150] {
        assert_eq!(pages_of(&app, &owner, &path, "user_id", limit).await, all, "by {limit}");
    }
    let first = app.get(&path).person(&owner).send().await.expect(200);
    assert_eq!(first.json()["data"].as_array().unwrap().len(), 50);
    // A member who leaves between two pages does not hide others.
    let cursor = app.get(&format!("{path}?limit=10")).person(&owner).send().await.expect(200).at("/next_cursor");
    let last = &all[9];
    app.delete(&format!("{path}/{}", last.trim_matches('"'))).person(&owner).send().await.expect(204);
    let rest = app.get(&format!("{path}?limit=200&cursor={cursor}")).person(&owner).send().await.expect(200);
    assert_eq!(rest.json()["data"][0]["user_id"].to_string(), all[10]);
}

#[tokio::test]
async fn a_user_of_many_organizations_gets_them_in_pages() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let few = app.get("/api/v1/me").person(&owner).send().await.expect(200).json();
    assert_eq!((few["has_more"].clone(), few["organizations"].as_array().unwrap().len()), (json!(false), 1));
    let join = format!(
        "with places as (
           insert into freehold.tenants (tenant_id, name, slug, plan, plan_version, created_at, updated_at)
           select gen_random_uuid(), 'Place ' || n, 'place-' || n, 'enterprise', 1, now(), now()
           from generate_series(1, 260) as n returning tenant_id
         )
         insert into freehold.members (tenant_id, user_id, role, joined_at, selected_at)
         select tenant_id, '{}', 'owner', now(), timestamptz '2020-01-01 00:00:00+00' + (row_number() over () / 7) * interval '1 microsecond'
         from places",
        owner.id
    );
    app.test.admin().await.batch_execute(&join).await.unwrap();
    let me = app.get("/api/v1/me").person(&owner).send().await.expect(200).json();
    assert_eq!((me["has_more"].clone(), me["organizations"].as_array().unwrap().len()), (json!(true), 100));
    assert_eq!(me["organizations"][0]["id"], json!(owner.organization), "the chosen one is the first");
    let all = pages_of(&app, &owner, "/api/v1/organizations", "id", 200).await;
    assert_eq!((all.len(), BTreeSet::from_iter(&all).len()), (261, 261));
    for limit in [7, 50, 131] {
        assert_eq!(pages_of(&app, &owner, "/api/v1/organizations", "id", limit).await, all, "by {limit}");
    }
}

#[tokio::test]
async fn versions_of_a_workflow_come_in_pages_the_newest_first() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let body = json!({ "name": "Greeting", "graph": crate::house::walk::graph() });
    let id = app.post("/api/v1/workflows").key(&owner.key).json(&body).send().await.expect(201).at("/id");
    let more = format!(
        "insert into voice.workflow_versions (tenant_id, workflow_id, version, graph, created_at)
         select tenant_id, workflow_id, version + n, graph, created_at
         from voice.workflow_versions, generate_series(1, 230) as n where workflow_id = '{id}'"
    );
    app.test.admin().await.batch_execute(&more).await.unwrap();
    let path = format!("/api/v1/workflows/{id}/versions");
    let expected: Vec<String> = (1..=231).rev().map(|version| version.to_string()).collect();
    for limit in [7, 50, 200] {
        assert_eq!(pages_of(&app, &owner, &path, "version", limit).await, expected, "by {limit}");
    }
}
