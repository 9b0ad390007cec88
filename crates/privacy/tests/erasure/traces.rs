//! `freehold erasure verify` finds what is left, in whatever kind of place.

use freehold_privacy::erasure::verify::Subject;

use crate::{
    GRACE, account_delete, advance_days, complete, harness::app::TestApp, left, organization_delete, run, verify,
};

const ADDRESS: &str = "ada.lovelace@example.org";

#[tokio::test]
async fn a_trace_in_each_kind_of_place_is_found() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    app.post("/api/v1/files?name=a.bin").key(&stranger.key).bytes("x").send().await.expect(201);
    organization_delete(&app, &owner).await.expect(202);
    advance_days(&app, GRACE);
    run(&app).await;
    complete(&app).await;
    let (id, tenant) = (owner.organization.clone(), Subject::Tenant(owner.organization.parse().unwrap()));
    assert_eq!(left(&verify(&app, tenant, &[ADDRESS]).await), Vec::<String>::new());

    let admin = app.test.admin().await;
    let other = &stranger.organization;
    let plants = plants(&id, other, &stranger.id);
    for (place, sql) in plants {
        admin.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{place}: {error:?}"));
        let found = left(&verify(&app, tenant, &[ADDRESS]).await);
        assert!(found.iter().any(|each| each.starts_with(&format!("{place}: "))), "{place} is not in {found:?}");
    }
    assert!(!verify(&app, tenant, &[ADDRESS]).await.is_clean());

    // An object in the file store.
    let found = verify(&app, Subject::Tenant(other.parse().unwrap()), &[]).await;
    let place = format!("file store, tenants/{other}");
    let objects = found.traces.iter().find(|trace| trace.place == place).unwrap();
    assert_eq!((objects.found, objects.kept), (1, None));
}

/// Places, each with a statement that plants a trace of the erased organization `id` there: in rows of the organization
/// `other`, and of the user `user`.
fn plants(id: &str, other: &str, user: &str) -> Vec<(&'static str, String)> {
    vec![
        // A row of its own, with the id in a column of ids.
        (
            "freehold.events.tenant_id",
            format!(
                "insert into freehold.events (tenant_id, id, type, version, data, occurred_at)
             values ('{id}', gen_random_uuid(), 'x', 1, '{{}}', now())"
            ),
        ),
        // In the JSON of another organization's row, in json and in jsonb, within a longer text and in capitals.
        (
            "freehold.events.data",
            format!(
                "insert into freehold.events (tenant_id, id, type, version, data, occurred_at)
             values ('{other}', gen_random_uuid(), 'x', 1, json_build_object('of', 'org ' || upper('{id}')), now())"
            ),
        ),
        (
            "freehold.mails.data",
            format!(
                "insert into freehold.mails (id, cause, template, recipient, data, created_at, due_at)
             values (gen_random_uuid(), 'planted', 'x', 'x@example.com', jsonb_build_object('a', '{ADDRESS}'), now(),
               now())"
            ),
        ),
        // In a text.
        (
            "freehold.mails.recipient",
            "insert into freehold.mails (id, cause, template, recipient, data, created_at, due_at)
             values (gen_random_uuid(), 'planted too', 'x', 'Ada.Lovelace@example.org', '{}', now(), now())"
                .to_owned(),
        ),
        // In a list.
        (
            "freehold.api_keys.scopes",
            format!("update freehold.api_keys set scopes = array['{id}'] where tenant_id = '{other}'"),
        ),
        // In bytes: as text, and as the 16 bytes of an id.
        (
            "freehold.idempotent_answers.sealed_body",
            format!(
                "insert into freehold.idempotent_answers (tenant_id, key, fingerprint, sealed_body, expires_at)
             values ('{other}', 'planted', '\\x00', convert_to('to {ADDRESS}', 'utf8'), now())"
            ),
        ),
        (
            "freehold.idempotent_answers.fingerprint",
            format!(
                "insert into freehold.idempotent_answers (tenant_id, key, fingerprint, expires_at)
             values ('{other}', 'planted too', '\\x00'::bytea || uuid_send('{id}'), now())"
            ),
        ),
        // In the schema of sign-in.
        (
            "auth.users.raw_user_meta_data",
            format!(
                "update auth.users set raw_user_meta_data = jsonb_build_object('was', '{id}')
             where id = '{user}'"
            ),
        ),
    ]
}

#[tokio::test]
async fn a_user_who_was_not_erased_is_found_by_id_and_by_address() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let subject = Subject::User(owner.id.parse().unwrap());
    let before = verify(&app, subject, &[&owner.email]).await;
    let found = left(&before);
    for place in ["auth.users.id", "auth.users.email", "auth.identities.identity_data", "auth.sessions.user_id"] {
        assert!(found.iter().any(|each| each.starts_with(&format!("{place}: "))), "{place} is not in {found:?}");
    }
    assert_eq!(before.erased_at, None);
    account_delete(&app, &owner).await.expect(202);
    advance_days(&app, GRACE);
    run(&app).await;
    assert_eq!(left(&verify(&app, subject, &[&owner.email]).await), Vec::<String>::new());
}

#[tokio::test]
async fn an_address_that_takes_no_mails_is_kept_with_the_reason() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let suppress = "insert into freehold.mail_suppressions (address, reason, since) values ($1, 'manual', now())";
    app.test.admin().await.execute(suppress, &[&owner.email]).await.unwrap();
    account_delete(&app, &owner).await.expect(202);
    advance_days(&app, GRACE);
    run(&app).await;
    let verified = verify(&app, Subject::User(owner.id.parse().unwrap()), &[&owner.email]).await;
    assert!(verified.is_clean());
    let kept = verified.traces.iter().find(|trace| trace.place == "freehold.mail_suppressions.address").unwrap();
    assert_eq!((kept.found, kept.text.as_str()), (1, owner.email.as_str()));
    assert!(kept.kept.unwrap().contains("takes no mails"), "{kept:?}");
}
