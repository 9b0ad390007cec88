//! `/organization`: the profile and the logo, with nothing but forms.

use freehold_core::Role;

use super::{Browser, field};
use crate::{
    api::profiles::png,
    harness::app::{Person, TestApp},
};

const PATH: &str = "/organization";

async fn logo(app: &TestApp, owner: &Person) -> String {
    let path = format!("/api/v1/organizations/{}", owner.organization);
    app.get(&path).person(owner).send().await.expect(200).at("/logo_url")
}

#[tokio::test]
async fn the_profile_is_saved_shown_and_checked() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let browser = Browser::of(&app, &owner).await;
    let fields = "name=Riverside&slug=riverside&website=https%3A%2F%2Friverside.example&contact_email=&locale=de-at";
    let page = browser.sent(PATH, PATH, &format!("{fields}&time_zone=Europe%2FVilnius")).await;
    for text in ["The profile was saved.", "value=\"riverside\"", "value=\"de-AT\"", "https://riverside.example/"] {
        assert!(page.holds(text), "{text}: {page}");
    }
    let refused = browser.send(PATH, PATH, &format!("{fields}&time_zone=%22Mars")).await.expect(422);
    assert!(refused.holds("time zone: expected UTC") && refused.holds("value=\"&#34;Mars\""), "{refused}");
    assert!(browser.page("/activity").await.holds("<a href=\"/organization\">settings of the organization</a>: slug"));
    let viewer = app.member(&owner, Role::Viewer).await;
    let page = Browser::of(&app, &viewer).await.page(PATH).await;
    assert!(page.holds("Europe/Vilnius") && !page.holds("<button class=\"button\""), "{page}");
}

#[tokio::test]
async fn a_logo_is_uploaded_and_shown_in_the_switcher() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let browser = Browser::of(&app, &owner).await;
    browser.send_file(PATH, "/organization/logo", &png(64, 64)).await.expect(303);
    let logo_url = logo(&app, &owner).await;
    let path = logo_url.strip_prefix("https://app.example.org").unwrap();
    let page = browser.page("/home").await;
    assert!(page.holds(&format!("<img class=\"org-logo\" src=\"{path}\" alt=\"\"")), "{page}");
    let refused = browser.send_file(PATH, "/organization/logo", b"<svg xmlns='x'/>").await.expect(422);
    assert!(refused.holds("an SVG is not accepted"), "{refused}");
    assert_eq!(logo(&app, &owner).await, logo_url, "a refused image replaces nothing");
    for token in ["", "00"] {
        browser.post_file("/organization/logo", token, &png(8, 8)).await.expect(403);
    }
    let viewer = app.member(&owner, Role::Viewer).await;
    let mut viewers = Browser::of(&app, &viewer).await;
    viewers.organization.clone_from(&owner.organization);
    let token = field(&viewers.page(PATH).await, "token");
    viewers.post_file("/organization/logo", &token, &png(8, 8)).await.expect(403);
    assert_eq!(logo(&app, &owner).await, logo_url);
    let page = browser.sent(PATH, "/organization/logo/remove", "").await;
    assert!(page.holds("The logo was removed.") && page.holds("There is no logo."), "{page}");
}
