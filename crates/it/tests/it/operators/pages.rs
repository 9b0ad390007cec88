//! The pages that an operator sees in an organization.

use super::{admin, impersonation::session, support};
use crate::harness::app::TestApp;

async fn enter(app: &TestApp, token: &str) -> String {
    let entered = app.post("/impersonation").browser().form(&format!("session={token}")).send().await.expect(303);
    assert_eq!(entered.header("location"), "/home");
    let cookie = entered.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    entered.cookies()
}

fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn every_page_of_the_organization_has_a_banner_and_the_operator_leaves_by_it() {
    let app = TestApp::with(crate::voice()).await;
    let (help, owner) = (support(&app).await, app.owner().await);
    let cookies = enter(&app, &session(&app, &help, &owner, false).await).await;
    let get = |path: &str| app.get(path).browser().header("cookie", &cookies);
    for path in ["/home", "/members", "/keys", "/webhooks", "/billing", "/workflows", "/docs", "/plans"] {
        let page = get(path).send().await;
        if path == "/workflows" && page.status() == 404 {
            continue;
        }
        let page = page.expect(200);
        assert!(page.text().contains("Operator's session") || page.text().contains("Operator&#39;s session"), "{path}");
        assert!(page.text().contains(&owner.email), "{path} says as whom");
    }
    let home = get("/home").send().await.expect(200);
    let form = format!("token={}&organization={}", hidden(home.text(), "token"), owner.organization);
    let left = app.post("/impersonation/end").browser().header("cookie", &cookies).form(&form).send().await;
    assert_eq!(left.expect(303).header("location"), "/impersonation");
    let after = get("/home").send().await.expect(303);
    assert!(after.header("location").starts_with("/sign-in"), "{after}");
}

#[tokio::test]
async fn what_is_the_users_own_is_closed_to_operators() {
    let app = TestApp::with(crate::voice()).await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    let cookies = enter(&app, &session(&app, &root, &owner, true).await).await;
    let account = app.get("/account").browser().header("cookie", &cookies).send().await.expect(403);
    assert!(account.text().contains("Operators do not see"), "{account}");
    let home = app.get("/home").browser().header("cookie", &cookies).send().await.expect(200);
    assert!(!home.text().contains("href=\"/account\""), "no link to it");
    let common = format!("token={}&organization={}", hidden(home.text(), "token"), owner.organization);
    for (path, fields) in [
        ("/sign-out", ""),
        ("/theme", "&to=dark"),
        ("/keys/new", "&name=door"),
        ("/members/invitations", "&email=eve@example.net&role=viewer"),
    ] {
        let form = format!("{common}{fields}");
        let answer = app.post(path).browser().header("cookie", &cookies).form(&form).send().await;
        assert!([403, 404, 405, 422].contains(&answer.status()) || refused(&app, &answer), "{path}: {answer}");
    }
    let outsiders = "select (select count(*) from freehold.invitations) + (select count(*) from freehold.api_keys)";
    assert_eq!(app.count(outsiders).await, 1, "only the owner's own key");
}

/// Whether the answer leads back to a page with a message of refusal.
fn refused(_: &TestApp, answer: &crate::harness::app::Answer) -> bool {
    answer.status() == 303 && answer.cookies().contains("bad")
}

#[tokio::test]
async fn a_token_that_is_none_opens_no_page() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    for token in ["", "fhi_", owner.token.as_str()] {
        let answer = app.post("/impersonation").browser().form(&format!("session={token}")).send().await.expect(422);
        assert_eq!(answer.header("set-cookie"), "");
    }
    let page = app.get("/home").browser().header("cookie", "freehold_operator=fhi_AAAA").send().await.expect(303);
    assert!(page.header("location").starts_with("/sign-in"));
}
