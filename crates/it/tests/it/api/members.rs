//! The members of an organization, and what each may do to the others.

use freehold_core::Role;
use serde_json::json;

use crate::harness::app::{Answer, Person, TestApp};

async fn change(app: &TestApp, by: &Person, whom: &Person, role: &str) -> Answer {
    let path = format!("/api/v1/organizations/{}/members/{}", by.organization, whom.id);
    app.patch(&path).person(by).json(&json!({ "role": role })).send().await
}

async fn remove(app: &TestApp, by: &Person, whom: &Person) -> Answer {
    app.delete(&format!("/api/v1/organizations/{}/members/{}", by.organization, whom.id)).person(by).send().await
}

#[tokio::test]
async fn every_member_sees_the_members() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let viewer = app.member(&owner, Role::Viewer).await;
    let list = app.get(&format!("/api/v1/organizations/{}/members", owner.organization)).person(&viewer);
    let list = list.send().await.expect(200).json();
    let roles: Vec<_> = list["data"].as_array().unwrap().iter().map(|one| (&one["user_id"], &one["role"])).collect();
    assert_eq!(roles.len(), 2);
    assert!(
        roles.contains(&(&json!(owner.id), &json!("owner"))) && roles.contains(&(&json!(viewer.id), &json!("viewer")))
    );
}

#[tokio::test]
async fn no_member_grants_more_than_their_own_role() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let (admin, member) = (app.member(&owner, Role::Admin).await, app.member(&owner, Role::Member).await);
    change(&app, &admin, &member, "owner").await.refused(403, "permission_denied");
    change(&app, &admin, &admin, "owner").await.refused(403, "permission_denied");
    change(&app, &admin, &owner, "member").await.refused(403, "permission_denied");
    remove(&app, &admin, &owner).await.refused(403, "permission_denied");
    change(&app, &member, &member, "admin").await.refused(403, "permission_denied");
    remove(&app, &member, &admin).await.refused(403, "permission_denied");
    assert_eq!(change(&app, &admin, &member, "admin").await.expect(200).at("/role"), "admin");
    // An administrator's key has the administrator's rights.
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, member.id);
    let key = app.post("/api/v1/keys").person(&admin).json(&json!({ "name": "k" })).send().await.expect(201).at("/key");
    app.patch(&path).key(&key).json(&json!({ "role": "owner" })).send().await.refused(403, "permission_denied");
    app.patch(&path).key(&key).json(&json!({ "role": "viewer" })).send().await.expect(200);
}

#[tokio::test]
async fn the_last_owner_stays_one() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let admin = app.member(&owner, Role::Admin).await;
    change(&app, &owner, &owner, "admin").await.refused(409, "conflict");
    remove(&app, &owner, &owner).await.refused(409, "conflict");
    change(&app, &owner, &admin, "owner").await.expect(200);
    change(&app, &owner, &owner, "viewer").await.expect(200);
    change(&app, &owner, &owner, "owner").await.refused(403, "permission_denied");
    remove(&app, &admin, &admin).await.refused(409, "conflict");
}

#[tokio::test]
async fn owners_who_leave_or_demote_each_other_at_once_leave_one() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let other = app.member(&owner, Role::Owner).await;
    let owners =
        format!("select count(*) from freehold.members where tenant_id = '{}' and role = 'owner'", owner.organization);
    // Repeated, so that a race that is lost only sometimes shows up.
    for _ in 0..10 {
        let (one, two) = tokio::join!(remove(&app, &owner, &owner), remove(&app, &other, &other));
        let mut statuses = [one.status(), two.status()];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409], "{one} {two}");
        assert_eq!(app.count(&owners).await, 1);
        app.join(if one.status() == 204 { &owner } else { &other }, Role::Owner).await;
        let (one, two) = tokio::join!(change(&app, &owner, &other, "admin"), change(&app, &other, &owner, "admin"));
        assert!([one.status(), two.status()].contains(&200), "{one} {two}");
        assert_eq!(app.count(&owners).await, 1, "{one} {two}");
        let (left, lost) = if one.status() == 200 { (&owner, &other) } else { (&other, &owner) };
        change(&app, left, lost, "owner").await.expect(200);
    }
}

