//! Every operation, called with the key of a member who was removed, banned or demoted.

use freehold_core::Role;
use serde_json::json;

use super::{ADMINISTRATORS, About, Operation, Things, differs, refuse, world};
use crate::harness::app::{Person, TestApp};

/// A key that a member with this role created, and the member.
async fn made_by(app: &TestApp, owner: &Person, role: Role) -> (Person, String) {
    let maker = app.member(owner, role).await;
    let made = app.post("/api/v1/keys").person(&maker).json(&json!({ "name": "left behind" })).send().await.expect(201);
    (maker, made.at("/key"))
}

/// Calls all operations with a key that does not work.
async fn walk_as_nobody(app: &TestApp, things: &Things, operations: &[Operation], key: &str) -> Vec<String> {
    let mut broken = Vec::new();
    for operation in operations.iter().filter(|operation| operation.about != About::Public) {
        let answer = operation.ask(app, things).key(key).send().await;
        let code = if operation.is_auth() { "no_authorization" } else { "unauthenticated" };
        broken.extend(differs(operation, &answer, 401, code));
    }
    broken
}

#[tokio::test]
async fn a_key_of_a_member_who_was_removed_opens_nothing() {
    let (app, owner, things, operations) = world().await;
    let (maker, key) = made_by(&app, &owner, Role::Admin).await;
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, maker.id);
    app.delete(&path).person(&owner).send().await.expect(204);
    let broken = walk_as_nobody(&app, &things, &operations, &key).await;
    refuse("A key of a member who was removed is no credential:", &broken);
}

#[tokio::test]
async fn a_key_of_a_member_who_is_banned_opens_nothing() {
    let (app, owner, things, operations) = world().await;
    let (maker, key) = made_by(&app, &owner, Role::Admin).await;
    let ban = format!("update auth.users set banned_until = timestamptz '2099-01-01' where id = '{}'", maker.id);
    app.test.admin().await.batch_execute(&ban).await.unwrap();
    app.backbone.resolver.forget();
    let broken = walk_as_nobody(&app, &things, &operations, &key).await;
    refuse("A key of a banned user is no credential:", &broken);
}

#[tokio::test]
async fn a_key_of_a_member_who_was_demoted_does_what_the_member_may() {
    let (app, owner, things, operations) = world().await;
    let (maker, key) = made_by(&app, &owner, Role::Admin).await;
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, maker.id);
    app.patch(&path).person(&owner).json(&json!({ "role": "viewer" })).send().await.expect(200);
    let mut broken = Vec::new();
    for operation in operations.iter().filter(|operation| operation.about == About::Tenant) {
        let answer = operation.ask(&app, &things).key(&key).send().await;
        let is_in = |area: &&str| operation.path.starts_with(&format!("/api/v1/{area}"));
        if !operation.reads() || ADMINISTRATORS.iter().any(is_in) {
            broken.extend(differs(operation, &answer, 403, "permission_denied"));
        } else if answer.status() != 200 {
            broken.push(format!("{}: {answer}", operation.name));
        }
    }
    refuse("A key reads and does not write once the member who created it may do no more:", &broken);
}
