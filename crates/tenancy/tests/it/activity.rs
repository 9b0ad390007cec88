//! The activity feed: what its sentences say, and to whom.

use freehold_core::Role;
use freehold_tenancy::{audit::audit_chain, departure::person_depart};
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

/// The sentences that a user reads, the newest first.
async fn sentences(app: &TestApp, person: &Person, query: &str) -> Vec<String> {
    let list = app.get(&format!("/api/v1/activity{query}")).person(person).send().await.expect(200).json();
    let texts = list["data"].as_array().unwrap().iter().map(|change| change["text"].as_str().unwrap().to_owned());
    texts.collect()
}

/// Gives a user a name.
async fn name(app: &TestApp, person: &Person, name: &Value) {
    let set = format!(
        "update auth.users set raw_user_meta_data = jsonb_build_object('name', '{}'::jsonb) where id = '{}'",
        name.to_string().replace('\'', "''"),
        person.id
    );
    app.test.admin().await.batch_execute(&set).await.unwrap();
}

#[tokio::test]
async fn each_change_is_a_sentence_with_names() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    name(&app, &owner, &json!("Ada \u{202e}Lovelace")).await;
    let member = app.member(&owner, Role::Member).await;
    let post = async |path: &str, body: Value| app.post(path).person(&owner).json(&body).send().await;
    let key = post("/api/v1/keys", json!({ "name": "nightly import" })).await.expect(201);
    app.delete(&format!("/api/v1/keys/{}", key.at("/id"))).key(&owner.key).send().await.expect(200);
    let invited = post("/api/v1/invitations", json!({ "email": "bea@example.org", "role": "viewer" })).await;
    let invitation = invited.expect(201).at("/id");
    app.delete(&format!("/api/v1/invitations/{invitation}")).person(&owner).send().await.expect(200);
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, member.id);
    app.patch(&path).person(&owner).json(&json!({ "role": "viewer" })).send().await.expect(200);
    app.delete(&path).person(&member).send().await.expect(204);
    let organization = format!("/api/v1/organizations/{}", owner.organization);
    app.patch(&organization).person(&owner).json(&json!({ "name": "Riverside" })).send().await.expect(200);

    let expected = [
        "Ada Lovelace renamed the organization from",
        "A former member left the organization",
        "Ada Lovelace changed the role of a former member from member to viewer",
        "Ada Lovelace withdrew the invitation of bea@example.org",
        "Ada Lovelace invited bea@example.org as viewer",
        "The API key “key” revoked the API key “nightly import”",
        "Ada Lovelace created the API key “nightly import”",
    ];
    // The same before the entries are chained, when personal data is encrypted, and afterwards.
    for _ in 0..2 {
        let found = sentences(&app, &owner, "").await;
        for (found, expected) in found.iter().zip(expected) {
            let key_named = expected.replace("“key”", &format!("“{}”", key_name(&app, &owner).await));
            assert!(found.starts_with(&key_named), "{found:?} is not {key_named:?}");
        }
        audit_chain(&app.backbone.infra).await.unwrap();
    }
}

/// Name of the owner's key.
async fn key_name(app: &TestApp, owner: &Person) -> String {
    let keys = app.get("/api/v1/keys").person(owner).send().await.expect(200).json();
    let name = keys["data"].as_array().unwrap().iter().find(|key| key["revoked_at"].is_null()).unwrap();
    name["name"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_reader_sees_the_changes_of_the_areas_that_they_may_read() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let viewer = app.member(&owner, Role::Viewer).await;
    let member = app.member(&owner, Role::Member).await;
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, member.id);
    app.patch(&path).key(&owner.key).json(&json!({ "role": "viewer" })).send().await.expect(200);
    let all = sentences(&app, &owner, "").await;
    assert!(all.iter().any(|text| text.contains("API key “")) && all[0].contains("changed the role"), "{all:?}");
    let seen = app.get("/api/v1/activity").person(&viewer).send().await.expect(200);
    assert!(!seen.holds("key."), "a viewer reads of keys: {seen}");
    let change = &seen.json()["data"][0];
    let text = format!("An API key changed the role of {} from member to viewer", member.email);
    assert_eq!(change["text"], text);
    assert_eq!(change["actor"], json!({ "kind": "key", "id": null, "name": "An API key" }));
    assert_eq!((&change["action"], &change["page"]), (&json!("member.role_changed"), &json!("/members")));

    let scopes = json!({ "name": "narrow", "scopes": ["organization:read"] });
    let narrow = app.post("/api/v1/keys").person(&owner).json(&scopes).send().await.expect(201).at("/key");
    let rename = app.patch(&format!("/api/v1/organizations/{}", owner.organization)).person(&owner);
    rename.json(&json!({ "name": "Riverside" })).send().await.expect(200);
    let seen = app.get("/api/v1/activity").key(&narrow).send().await.expect(200).json();
    let actions: Vec<_> = seen["data"].as_array().unwrap().iter().map(|change| change["action"].clone()).collect();
    assert_eq!(actions, ["organization.renamed"]);
    let stranger = app.stranger().await;
    assert!(sentences(&app, &stranger, "").await.iter().all(|text| !text.contains("Riverside")));
}