#[tokio::test]
async fn every_member_may_leave_and_loses_access_at_once() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    for role in [Role::Viewer, Role::Member, Role::Admin] {
        let person = app.member(&owner, role).await;
        app.get("/api/v1/workflows").person(&person).send().await.expect(200);
        remove(&app, &person, &person).await.expect(204);
        app.get("/api/v1/workflows").person(&person).send().await.refused(404, "not_found");
        app.get("/api/v1/workflows").token(&person.token).send().await.expect(200);
        remove(&app, &owner, &person).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn the_roles_allow_what_the_table_says() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    super::on_plan(&app, &owner, "pro").await;
    for (role, builds, administers) in [
        (Role::Viewer, false, false),
        (Role::Member, true, false),
        (Role::Admin, true, true),
        (Role::Owner, true, true),
    ] {
        let person = app.member(&owner, role).await;
        let status = |allowed: bool, status: u16| if allowed { status } else { 403 };
        let workflow =
            app.post("/api/v1/workflows").person(&person).json(&json!({ "template": "appointment_reminder" }));
        workflow.send().await.expect(status(builds, 201));
        let key = app.post("/api/v1/keys").person(&person).json(&json!({ "name": "k" }));
        key.send().await.expect(status(administers, 201));
        let rename = app.patch(&format!("/api/v1/organizations/{}", owner.organization)).person(&person);
        rename.json(&json!({ "name": role.name() })).send().await.expect(status(administers, 200));
        app.get("/api/v1/usage").person(&person).send().await.expect(200);
    }
}

#[tokio::test]
async fn a_role_that_is_none_is_told() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let admin = app.member(&owner, Role::Admin).await;
    for role in ["Owner", "root", ""] {
        let refused = change(&app, &owner, &admin, role).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), "/role");
    }
}

async fn transfer(app: &TestApp, by: &Person, to: &Person) -> Answer {
    let path = format!("/api/v1/organizations/{}/transfer", by.organization);
    app.post(&path).person(by).json(&json!({ "user_id": to.id })).send().await
}

#[tokio::test]
async fn an_owner_transfers_the_organization_and_both_get_a_mail() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let member = app.member(&owner, Role::Member).await;
    let path = format!("/api/v1/organizations/{}/transfer", owner.organization);
    let body = json!({ "user_id": member.id });
    app.post(&path).key(&owner.key).json(&body).send().await.refused(403, "permission_denied");
    transfer(&app, &member, &member).await.refused(403, "permission_denied");
    transfer(&app, &owner, &owner).await.refused(422, "validation_failed");
    let stranger = app.stranger().await;
    transfer(&app, &owner, &stranger).await.refused(404, "not_found");

    let transferred = transfer(&app, &owner, &member).await.expect(200);
    assert_eq!((transferred.at("/user_id"), transferred.at("/role")), (member.id.clone(), "owner".to_owned()));
    transfer(&app, &owner, &member).await.refused(403, "permission_denied");
    for person in [&owner, &member] {
        let text = app.mails(&person.email).await[0].mail.content().text.clone();
        assert!(text.subject.starts_with("Ownership of"), "{}: {text:?}", person.email);
        assert!(text.paragraphs[0].contains(if person.id == owner.id { &member.email } else { &owner.email }));
    }
    let entries = app.get("/api/v1/audit?action=member.*").person(&member).send().await.expect(200).json();
    let changes: Vec<_> =
        entries["data"].as_array().unwrap().iter().map(|one| (&one["subject"], &one["after"])).collect();
    assert_eq!(
        changes,
        [(&json!(owner.id), &json!({ "role": "admin" })), (&json!(member.id), &json!({ "role": "owner" }))]
    );
    // The former owner's key is an administrator's now.
    app.get("/api/v1/keys").key(&owner.key).send().await.expect(200);
    remove(&app, &member, &owner).await.expect(204);
}

#[tokio::test]
async fn transfers_and_departures_at_once_leave_one_owner() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let (one, two) = (app.member(&owner, Role::Admin).await, app.member(&owner, Role::Member).await);
    let owners =
        format!("select count(*) from freehold.members where tenant_id = '{}' and role = 'owner'", owner.organization);
    let leave = format!("/api/v1/organizations/{}/leave", owner.organization);
    for _ in 0..5 {
        let (first, second, left) = tokio::join!(
            transfer(&app, &owner, &one),
            transfer(&app, &owner, &two),
            app.post(&leave).token(&owner.token).send()
        );
        let succeeded = [&first, &second].into_iter().filter(|answer| answer.status() == 200).count();
        assert!(succeeded == 1 || (succeeded == 0 && left.status() == 409), "{first} {second} {left}");
        assert_eq!(app.count(&owners).await, 1, "{first} {second} {left}");
        let new = if first.status() == 200 { &one } else { &two };
        if left.status() == 204 {
            app.join(&owner, Role::Admin).await;
        }
        if succeeded == 1 {
            transfer(&app, new, &owner).await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_member_leaves_and_the_last_owner_cannot() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let member = app.member(&owner, Role::Viewer).await;
    let leave =
        |person: &Person| app.post(&format!("/api/v1/organizations/{}/leave", owner.organization)).token(&person.token);
    let refused = leave(&owner).send().await.refused(409, "conflict");
    assert!(refused.holds("Make another member an owner first"), "{refused}");
    leave(&member).send().await.expect(204);
    leave(&member).send().await.refused(404, "not_found");
    let post = app.post(&format!("/api/v1/organizations/{}/leave", owner.organization));
    post.key(&owner.key).send().await.refused(401, "unauthenticated");
    app.get("/api/v1/workflows").person(&member).send().await.refused(404, "not_found");
}
