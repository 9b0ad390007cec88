//! API keys by form.

use freehold_core::Role;
use serde_json::json;

use super::{Browser, field, secret};
use crate::harness::app::TestApp;

const NEW: &str = "name=nightly+import&mode=live&access=some&scope=usage%3Aread&scope=events%3Aread&expires=30";

#[tokio::test]
async fn a_key_is_created_shown_once_used_and_revoked() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let browser = Browser::of(&app, &owner).await;
    assert!(browser.page("/keys").await.holds("everything"));
    let form = browser.page("/keys/new").await;
    let (token, attempt) = (field(&form, "token"), field(&form, "attempt"));
    let body = format!("token={token}&organization={}&attempt={attempt}&{NEW}", owner.organization);
    let created = browser.post("/keys/new", &body).await.expect(201);
    crate::pages::is_a_page(&created);
    assert_eq!(created.header("cache-control"), "no-store");
    let key = secret(&created);
    assert!(key.starts_with("sk_live_"), "{created}");
    app.get("/api/v1/usage").key(&key).send().await.expect(200);
    app.get("/api/v1/webhooks").key(&key).send().await.refused(403, "permission_denied");

    // The browser's button for loading the page again sends the form a second time.
    let again = browser.post("/keys/new", &body).await.expect(303);
    assert_eq!(again.header("location").split('?').next(), Some("/keys"));
    assert_eq!(app.count("select count(*) from freehold.api_keys").await, 2);
    let list = browser.page("/keys").await;
    assert!(
        list.holds("nightly import") && list.holds("events:read, usage:read") || list.holds("usage:read, events:read")
    );
    assert!(!list.holds(&key), "the list shows the secret");

    let id = app.get("/api/v1/keys").person(&owner).send().await.expect(200).at("/data/0/id");
    let asked = browser.page(&format!("/keys/{id}/revoke")).await;
    assert!(asked.holds("Revoke the API key") && asked.holds("Cancel"), "{asked}");
    let done = browser.sent("/keys", &format!("/keys/{id}/revoke"), "").await;
    assert!(done.holds("was revoked") && done.holds(">revoked<"), "{done}");
    app.get("/api/v1/usage").key(&key).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_form_without_scopes_or_with_a_wrong_token_creates_nothing() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let browser = Browser::of(&app, &owner).await;
    let refused = browser.send("/keys/new", "/keys/new", "name=k&mode=live&access=some&expires=").await.expect(422);
    assert!(refused.holds("choose at least one") && refused.holds("value=\"k\""), "{refused}");
    let refused = browser.send("/keys/new", "/keys/new", "name=&mode=live&access=all&expires=").await.expect(422);
    assert!(refused.holds("expected 1 to 100 characters"), "{refused}");
    let refused = browser.send("/keys/new", "/keys/new", "name=k&mode=live&access=some&scope=nothing&expires=").await;
    assert_eq!(refused.status(), 422, "{refused}");
    let forged = format!("token=00&organization={}&{NEW}", owner.organization);
    assert_eq!(browser.post("/keys/new", &forged).await.status(), 403);
    let missing = format!("organization={}&{NEW}", owner.organization);
    assert_eq!(browser.post("/keys/new", &missing).await.status(), 403);
    assert_eq!(app.count("select count(*) from freehold.api_keys").await, 1);
}

#[tokio::test]
async fn an_owner_adopts_the_key_of_a_member_who_left() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let admin = app.member(&owner, Role::Admin).await;
    let made = app.post("/api/v1/keys").person(&admin).json(&json!({ "name": "theirs" })).send().await.expect(201);
    let member = format!("/api/v1/organizations/{}/members/{}", owner.organization, admin.id);
    app.delete(&member).person(&owner).send().await.expect(204);
    let browser = Browser::of(&app, &owner).await;
    let list = browser.page("/keys").await;
    assert!(list.holds(">suspended<") && list.holds("a former member"), "{list}");
    let done = browser.sent("/keys", &format!("/keys/{}/adopt", made.at("/id")), "").await;
    assert!(done.holds("You are now responsible") && done.holds(">active<") && done.holds(&owner.email), "{done}");
}

#[tokio::test]
async fn a_key_is_restricted_rotated_and_its_new_secret_shown_once() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let made = app.post("/api/v1/keys").person(&owner).json(&json!({ "name": "ci" })).send().await.expect(201);
    let (old, path) = (made.at("/key"), format!("/keys/{}", made.at("/id")));
    let browser = Browser::of(&app, &owner).await;
    let (edit, rotate) = (format!("{path}/edit"), format!("{path}/rotate"));

    let refused = browser.send(&edit, &edit, "name=ci&allowed_networks=127.0.0.1%2F8").await.expect(422);
    assert!(refused.holds("write 127.0.0.0/8") && refused.holds("value=\"127.0.0.1/8\""), "{refused}");
    let saved = browser.sent(&edit, &edit, "name=night&allowed_networks=127.0.0.0%2F8%2C+10.0.0.1").await;
    assert!(saved.holds("was saved") && saved.holds("127.0.0.0/8, 10.0.0.1/32") && saved.holds(">night<"), "{saved}");

    let form = browser.page(&rotate).await;
    assert!(form.holds("For one more day") && form.holds("Cancel"), "{form}");
    let (token, attempt) = (field(&form, "token"), field(&form, "attempt"));
    let body = format!("token={token}&organization={}&attempt={attempt}&overlap=86400", owner.organization);
    let rotated = browser.post(&rotate, &body).await.expect(201);
    crate::pages::is_a_page(&rotated);
    assert_eq!(rotated.header("cache-control"), "no-store");
    let new = secret(&rotated);
    assert_ne!(new, old);
    for key in [&old, &new] {
        app.get("/api/v1/usage").key(key).send().await.expect(200);
    }
    // The browser's button for loading the page again sends the form a second time.
    browser.post(&rotate, &body).await.expect(303);
    app.get("/api/v1/usage").key(&new).send().await.expect(200);
    let list = browser.page("/keys").await;
    assert!(list.holds("Previous secret") && list.holds(&old[..16]) && !list.holds(&new), "{list}");
    let wrong = browser.send(&rotate, &rotate, "attempt=x&overlap=5").await.expect(303);
    assert_eq!(wrong.header("location").split('?').next(), Some("/keys"));
}