#[tokio::test]
async fn a_deleted_user_and_an_erased_address_have_no_name() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let admin = app.member(&owner, Role::Admin).await;
    name(&app, &admin, &json!("Grace")).await;
    app.post("/api/v1/keys").person(&admin).json(&json!({ "name": "report" })).send().await.expect(201);
    assert_eq!(sentences(&app, &owner, "?action=key.created&limit=1").await, ["Grace created the API key “report”"]);
    let mut tx = app.backbone.db.system("test").begin().await.unwrap();
    person_depart(&mut tx, &app.backbone.vault, admin.id.parse().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    // Left and not deleted yet: the name stays, an address would not.
    assert_eq!(sentences(&app, &owner, "?action=key.created&limit=1").await, ["Grace created the API key “report”"]);
    let delete = format!("delete from auth.users where id = '{}'", admin.id);
    app.test.admin().await.batch_execute(&delete).await.unwrap();
    let by_them = format!("?actor={}", admin.id);
    assert_eq!(sentences(&app, &owner, &by_them).await, ["Deleted user created the API key “report”"]);
    let left = sentences(&app, &owner, "?action=member.*&limit=1").await;
    assert_eq!(left, ["Deleted user left the organization, because their account was deleted"]);
}

#[tokio::test]
async fn names_are_text_whatever_they_are() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    for (given, shown) in [
        (json!("x".repeat(500)), "x".repeat(80)),
        (json!("  \u{200b} "), owner.email.clone()),
        (json!({ "name": "an object" }), owner.email.clone()),
        (json!("{actor} [user]"), "{actor} [user]".to_owned()),
    ] {
        name(&app, &owner, &given).await;
        let change = app.get("/api/v1/activity?limit=1").person(&owner).send().await.expect(200).json();
        assert_eq!(change["data"][0]["actor"]["name"], shown, "{given}");
    }
}

#[tokio::test]
async fn the_feed_is_filtered_and_read_page_by_page() {
    let app = TestApp::new().await;
    let owner = crate::busy(&app).await;
    let all = sentences(&app, &owner, "?limit=200").await;
    let (mut paged, mut query) = (Vec::new(), "?limit=7".to_owned());
    loop {
        let page = app.get(&format!("/api/v1/activity{query}")).person(&owner).send().await.expect(200).json();
        paged.extend(page["data"].as_array().unwrap().iter().map(|each| each["text"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("?limit=7&cursor={cursor}");
    }
    assert_eq!(paged, all);
    assert!(all.len() > 30, "{}", all.len());
    let invited = sentences(&app, &owner, "?limit=200&action=invitation.*").await;
    assert_eq!(invited.len(), 8);
    let key = app.get("/api/v1/keys").person(&owner).send().await.expect(200).at("/data/8/id");
    assert_eq!(sentences(&app, &owner, &format!("?actor={key}&limit=200")).await.len(), 8, "revoked with the key");
    assert!(sentences(&app, &owner, "?action=nothing.*").await.is_empty());
    assert!(sentences(&app, &owner, "?since=2099-01-01T00:00:00Z").await.is_empty());
    assert_eq!(sentences(&app, &owner, "?until=2099-01-01T00:00:00Z&limit=200").await.len(), all.len());
    for wrong in ["?limit=0", "?cursor=x", "?actor=x", "?since=yesterday", "?subject=x"] {
        let refused = app.get(&format!("/api/v1/activity{wrong}")).person(&owner).send().await;
        assert!(matches!(refused.status(), 400 | 422), "{wrong}: {refused}");
    }
}
