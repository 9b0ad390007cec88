//! The deletion of users by themselves.

use freehold_app::erasure::Erased;
use freehold_core::Role;
use freehold_privacy::erasure::verify::Subject;
use freehold_tenancy::audit::audit_chain;
use serde_json::json;

use crate::{
    GRACE, account_delete, advance_days, complete, deletion,
    harness::app::{Person, TestApp},
    left, mails, run, subscribe, verify,
};

/// A member of the owner's organization with an organization of their own, who has done things in both.
async fn busy(app: &TestApp, owner: &Person) -> Person {
    let member = app.member(owner, Role::Admin).await;
    let invited = json!({ "email": "guest@example.com", "role": "viewer" });
    app.post("/api/v1/invitations").person(&member).json(&invited).send().await.expect(201);
    app.post("/api/v1/keys").person(&member).json(&json!({ "name": "a key" })).send().await.expect(201);
    // Another organization invites their address.
    let stranger = app.stranger().await;
    let invite = json!({ "email": member.email, "role": "viewer" });
    app.post("/api/v1/invitations").person(&stranger).json(&invite).send().await.expect(201);
    member
}

#[tokio::test]
async fn a_user_is_deleted_with_what_is_only_theirs() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let member = busy(&app, &owner).await;
    let places = "select tenant_id::text from freehold.members where user_id::text = $1 and tenant_id::text <> $2";
    let own = app.test.admin().await.query_one(places, &[&member.id, &owner.organization]).await.unwrap();
    let own: String = own.get(0);

    app.post("/api/v1/me/export").token(&member.token).send().await.expect(202);
    let requested = account_delete(&app, &member).await.expect(202);
    assert_eq!(requested.at("/status"), "pending");
    assert_eq!(mails(&app, "account_deletion").await, [member.email.as_str()]);
    advance_days(&app, GRACE);
    let erased = run(&app).await;
    assert_eq!((erased.users, erased.organizations), (1, 1), "with the organization that had no other member");
    app.sign_in(&member.email).await.refused(400, "invalid_credentials");
    complete(&app).await;
    // Personal data in the audit is in clear until its entries are chained, which a worker does every two seconds.
    audit_chain(&app.backbone.infra).await.unwrap();

    let user = member.id.parse().unwrap();
    let verified = verify(&app, Subject::User(user), &[&member.email]).await;
    assert_eq!(left(&verified), Vec::<String>::new());
    assert!(verified.erased_at.is_some());
    let kept: Vec<&str> = verified.traces.iter().map(|trace| trace.place.as_str()).collect();
    assert!(kept.contains(&"freehold.audit_entries.actor_id"), "{kept:?}");
    assert_eq!(left(&verify(&app, Subject::Tenant(own.parse().unwrap()), &[]).await), Vec::<String>::new());
    assert_eq!(app.count("select count(*) from freehold.exports").await, 0, "exports of their own data");
    // What they did for others stays, by an author without a name.
    let audit = app.get("/api/v1/audit?action=key.created").key(&owner.key).send().await.expect(200).json();
    assert!(audit["data"].as_array().unwrap().iter().any(|entry| entry["actor"]["id"] == member.id.as_str()));
    // The address can sign up again.
    app.sign_up(&member.email).await.expect(200);
}

#[tokio::test]
async fn a_deletion_of_an_account_can_be_cancelled() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    assert_eq!(app.get("/api/v1/me/deletion").token(&owner.token).send().await.expect(200).at("/status"), "none");
    let first = account_delete(&app, &owner).await.expect(202).at("/due_at");
    app.advance_seconds(60);
    assert_eq!(account_delete(&app, &owner).await.expect(202).at("/due_at"), first);
    app.delete("/api/v1/me/deletion").token(&owner.token).send().await.expect(204);
    app.delete("/api/v1/me/deletion").token(&owner.token).send().await.expect(204);
    advance_days(&app, GRACE + 1);
    assert_eq!(run(&app).await, Erased::default());
    app.sign_in(&owner.email).await.expect(200);
}

