//! Custom roles: what their members may do, and what derives from it.

use freehold_core::Role;
use serde_json::json;

use super::{By, change_role, key_create, key_of, member_path};
use crate::harness::app::{Answer, Ask, Person, Served, TestApp};

const EVE: &str = "eve@example.org";

/// An owner on a plan with seats, a member with a custom role of these permissions, and the role.
async fn scene(permissions: &[&str]) -> (TestApp, Person, Person, String) {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    app.put_on_plan(&owner, "enterprise", 1).await;
    app.backbone.resolver.forget();
    let member = app.member_with(&owner, "reception", permissions).await;
    let role = app.get("/api/v1/roles").person(&owner).send().await.expect(200).at("/data/0/id");
    (app, owner, member, role)
}

fn workflow(app: &Served) -> Ask {
    app.post("/api/v1/workflows").json(&json!({ "template": "appointment_reminder" }))
}

/// Creates a role as this caller.
async fn create(app: &Served, by: By<'_>, name: &str, permissions: &[&str]) -> Answer {
    let body = json!({ "name": name, "permissions": permissions });
    by.ask(app.post("/api/v1/roles")).json(&body).send().await
}

/// Replaces the permissions of a role as this caller.
async fn permit(app: &Served, by: By<'_>, role: &str, permissions: &[&str]) -> Answer {
    by.ask(app.patch(&format!("/api/v1/roles/{role}"))).json(&json!({ "permissions": permissions })).send().await
}

async fn accept(app: &TestApp, who: &Person, token: &str) -> Answer {
    app.post("/api/v1/invitations/accept").token(&who.token).json(&json!({ "token": token })).send().await
}

#[tokio::test]
async fn a_member_with_a_custom_role_does_what_it_includes_and_nothing_else() {
    let (app, owner, member, role) = scene(&["workflows", "campaigns:read"]).await;
    workflow(&app).person(&member).send().await.expect(201);
    app.get("/api/v1/campaigns").person(&member).send().await.expect(200);
    let refused = app.get("/api/v1/files").person(&member).send().await.refused(403, "permission_denied");
    assert!(refused.holds("Your role in the organization does not include files:read"), "{refused}");
    app.get("/api/v1/keys").person(&member).send().await.refused(403, "permission_denied");
    let me = app.get("/api/v1/me").token(&member.token).send().await.expect(200).json();
    let here = me["organizations"].as_array().unwrap().iter().find(|each| each["id"] == *owner.organization).unwrap();
    assert_eq!(here["role"], "member");
    let custom = json!({ "id": role, "name": "reception", "permissions": ["workflows", "campaigns:read"] });
    assert_eq!(here["custom_role"], custom);
    let list = app.get(&format!("/api/v1/organizations/{}/members", owner.organization)).person(&owner);
    assert!(list.send().await.expect(200).holds("reception"));
    // A built-in role replaces it.
    change_role(&app, &owner, &member, Role::Viewer).await;
    app.get("/api/v1/files").person(&member).send().await.expect(200);
    workflow(&app).person(&member).send().await.refused(403, "permission_denied");
}

#[tokio::test]
async fn no_member_makes_or_gives_a_role_with_more_than_they_may_do() {
    let (app, owner, member, role) = scene(&["members", "workflows:read"]).await;
    let other = app.member(&owner, Role::Viewer).await;
    let admin = app.member(&owner, Role::Admin).await;
    let by = By::Person(&member);
    create(&app, by, "callers", &["campaigns:read"]).await.refused(403, "permission_denied");
    create(&app, by, "writers", &["workflows"]).await.refused(403, "permission_denied");
    create(&app, by, "readers", &["workflows:read"]).await.expect(201);
    let wide = create(&app, By::Person(&owner), "wide", &["workflows", "billing"]).await.expect(201).at("/id");
    permit(&app, by, &wide, &["workflows:read"]).await.refused(403, "permission_denied");
    permit(&app, by, &role, &["members", "workflows"]).await.refused(403, "permission_denied");
    app.delete(&format!("/api/v1/roles/{wide}")).person(&member).send().await.refused(403, "permission_denied");
    for body in [json!({ "role_id": wide }), json!({ "role": "member" }), json!({ "role": "admin" })] {
        for whom in [&other, &member] {
            let path = member_path(&owner, whom);
            app.patch(&path).person(&member).json(&body).send().await.refused(403, "permission_denied");
        }
        let mut invite = body.clone();
        invite["email"] = json!(EVE);
        app.post("/api/v1/invitations").person(&member).json(&invite).send().await.refused(403, "permission_denied");
    }
    // Removing an administrator would suspend their keys.
    app.delete(&member_path(&owner, &admin)).person(&member).send().await.refused(403, "permission_denied");
    let path = member_path(&owner, &other);
    app.patch(&path).person(&member).json(&json!({ "role_id": role })).send().await.expect(200);
    app.delete(&path).person(&member).send().await.expect(204);
    // A key of the owner whose scopes are narrower than the role, and a role of another organization.
    let scopes = json!({ "name": "k", "scopes": ["members", "workflows:read"] });
    let (key, _) = key_of(key_create(&app, By::Person(&owner), &scopes).await);
    permit(&app, By::Key(&key), &wide, &["workflows:read"]).await.refused(403, "permission_denied");
    let stranger = app.stranger().await;
    let theirs = create(&app, By::Person(&stranger), "theirs", &["workflows"]).await.expect(201).at("/id");
    let body = json!({ "role_id": theirs });
    app.patch(&member_path(&owner, &member)).person(&owner).json(&body).send().await.refused(404, "not_found");
}

