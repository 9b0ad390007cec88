//! Webhook endpoints by form.

use super::{Browser, secret};
use crate::harness::app::TestApp;

#[tokio::test]
async fn an_endpoint_is_added_paused_rotated_and_deleted() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let browser = Browser::of(&app, &owner).await;
    assert!(browser.page("/webhooks").await.holds("No webhook endpoints yet"));
    let wrong = "url=ftp%3A%2F%2Fexample.org%2F&description=&which=all&attempt=a";
    let refused = browser.send("/webhooks/new", "/webhooks/new", wrong).await.expect(422);
    assert!(refused.holds("ftp://example.org/"), "{refused}");
    let new = "url=https%3A%2F%2Fexample.org%2Fhooks&description=mine&which=some&event=key.created&event=key.revoked&attempt=a";
    let created = browser.send("/webhooks/new", "/webhooks/new", new).await.expect(201);
    crate::pages::is_a_page(&created);
    let first = secret(&created);
    assert!(first.starts_with("whsec_") && created.header("cache-control") == "no-store", "{created}");
    assert_eq!(
        browser.send("/webhooks/new", "/webhooks/new", new).await.expect(303).header("location").split('?').next(),
        Some("/webhooks")
    );
    let list = app.get("/api/v1/webhooks").person(&owner).send().await.expect(200);
    assert_eq!(list.ids().len(), 1);
    let path = format!("/webhooks/{}", list.at("/data/0/id"));
    let page = browser.page(&path).await;
    assert!(page.holds("key.created, key.revoked") && page.holds("No deliveries") && !page.holds(&first), "{page}");

    let sent = browser.sent(&path, &format!("{path}/test"), "").await;
    assert!(sent.holds("webhook.test") && sent.holds("waiting"), "{sent}");
    let event =
        app.get(&format!("/api/v1{path}/deliveries")).person(&owner).send().await.expect(200).at("/data/0/event_id");
    let replayed = browser.sent(&path, &format!("{path}/deliveries/{event}/replay"), "").await;
    assert!(replayed.holds("sent again"), "{replayed}");
    assert!(browser.page(&format!("{path}?state=failed")).await.holds("No deliveries"));
    assert_eq!(browser.get(&format!("{path}?state=lost")).await.status(), 422);

    let paused = browser.sent(&path, &format!("{path}/pause"), "").await;
    assert!(paused.holds(">paused<") && paused.holds("Resume") && !paused.holds("Send a test event"), "{paused}");
    let resumed = browser.sent(&path, &format!("{path}/resume"), "").await;
    assert!(resumed.holds(">enabled<"), "{resumed}");
    let rotated = browser.send(&format!("{path}/rotate"), &format!("{path}/rotate"), "attempt=r").await.expect(201);
    let second = secret(&rotated);
    assert!(second.starts_with("whsec_") && second != first, "{rotated}");
    assert!(browser.page(&path).await.holds("the previous secret signs, too"));
    browser.page(&format!("{path}/delete")).await;
    let deleted = browser.sent(&path, &format!("{path}/delete"), "").await;
    assert!(deleted.holds("was deleted") && deleted.holds("No webhook endpoints yet"), "{deleted}");
}
