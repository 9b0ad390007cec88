//! Every page and form of this folder, called by those who may not.

use freehold_core::Role;
use serde_json::json;

use super::{Browser, field};
use crate::harness::app::{Answer, Person, TestApp};

/// Ids of things in the owner's organization.
struct Things {
    key: String,
    invitation: String,
    endpoint: String,
    role: String,
    event: String,
    owner: String,
}

impl Things {
    async fn of(app: &TestApp, owner: &Person) -> Self {
        let post = async |path: &str, body| app.post(path).person(owner).json(&body).send().await;
        let key = post("/api/v1/keys", json!({ "name": "a key of the owner" })).await.expect(201).at("/id");
        let invitation = json!({ "email": "bea@example.org" });
        let invitation = post("/api/v1/invitations", invitation).await.expect(201).at("/id");
        let endpoint = json!({ "url": "https://example.org/hooks" });
        let endpoint = post("/api/v1/webhooks", endpoint).await.expect(201).at("/id");
        let role = json!({ "name": "Guests", "permissions": ["members:read"] });
        let role = post("/api/v1/roles", role).await.expect(201).at("/id");
        let sent = app.post(&format!("/api/v1/webhooks/{endpoint}/test")).person(owner).send().await.expect(202);
        Self { key, invitation, endpoint, role, event: sent.at("/event_id"), owner: owner.id.clone() }
    }

    /// The pages that show something or ask.
    fn pages(&self) -> Vec<String> {
        let Self { key, invitation, endpoint, role, owner, .. } = self;
        vec![
            "/activity".to_owned(),
            "/organization".to_owned(),
            "/members".to_owned(),
            format!("/members/{owner}/remove"),
            format!("/members/{owner}/transfer"),
            "/members/roles/new".to_owned(),
            format!("/members/roles/{role}"),
            format!("/members/roles/{role}/delete"),
            format!("/members/invitations/{invitation}/revoke"),
            "/keys".to_owned(),
            "/keys/new".to_owned(),
            format!("/keys/{key}/revoke"),
            format!("/keys/{key}/adopt"),
            format!("/keys/{key}/edit"),
            format!("/keys/{key}/rotate"),
            format!("/keys/{key}/usage"),
            "/webhooks".to_owned(),
            "/webhooks/new".to_owned(),
            format!("/webhooks/{endpoint}"),
            format!("/webhooks/{endpoint}/rotate"),
            format!("/webhooks/{endpoint}/delete"),
        ]
    }

    /// The forms, each with fields that would do.
    fn forms(&self) -> Vec<(String, &'static str)> {
        let Self { key, invitation, endpoint, role, event, owner } = self;
        vec![
            ("/organization".to_owned(), "name=w&slug=walked&website=&contact_email=&time_zone=UTC&locale=en"),
            ("/organization/logo/remove".to_owned(), ""),
            ("/members/invitations".to_owned(), "email=eve%40example.org&role=viewer&attempt=w"),
            (format!("/members/invitations/{invitation}/resend"), ""),
            (format!("/members/invitations/{invitation}/revoke"), ""),
            (format!("/members/{owner}/role"), "role=viewer"),
            (format!("/members/{owner}/remove"), ""),
            (format!("/members/{owner}/transfer"), ""),
            ("/members/roles/new".to_owned(), "name=w&permission=members%3Aread&attempt=w"),
            (format!("/members/roles/{role}"), "name=w&permission=members%3Aread"),
            (format!("/members/roles/{role}/delete"), ""),
            ("/keys/new".to_owned(), "name=w&mode=live&access=all&expires=&attempt=w"),
            (format!("/keys/{key}/revoke"), ""),
            (format!("/keys/{key}/adopt"), ""),
            (format!("/keys/{key}/edit"), "name=edited&allowed_networks=198.51.100.0%2F24"),
            (format!("/keys/{key}/rotate"), "overlap=0&attempt=w"),
            ("/webhooks/new".to_owned(), "url=https%3A%2F%2Fexample.org%2Fw&description=&which=all&attempt=w"),
            (format!("/webhooks/{endpoint}/test"), ""),
            (format!("/webhooks/{endpoint}/pause"), ""),
            (format!("/webhooks/{endpoint}/rotate"), "attempt=w"),
            (format!("/webhooks/{endpoint}/deliveries/{event}/replay"), ""),
            (format!("/webhooks/{endpoint}/delete"), ""),
        ]
    }
}

/// A stranger must not read any of this.
fn holds_none_of_it(answer: &Answer) {
    for text in ["bea@example.org", "example.org/hooks", "a key of the owner", "whsec_"] {
        assert!(!answer.holds(text), "{answer}");
    }
}