#[tokio::test]
async fn a_change_of_a_role_narrows_its_members_and_their_keys_at_once() {
    let (app, owner, member, role) = scene(&["workflows", "keys"]).await;
    let by = By::Person(&member);
    key_create(&app, by, &json!({ "name": "k", "scopes": ["files"] })).await.refused(403, "permission_denied");
    let made = key_create(&app, by, &json!({ "name": "everything" })).await.expect(201);
    assert_eq!(made.json()["scopes"], json!(["workflows", "keys"]));
    let (key, _) = key_of(made);
    let (child, _) = key_of(key_create(&app, By::Key(&key), &json!({ "name": "c", "scopes": ["workflows"] })).await);
    for key in [&key, &child] {
        workflow(&app).key(key).send().await.expect(201);
    }
    permit(&app, By::Person(&owner), &role, &["workflows:read", "keys"]).await.expect(200);
    workflow(&app).person(&member).send().await.refused(403, "permission_denied");
    for key in [&key, &child] {
        workflow(&app).key(key).send().await.refused(403, "permission_denied");
        app.get("/api/v1/workflows").key(key).send().await.expect(200);
    }
    // A wider role gives no key more than it had.
    permit(&app, By::Person(&owner), &role, &["workflows", "keys", "files"]).await.expect(200);
    app.get("/api/v1/files").person(&member).send().await.expect(200);
    app.get("/api/v1/files").key(&key).send().await.refused(403, "permission_denied");
    workflow(&app).key(&child).send().await.expect(201);
}

#[tokio::test]
async fn a_key_from_before_a_custom_role_is_narrowed_to_it() {
    let (app, owner, _, role) = scene(&["workflows:read"]).await;
    let admin = app.member(&owner, Role::Admin).await;
    let (key, _) = key_of(key_create(&app, By::Person(&admin), &json!({ "name": "everything" })).await);
    let file = app.post("/api/v1/files?name=a.txt").person(&admin).bytes("words").send().await.expect(201).at("/id");
    let link = app.post(&format!("/api/v1/files/{file}/link")).person(&admin).json(&json!({})).send().await;
    let link = link.expect(200).at("/url");
    let link = link.strip_prefix("https://app.example.org").unwrap();
    app.get(link).send().await.expect(200);
    let body = json!({ "role_id": role });
    app.patch(&member_path(&owner, &admin)).person(&owner).json(&body).send().await.expect(200);
    app.get("/api/v1/workflows").key(&key).send().await.expect(200);
    app.get("/api/v1/keys").key(&key).send().await.refused(403, "permission_denied");
    app.get(link).send().await.refused(403, "file_link_invalid");
}

#[tokio::test]
async fn another_server_follows_a_role_within_a_second_and_grants_nothing_meanwhile() {
    let (app, owner, member, role) = scene(&["workflows", "keys"]).await;
    let other = app.beside(crate::voice()).await.unwrap();
    other.get("/api/v1/workflows").person(&member).send().await.expect(200);
    permit(&app, By::Person(&owner), &role, &["workflows:read", "keys"]).await.expect(200);
    // The other server may still take the member for what they were, but creates no key that would last.
    let key = key_create(&other, By::Person(&member), &json!({ "name": "k", "scopes": ["workflows"] })).await;
    key.refused(403, "permission_denied");
    crate::harness::eventually("the other server refuses", async || {
        workflow(&other).person(&member).send().await.status() == 403
    })
    .await;
}

