//! Deleting users.

use freehold_core::Role;
use serde_json::json;

use super::{ADA, AsAdministrator, PEOPLE, at};
use crate::harness::app::{Answer, PASSWORD, TestApp};

async fn signed_up(app: &TestApp) -> (Answer, Answer) {
    let session = app.sign_up(ADA).await.expect(200);
    let person = app.get("/auth/v1/user").token(&session.at("/access_token")).send().await.expect(200);
    (session, person)
}

#[tokio::test]
async fn a_deleted_user_is_gone_with_all_their_rows() {
    let app = TestApp::new().await;
    let (session, person) = signed_up(&app).await;
    let deleted = app.delete(&at(&person)).by(&app).await.expect(200);
    assert_eq!(deleted.json(), json!({}));
    app.get(&at(&person)).by(&app).await.refused(404, "user_not_found");
    app.get("/auth/v1/user").token(&session.at("/access_token")).send().await.expect(403);
    app.get("/api/v1/me").token(&session.at("/access_token")).send().await.expect(401);
    app.refresh(&session.at("/refresh_token")).await.refused(400, "refresh_token_not_found");
    app.sign_in(ADA).await.refused(400, "invalid_credentials");
    for table in ["auth.users", "auth.identities", "auth.sessions", "auth.one_time_tokens", "freehold.members"] {
        assert_eq!(app.count(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
    // The user's organization is kept without members, and says why.
    assert_eq!(app.count("select count(*) from freehold.tenants").await, 1);
    let told = "select count(*) from freehold.audit_entries where action = 'member.removed' and actor_kind = 'system'";
    assert_eq!(app.count(told).await, 1);
    // The address may sign up again.
    app.sign_up(ADA).await.expect(200);
}

#[tokio::test]
async fn who_is_deleted_softly_leaves_a_row_that_tells_nothing() {
    let app = TestApp::new().await;
    let (session, person) = signed_up(&app).await;
    let body = json!({ "should_soft_delete": true });
    app.delete(&at(&person)).json(&body).by(&app).await.expect(200);
    let gone = app.get(&at(&person)).by(&app).await.expect(200);
    assert_eq!(gone.at("/deleted_at"), "2026-03-15T12:00:00Z");
    assert_eq!((gone.json()["user_metadata"].clone(), gone.json()["app_metadata"].clone()), (json!({}), json!({})));
    assert_eq!(gone.at("/email").len(), 43);
    assert!(!gone.holds(ADA), "{gone}");
    app.get("/auth/v1/user").token(&session.at("/access_token")).send().await.expect(403);
    app.refresh(&session.at("/refresh_token")).await.refused(400, "refresh_token_not_found");
    app.sign_in(ADA).await.refused(400, "invalid_credentials");
    // Deleting again changes nothing.
    app.delete(&at(&person)).json(&body).by(&app).await.expect(200);
    assert_eq!(app.get(&at(&person)).by(&app).await.expect(200).json(), gone.json());
    let again = app.sign_up(ADA).await.expect(200);
    assert_ne!(again.at("/user/id"), person.at("/id"));
    let passwords = "select count(*) from auth.users where encrypted_password is not null";
    assert_eq!(app.count(passwords).await, 1);
}

#[tokio::test]
async fn the_only_owner_of_an_organization_with_members_cannot_be_deleted() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let member = app.member(&owner, Role::Member).await;
    let path = format!("{PEOPLE}/{}", owner.id);
    let members = format!("/api/v1/organizations/{}/members", owner.organization);
    let refused = app.delete(&path).by(&app).await.refused(409, "conflict");
    assert!(refused.at("/msg").contains("Make one of them an owner first"), "{refused}");
    app.get(&path).by(&app).await.expect(200);
    app.get(&members).person(&owner).send().await.expect(200);
    let role = json!({ "role": "owner" });
    app.patch(&format!("{members}/{}", member.id)).person(&owner).json(&role).send().await.expect(200);
    app.delete(&path).by(&app).await.expect(200);
    let left = app.get(&members).person(&member).send().await.expect(200);
    assert_eq!(left.json()["data"].as_array().unwrap().len(), 1);
    // The last owner still cannot leave the organization without an owner.
    app.delete(&format!("{members}/{}", member.id)).person(&member).send().await.refused(409, "conflict");
    app.delete(&format!("{PEOPLE}/{}", member.id)).by(&app).await.expect(200);
}

#[tokio::test]
async fn an_invalid_body_deletes_no_user() {
    let app = TestApp::new().await;
    let (_, person) = signed_up(&app).await;
    for body in ["{", "[true]", "{\"should_soft_delete\": 7}"] {
        let ask = app.delete(&at(&person)).header("content-type", "application/json").bytes(body);
        assert_eq!(ask.by(&app).await.status(), 400, "{body}");
    }
    app.sign_in(ADA).await.expect(200);
    let null = json!({ "should_soft_delete": null });
    app.delete(&at(&person)).json(&null).by(&app).await.expect(200);
    let body = json!({ "email": ADA, "password": PASSWORD });
    app.post("/auth/v1/token?grant_type=password").json(&body).send().await.refused(400, "invalid_credentials");
}
