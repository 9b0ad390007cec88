//! `/activity`, and the latest changes on `/home`.

use freehold_core::Role;
use serde_json::json;

use super::Browser;
use crate::harness::app::TestApp;

#[tokio::test]
async fn the_feed_links_what_was_changed_where_the_reader_has_a_page_for_it() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let viewer = app.member(&owner, Role::Viewer).await;
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, viewer.id);
    for role in ["member", "viewer"] {
        app.patch(&path).person(&owner).json(&json!({ "role": role })).send().await.expect(200);
    }
    app.post("/api/v1/keys").person(&owner).json(&json!({ "name": "<b>nightly</b>" })).send().await.expect(201);
    let browser = Browser::of(&app, &owner).await;
    let link = format!("<a href=\"/members\">{}</a> from member to viewer", viewer.email);
    for page in [browser.page("/activity").await, browser.page("/home").await] {
        assert!(page.holds(&link), "{page}");
        assert!(page.holds("created the API key <a href=\"/keys\">“&#60;b&#62;nightly&#60;/b&#62;”</a>"), "{page}");
    }
    let keys = browser.page("/activity?kind=key").await;
    assert!(keys.holds("<option value=\"key\" selected>API keys</option>") && !keys.holds("from member to"), "{keys}");
    assert!(browser.page("/activity?kind=%22nothing").await.holds("Nothing has happened yet"));

    let viewers = Browser::of(&app, &viewer).await;
    let page = viewers.page("/activity").await;
    assert!(page.holds("from member to viewer") && !page.holds("API key") && !page.holds("audit log"), "{page}");
    assert!(!viewers.page("/activity?kind=key").await.holds("nightly"));
}

#[tokio::test]
async fn the_feed_has_pages() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    for number in 0..60 {
        let key = json!({ "name": format!("key number {number}") });
        app.post("/api/v1/keys").person(&owner).json(&key).send().await.expect(201);
        if number % 20 == 0 {
            app.advance_seconds(120);
        }
    }
    let browser = Browser::of(&app, &owner).await;
    let first = browser.page("/activity?kind=key").await;
    let next = first.text().split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&");
    assert!(next.starts_with("/activity?kind=key&cursor=c"), "{next}");
    let second = browser.page(&next).await;
    assert!(first.holds("number 59") && !first.holds("number 5”"), "{first}");
    assert!(second.holds("number 5”") && !second.holds("number 59") && second.holds("First page"), "{second}");
}