#[tokio::test]
async fn an_invitation_gives_its_role_as_far_as_its_sender_may() {
    let (app, owner, member, role) = scene(&["members", "workflows"]).await;
    let eve = app.somebody(EVE).await;
    let narrow = create(&app, By::Person(&owner), "Readers", &["workflows:read"]).await.expect(201).at("/id");
    let invite = json!({ "email": EVE, "role_id": narrow });
    let sent = app.post("/api/v1/invitations").person(&member).json(&invite).send().await.expect(201);
    assert_eq!((sent.at("/role"), sent.at("/role_id")), ("viewer".to_owned(), narrow.clone()));
    let mails = app.mails(EVE).await;
    let text = &mails[0].mail.content().text;
    assert!(text.paragraphs[0].ends_with("as a Readers."), "{text:?}");
    let token = app.link_token(EVE).await;
    // In use: it cannot be deleted. It offers what the role includes when it is accepted.
    let delete = app.delete(&format!("/api/v1/roles/{narrow}")).person(&owner).send().await.refused(409, "conflict");
    assert!(delete.holds("0 members and 1 open invitations"), "{delete}");
    permit(&app, By::Person(&owner), &narrow, &["workflows:read", "files:read"]).await.expect(200);
    // The sender has no files:read, and no built-in role is within both.
    accept(&app, &eve, &token).await.refused(404, "not_found");
    permit(&app, By::Person(&owner), &role, &["members", "workflows", "files:read"]).await.expect(200);
    let joined = accept(&app, &eve, &token).await.expect(200).json();
    assert_eq!(joined["custom_role"]["permissions"], json!(["workflows:read", "files:read"]));
    let eve = Person { organization: owner.organization.clone(), ..eve };
    app.get("/api/v1/files").person(&eve).send().await.expect(200);
    app.get("/api/v1/campaigns").person(&eve).send().await.refused(403, "permission_denied");
    let delete = app.delete(&format!("/api/v1/roles/{narrow}")).person(&owner).send().await.refused(409, "conflict");
    assert!(delete.holds("1 members and 0 open invitations"), "{delete}");
}

#[tokio::test]
async fn a_role_that_is_deleted_leaves_nothing_behind() {
    let (app, owner, member, role) = scene(&["members"]).await;
    let invite = json!({ "email": EVE, "role_id": role });
    let invitation = app.post("/api/v1/invitations").person(&owner).json(&invite).send().await.expect(201).at("/id");
    change_role(&app, &owner, &member, Role::Viewer).await;
    // Once the invitation has expired, the role is free, and the invitation cannot be sent with its base.
    app.advance_seconds(8 * 86_400);
    let owner = Person { token: app.sign_in(&owner.email).await.expect(200).at("/access_token"), ..owner };
    app.delete(&format!("/api/v1/roles/{role}")).person(&owner).send().await.expect(204);
    app.get(&format!("/api/v1/roles/{role}")).person(&owner).send().await.refused(404, "not_found");
    let resend = app.post(&format!("/api/v1/invitations/{invitation}/resend")).person(&owner).send().await;
    resend.refused(409, "conflict");
}

#[tokio::test]
async fn roles_have_names_of_their_own_and_are_few() {
    let (app, owner, _, role) = scene(&["members"]).await;
    let by = By::Person(&owner);
    create(&app, by, " Reception ", &["files"]).await.refused(409, "conflict");
    create(&app, by, "", &["files"]).await.refused(422, "validation_failed");
    create(&app, by, &"x".repeat(65), &["files"]).await.refused(422, "validation_failed");
    create(&app, by, "typo", &["fils"]).await.refused(422, "validation_failed");
    create(&app, by, "nothing", &[]).await.refused(422, "validation_failed");
    let renamed = app.patch(&format!("/api/v1/roles/{role}")).person(&owner).json(&json!({ "name": "RECEPTION" }));
    assert_eq!(renamed.send().await.expect(200).at("/name"), "RECEPTION");
    let body = json!({ "role": "viewer", "role_id": role });
    let path = member_path(&owner, &owner);
    app.patch(&path).person(&owner).json(&body).send().await.refused(422, "validation_failed");
    app.patch(&path).person(&owner).json(&json!({})).send().await.refused(422, "validation_failed");
    for number in 1..50 {
        create(&app, by, &format!("role {number}"), &["files"]).await.expect(201);
    }
    create(&app, by, "one more", &["files"]).await.refused(409, "conflict");
    let actions = app.get("/api/v1/audit?action=role.*&limit=100").person(&owner).send().await.expect(200);
    assert_eq!(actions.json()["data"].as_array().unwrap().len(), 51);
    assert_eq!(actions.at("/data/49/action"), "role.updated");
}

#[tokio::test]
async fn a_client_of_the_database_sees_nothing_with_a_custom_role() {
    let (app, owner, member, _) = scene(&["files"]).await;
    let admin = app.test.admin().await;
    let tenants = async |whom: &Person| {
        let claims = format!(r#"set request.jwt.claims = '{{"sub":"{}"}}'"#, whom.id);
        admin.batch_execute(&claims).await.unwrap();
        let rows = admin.query("select tenant_id::text from freehold.my_tenants() as tenant_id", &[]).await.unwrap();
        rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>()
    };
    assert!(!tenants(&member).await.contains(&owner.organization));
    change_role(&app, &owner, &member, Role::Viewer).await;
    assert!(tenants(&member).await.contains(&owner.organization));
}