#[tokio::test]
async fn another_address_or_an_old_session_deletes_nothing() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let ask = |body: serde_json::Value| app.post("/api/v1/me/deletion").token(&owner.token).json(&body).send();
    ask(json!({ "email": "another@example.org" })).await.refused(422, "validation_failed");
    ask(json!({ "email": "" })).await.refused(422, "validation_failed");
    app.post("/api/v1/me/deletion").key(&owner.key).json(&json!({ "email": owner.email })).send().await.expect(401);
    let refresh = app.sign_in(&owner.email).await.expect(200).at("/refresh_token");
    app.clock().advance(jiff::SignedDuration::from_hours(25));
    let token = app.refresh(&refresh).await.expect(200).at("/access_token");
    let body = json!({ "email": owner.email });
    let old = app.post("/api/v1/me/deletion").token(&token).json(&body).send().await;
    old.refused(400, "reauthentication_needed");
    let wrong = json!({ "email": owner.email, "nonce": "000000" });
    let guess = app.post("/api/v1/me/deletion").token(&token).json(&wrong).send().await;
    guess.refused(422, "reauthentication_not_valid");
    assert_eq!(app.get("/api/v1/me/deletion").token(&token).send().await.expect(200).at("/status"), "none");
    let fresh = app.sign_in(&owner.email).await.expect(200).at("/access_token");
    app.post("/api/v1/me/deletion").token(&fresh).json(&body).send().await.expect(202);
}

#[tokio::test]
async fn an_only_owner_stays_until_another_member_owns_the_organization() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let member = app.member(&owner, Role::Member).await;
    let refused = account_delete(&app, &owner).await.refused(409, "conflict");
    assert!(refused.text().contains("only owner"), "{refused}");
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, member.id);
    app.patch(&path).person(&owner).json(&json!({ "role": "owner" })).send().await.expect(200);
    account_delete(&app, &owner).await.expect(202);
    // The other owner left meanwhile, and a member joined.
    app.delete(&path).person(&member).send().await.expect(204);
    app.member(&owner, Role::Viewer).await;
    advance_days(&app, GRACE);
    assert_eq!(run(&app).await.users, 0);
    let fresh = app.sign_in(&owner.email).await.expect(200).at("/access_token");
    let blocked = app.get("/api/v1/me/deletion").token(&fresh).send().await.expect(200);
    assert_eq!(blocked.at("/status"), "blocked");
    assert!(blocked.at("/problem").contains("only owner"));
    // Deleting the organization is the other way out.
    let slug = app.get("/api/v1/organizations").token(&fresh).send().await.expect(200).at("/data/0/slug");
    app.post(&deletion(&owner)).token(&fresh).json(&json!({ "slug": slug })).send().await.expect(202);
    advance_days(&app, GRACE);
    let erased = run(&app).await;
    assert_eq!((erased.users, erased.organizations), (0, 1));
    assert_eq!(run(&app).await.users, 1);
}

#[tokio::test]
async fn a_subscription_that_renews_keeps_the_account_of_its_only_member() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    subscribe(&app, &owner).await;
    let refused = account_delete(&app, &owner).await.refused(409, "conflict");
    assert!(refused.text().contains("subscription"), "{refused}");
}

#[tokio::test]
async fn deleting_a_user_as_an_administrator_works_as_before() {
    use crate::harness::administrator::AsAdministrator;
    let app = TestApp::new().await;
    let owner = app.owner().await;
    account_delete(&app, &owner).await.expect(202);
    app.delete(&format!("/auth/v1/admin/users/{}", owner.id)).by(&app).await.expect(200);
    assert_eq!(app.count("select count(*) from freehold.user_deletions").await, 0);
    assert_eq!(app.count("select count(*) from freehold.tenants").await, 1, "it is kept without members");
}