/// What these forms could have changed.
async fn state(app: &TestApp) -> Vec<i64> {
    let mut state = Vec::new();
    for query in [
        "select count(*) from freehold.tenants where slug = 'walked'",
        "select count(*) from freehold.members where role = 'owner'",
        "select count(*) from freehold.invitations where revoked_at is null",
        "select sum(mails)::bigint from freehold.invitations",
        "select count(*) from freehold.api_keys where revoked_at is null and rotated_at is null and name <> 'edited'",
        "select count(*) from freehold.webhook_endpoints where deleted_at is null and enabled and previous_until is null",
        "select count(*) from freehold.webhook_deliveries",
        "select count(*) from freehold.roles where name = 'Guests'",
    ] {
        state.push(app.count(query).await);
    }
    state
}

#[tokio::test]
async fn visitors_are_sent_to_the_sign_in_page() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let things = Things::of(&app, &owner).await;
    let before = state(&app).await;
    for path in things.pages() {
        let gone = app.get(&path).browser().send().await.expect(303);
        assert!(gone.header("location").starts_with("/sign-in?redirect_to="), "{path}: {gone}");
        // An API key, an access token and a forged cookie are no visitor.
        let forged = app.get(&path).browser().person(&owner).header("cookie", "freehold_session=a.b.c.d");
        assert_eq!(forged.send().await.status(), 303, "{path}");
    }
    for (path, fields) in things.forms() {
        let form = format!("token=00&organization={}&{fields}", owner.organization);
        assert_eq!(app.post(&path).browser().form(&form).send().await.status(), 303, "{path}");
    }
    assert_eq!(state(&app).await, before);
}

#[tokio::test]
async fn a_user_of_another_organization_sees_and_changes_nothing() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let things = Things::of(&app, &owner).await;
    let stranger = app.stranger().await;
    let browser = Browser::of(&app, &stranger).await;
    let token = field(&browser.page("/members").await, "token");
    let before = state(&app).await;
    for path in things.pages() {
        let named = app.get(&format!("{path}?organization={}", owner.organization)).browser();
        assert_eq!(named.header("cookie", &browser.cookie).send().await.status(), 404, "{path}");
        holds_none_of_it(&browser.get(&path).await);
    }
    for (path, fields) in things.forms() {
        let form = format!("token={token}&organization={}&{fields}", owner.organization);
        assert_eq!(browser.post(&path, &form).await.status(), 404, "{path}");
        // Things of another organization are unknown in the stranger's own.
        if !path.ends_with("/new") && !path.starts_with("/organization") && path != "/members/invitations" {
            let form = format!("token={token}&organization={}&{fields}", stranger.organization);
            let answer = browser.post(&path, &form).await;
            assert!(answer.status() < 500, "{path}: {answer}");
            holds_none_of_it(&answer);
        }
    }
    assert_eq!(state(&app).await, before);
}

#[tokio::test]
async fn a_viewer_reads_the_members_and_changes_nothing() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let things = Things::of(&app, &owner).await;
    let viewer = app.member(&owner, Role::Viewer).await;
    let browser = Browser::of(&app, &viewer).await;
    let page = browser.page("/members").await;
    for button in ["Invite a colleague", "Resend", "Withdraw", "Remove", ">Change<"] {
        assert!(!page.holds(button), "{button}: {page}");
    }
    let token = field(&page, "token");
    let before = state(&app).await;
    for (path, fields) in things.forms() {
        let form = format!("token={token}&organization={}&{fields}", owner.organization);
        let answer = browser.post(&path, &form).await;
        assert!(matches!(answer.status(), 303 | 403), "{path}: {answer}");
    }
    assert_eq!(state(&app).await, before);
    for path in
        things.pages().into_iter().filter(|path| !["/members", "/activity", "/organization"].contains(&path.as_str()))
    {
        let answer = browser.get(&path).await;
        let looks = answer.status() == 200 && ["/keys", "/webhooks"].iter().any(|page| path.starts_with(page));
        assert!(answer.status() == 403 || looks && !answer.holds("class=\"button"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let things = Things::of(&app, &owner).await;
    let browser = Browser::of(&app, &owner).await;
    let other = Browser::of(&app, &app.stranger().await).await;
    let theirs = field(&other.page("/members").await, "token");
    let before = state(&app).await;
    for (path, fields) in things.forms() {
        for token in ["", "00", &theirs] {
            let form = format!("token={token}&organization={}&{fields}", owner.organization);
            assert_eq!(browser.post(&path, &form).await.status(), 403, "{path}");
        }
    }
    assert_eq!(state(&app).await, before);
}
