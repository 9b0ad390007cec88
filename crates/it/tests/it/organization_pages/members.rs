//! Members and invitations by form.

use freehold_core::Role;
use serde_json::json;

use super::Browser;
use crate::harness::app::TestApp;

#[tokio::test]
async fn an_owner_invites_resends_and_withdraws() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let browser = Browser::of(&app, &owner).await;
    let done = browser.sent("/members", "/members/invitations", "email=bea%40example.org&role=admin&attempt=a").await;
    assert!(done.holds("bea@example.org") && done.holds("Withdraw") && done.holds(&owner.email), "{done}");
    assert_eq!(app.mails("bea@example.org").await.len(), 1);
    // The same form again invites once.
    browser.sent("/members", "/members/invitations", "email=bea%40example.org&role=admin&attempt=a").await;
    let twice = browser.send("/members", "/members/invitations", "email=bea%40example.org&role=admin&attempt=b").await;
    assert!(twice.status() == 409 && twice.holds("open invitation already"), "{twice}");
    assert_eq!(app.count("select count(*) from freehold.invitations").await, 1);
    let wrong =
        browser.send("/members", "/members/invitations", "email=nobody&role=member&attempt=c").await.expect(422);
    assert!(wrong.holds("value=\"nobody\""), "{wrong}");

    let list = app.get("/api/v1/invitations").person(&owner).send().await.expect(200);
    let id = list.at("/data/0/id");
    app.advance_seconds(120);
    let done = browser.sent("/members", &format!("/members/invitations/{id}/resend"), "").await;
    assert!(done.holds("again"), "{done}");
    assert_eq!(app.mails("bea@example.org").await.len(), 2);
    browser.page(&format!("/members/invitations/{id}/revoke")).await;
    let done = browser.sent("/members", &format!("/members/invitations/{id}/revoke"), "").await;
    assert!(done.holds("was withdrawn") && !done.holds("Resend"), "{done}");
}

#[tokio::test]
async fn roles_change_members_are_removed_and_leave() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let member = app.member(&owner, Role::Member).await;
    let browser = Browser::of(&app, &owner).await;
    let role = format!("/members/{}/role", member.id);
    let done = browser.sent("/members", &role, "role=viewer").await;
    assert!(done.holds("The role is now viewer") && done.holds(&member.email), "{done}");
    let refused = browser.sent("/members", &format!("/members/{}/role", owner.id), "role=viewer").await;
    assert!(refused.holds("needs an owner"), "{refused}");
    let asked = browser.page(&format!("/members/{}/remove", member.id)).await;
    assert!(asked.holds(&format!("Remove {}?", member.email)), "{asked}");
    browser.sent("/members", &format!("/members/{}/remove", member.id), "").await;
    assert_eq!(app.count("select count(*) from freehold.members where role = 'viewer'").await, 0);

    let other = app.member(&owner, Role::Viewer).await;
    let theirs = Browser::of(&app, &other).await;
    let page = theirs.page("/members").await;
    assert!(page.holds("Leave") && !page.holds("Remove") && !page.holds("Invite a colleague"), "{page}");
    let gone = theirs.send("/members", &format!("/members/{}/remove", other.id), "").await.expect(303);
    assert_eq!(gone.header("location"), "/home");
    assert_eq!(theirs.get("/members").await.status(), 404);
}

#[tokio::test]
async fn an_owner_gives_a_custom_role_and_transfers_the_organization() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let member = app.member(&owner, Role::Member).await;
    let body =
        json!({ "name": "Reception", "description": "Plans calls", "permissions": ["campaigns", "workflows:read"] });
    let id = app.post("/api/v1/roles").person(&owner).json(&body).send().await.expect(201).at("/id");
    let browser = Browser::of(&app, &owner).await;
    let page = browser.page("/members").await;
    assert!(page.holds("Plans calls") && page.holds("campaigns, workflows:read"), "{page}");
    let done = browser.sent("/members", &format!("/members/{}/role", member.id), &format!("role={id}")).await;
    assert!(done.holds("The role is now Reception") && done.holds(&format!("value=\"{id}\" selected")), "{done}");
    let wrong = browser.sent("/members", &format!("/members/{}/role", member.id), "role=nothing").await;
    assert!(wrong.holds("choose a role of the list"), "{wrong}");
    let invite = format!("email=bea%40example.org&role={id}&attempt=a");
    let done = browser.sent("/members", "/members/invitations", &invite).await;
    assert!(done.holds("bea@example.org") && done.holds("Withdraw"), "{done}");
    // A member who may not see the members is told so, and one who is no owner cannot transfer.
    let theirs = Browser::of(&app, &member).await;
    assert_eq!(theirs.get("/members").await.status(), 403);

    let path = format!("/members/{}/transfer", member.id);
    let asked = browser.page(&path).await;
    assert!(asked.holds(&format!("to {}?", member.email)), "{asked}");
    let done = browser.sent("/members", &path, "").await;
    assert!(done.holds("You are an admin now"), "{done}");
    assert!(!browser.page("/members").await.holds("Transfer ownership"));
    assert!(theirs.page("/members").await.holds("Transfer ownership"));
}

#[tokio::test]
async fn an_owner_creates_changes_and_deletes_a_role() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let browser = Browser::of(&app, &owner).await;
    let new = "/members/roles/new";
    let wrong = browser.send(new, new, "name=Reception&attempt=a").await.expect(422);
    assert!(wrong.holds("value=\"Reception\"") && wrong.holds("at least one permission"), "{wrong}");
    let fields =
        "name=Reception&description=Plans+calls&permission=campaigns%3Aread&permission=campaigns%3Awrite&attempt=a";
    for _ in 0..2 {
        // The same form again creates one role.
        let done = browser.sent(new, new, fields).await;
        assert!(done.holds("campaigns:read, campaigns:write") && done.holds("Plans calls"), "{done}");
    }
    assert_eq!(app.count("select count(*) from freehold.roles").await, 1);
    let id = app.get("/api/v1/roles").person(&owner).send().await.expect(200).at("/data/0/id");
    let edit = format!("/members/roles/{id}");
    let page = browser.page(&edit).await;
    assert!(page.holds("value=\"campaigns:write\" checked") && !page.holds("value=\"files:read\" checked"), "{page}");
    let done = browser.sent(&edit, &edit, "name=Desk&description=&permission=files%3Aread").await;
    assert!(done.holds("The role Desk was changed") && done.holds("files:read"), "{done}");
    let delete = format!("{edit}/delete");
    assert!(browser.page(&delete).await.holds("Delete the role “Desk”?"));
    let done = browser.sent("/members", &delete, "").await;
    assert!(done.holds("The role was deleted") && done.holds("There are none"), "{done}");

    // A member offers only what they have, and cannot change a role that has more.
    let wide = json!({ "name": "Wide", "permissions": ["files", "billing:read"] });
    let wide = app.post("/api/v1/roles").person(&owner).json(&wide).send().await.expect(201).at("/id");
    let member = app.member_with(&owner, "lead", &["members", "files:read"]).await;
    let theirs = Browser::of(&app, &member).await;
    let page = theirs.page(new).await;
    assert!(page.holds("files:read") && !page.holds("files:write") && !page.holds("billing:read"), "{page}");
    let list = theirs.page("/members").await;
    assert!(!list.holds(&format!("/members/roles/{wide}")), "{list}");
    let edit = format!("/members/roles/{wide}");
    theirs.send(new, &edit, "name=Wide&description=&permission=files%3Aread").await.expect(403);
}
