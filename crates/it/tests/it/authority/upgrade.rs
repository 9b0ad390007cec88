//! Keys and invitations from before their givers were recorded.

use serde_json::json;

use super::run_jobs;
use crate::harness::app::TestApp;

const MIGRATION: &str = include_str!("../../../../tenancy/migrations/0007_authority_ends.sql");

/// The statements with which the migration updates existing rows.
fn rows_moved() -> String {
    let (_, rows) = MIGRATION.split_once("-- Keys that keys created").unwrap();
    format!("set role freehold_owner;\n-- Keys that keys created{rows}; reset role;")
}

#[tokio::test]
async fn old_keys_and_invitations_get_their_givers_from_the_audit_or_are_suspended() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let made = app.post("/api/v1/keys").person(&owner).json(&json!({ "name": "first" })).send().await.expect(201);
    let ids: Vec<String> = (0..5).map(|_| app.test.uuid().to_string()).collect();
    let [child, unknown, left, by_child, by_left] = ids.as_slice() else { unreachable!() };
    let (tenant, first, gone) = (&owner.organization, made.at("/id"), app.test.uuid());
    let key = |id: &str, created_by: &str| {
        format!(
            "insert into freehold.api_keys (tenant_id, id, name, prefix, digest, live, role, created_by, created_at)
             values ('{tenant}', '{id}', 'old', 'prefix', decode(md5('{id}'), 'hex'), true, 'admin', {created_by}, now());"
        )
    };
    let invitation = |id: &str, by: &str| {
        format!(
            "insert into freehold.invitations
               (tenant_id, invitation_id, email, role, digest, invited_by, created_at, sent_at, expires_at)
             values ('{tenant}', '{id}', '{id}@example.org', 'viewer', decode(md5('{id}'), 'hex'), {by}, now(), now(),
               now() + interval '7 days');"
        )
    };
    let audit = |actor: &str, action: &str, subject: &str| {
        format!(
            "select freehold.audit_append('{tenant}', gen_random_uuid(), 'key', '{actor}', '{action}', '{subject}', '{{}}',
               now());"
        )
    };
    let sql = [
        key(child, "null"),
        key(unknown, "null"),
        key(left, &format!("'{gone}'")),
        invitation(by_child, "null"),
        invitation(by_left, &format!("'{gone}'")),
        audit(&first, "key.created", child),
        audit(child, "invitation.created", by_child),
        rows_moved(),
    ];
    app.test.admin().await.batch_execute(&sql.concat()).await.unwrap();

    let read = async |id: &str| app.get(&format!("/api/v1/keys/{id}")).person(&owner).send().await.expect(200);
    let child = read(child).await;
    assert_eq!((child.at("/state"), child.at("/parent_id")), ("active".into(), first));
    assert_eq!(child.at("/created_by"), owner.id);
    assert_eq!(
        (read(unknown).await.at("/state"), read(left).await.at("/state")),
        ("suspended".into(), "suspended".into())
    );
    let sender = format!(
        "select count(*) from freehold.invitations where invitation_id = '{by_child}' and invited_by_key = '{}'
           and revoked_at is null",
        child.at("/id")
    );
    assert_eq!(app.count(&sender).await, 1);
    let closed = format!(
        "select count(*) from freehold.invitations where invitation_id = '{by_left}' and revoked_at < expires_at"
    );
    assert_eq!(app.count(&closed).await, 1);
    run_jobs(&app).await;
    assert_eq!(
        app.mails(&owner.email).await.iter().filter(|mail| mail.mail.template().name == "keys_suspended").count(),
        1
    );
}
