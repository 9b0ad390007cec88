//! The deletion of organizations by their owners.

use freehold_core::{Role, Standing};
use freehold_privacy::erasure::verify::Subject;
use serde_json::json;

use crate::{
    GRACE, advance_days, complete, deletion,
    harness::app::{Person, TestApp},
    left, mails, organization_delete, run, slug, subscribe, verify,
};

async fn upload(app: &TestApp, person: &Person) -> String {
    app.post("/api/v1/files?name=a.bin").person(person).bytes("content").send().await.expect(201).at("/id")
}

#[tokio::test]
async fn an_organization_is_closed_then_deleted_and_nothing_of_it_is_left() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let second = app.member(&owner, Role::Owner).await;
    app.member(&owner, Role::Member).await;
    let (file, theirs) = (upload(&app, &owner).await, upload(&app, &stranger).await);
    let slug = slug(&app, &owner).await;

    let requested = organization_delete(&app, &owner).await.expect(202);
    assert_eq!((requested.at("/status").as_str(), requested.at("/reason").as_str()), ("pending", "owner"));
    assert_eq!(requested.at("/requested_by"), owner.id);
    let mut owners = vec![owner.email.clone(), second.email.clone()];
    owners.sort();
    assert_eq!(mails(&app, "organization_deletion").await, owners);

    // Reading works, writing does not, and nothing is sold.
    app.get(&format!("/api/v1/files/{file}/content")).person(&owner).send().await.expect(200);
    app.post("/api/v1/files?name=b.bin").person(&owner).bytes("x").send().await.refused(409, "organization_closing");
    app.post("/api/v1/files?name=b.bin").key(&owner.key).bytes("x").send().await.refused(409, "organization_closing");
    let plan = json!({ "plan": "pro", "interval": "month" });
    app.post("/api/v1/billing/checkout").person(&owner).json(&plan).send().await.refused(409, "organization_closing");
    let me = app.get("/api/v1/me").person(&owner).send().await.expect(200);
    assert_eq!(me.at("/organizations/0/standing"), "closing");

    advance_days(&app, GRACE - 1);
    assert_eq!(run(&app).await.organizations, 0, "the grace period is not over");
    advance_days(&app, 1);
    assert_eq!(run(&app).await.organizations, 1);
    assert_eq!(mails(&app, "organization_deleted").await, owners);
    app.get(&format!("/api/v1/files/{file}")).key(&owner.key).send().await.refused(401, "unauthenticated");
    let fresh = app.sign_in(&owner.email).await.expect(200).at("/access_token");
    app.get(&deletion(&owner)).token(&fresh).send().await.refused(404, "not_found");

    assert_eq!(complete(&app).await.completed, 1);
    let tenant = owner.organization.parse().unwrap();
    let verified = verify(&app, Subject::Tenant(tenant), &[]).await;
    assert_eq!(left(&verified), Vec::<String>::new());
    assert!(verified.erased_at.is_some());
    // Others lost nothing, and the slug is free.
    app.get(&format!("/api/v1/files/{theirs}/content")).key(&stranger.key).send().await.expect(200);
    let again = app.post("/api/v1/organizations").token(&fresh).json(&json!({ "name": slug }));
    assert_eq!(again.send().await.expect(201).at("/slug"), slug);
    assert_eq!((run(&app).await, complete(&app).await), Default::default(), "nothing is left to do");
}

#[tokio::test]
async fn a_deletion_that_is_cancelled_leaves_the_organization_as_it_was() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let file = upload(&app, &owner).await;
    let none = app.get(&deletion(&owner)).person(&owner).send().await.expect(200);
    assert_eq!(none.at("/status"), "none");
    app.delete(&deletion(&owner)).person(&owner).send().await.expect(204);
    let first = organization_delete(&app, &owner).await.expect(202);
    app.advance_seconds(60);
    let again = organization_delete(&app, &owner).await.expect(202);
    assert_eq!((first.at("/due_at"), mails(&app, "organization_deletion").await.len()), (again.at("/due_at"), 1));

    // What billing decides meanwhile applies when the deletion is cancelled.
    let admin = app.test.admin().await;
    let settle = "select freehold.tenant_settle($1::text::uuid, plan, plan_version, 'suspended', now())
                  from freehold.tenants where tenant_id::text = $1";
    for changed in [true, false] {
        assert_eq!(admin.query_one(settle, &[&owner.organization]).await.unwrap().get::<_, bool>(0), changed);
    }
    app.backbone.resolver.forget();
    app.post("/api/v1/files?name=b.bin").key(&owner.key).bytes("x").send().await.refused(409, "organization_closing");
    app.delete(&deletion(&owner)).person(&owner).send().await.expect(204);
    app.post("/api/v1/files?name=b.bin").key(&owner.key).bytes("x").send().await.refused(402, "subscription_suspended");
    app.stand(&owner, Standing::Good).await;
    advance_days(&app, GRACE + 1);
    assert_eq!(run(&app).await.organizations, 0);
    app.get(&format!("/api/v1/files/{file}/content")).key(&owner.key).send().await.expect(200);
    let audit = app.get("/api/v1/audit?action=organization.*").key(&owner.key).send().await.expect(200).json();
    let actions: Vec<&str> =
        audit["data"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["organization.deletion_cancelled", "organization.deletion_requested"]);
    assert_eq!(audit["data"][0]["actor"]["id"], owner.id.as_str());
}

#[tokio::test]
async fn only_an_owner_deletes_an_organization_and_only_by_its_slug() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let admin = app.member(&owner, Role::Admin).await;
    let slug = json!({ "slug": slug(&app, &owner).await });
    let path = deletion(&owner);
    app.post(&path).person(&admin).json(&slug).send().await.refused(403, "permission_denied");
    app.delete(&path).person(&admin).send().await.refused(403, "permission_denied");
    assert_eq!(app.get(&path).person(&admin).send().await.expect(200).at("/status"), "none");
    app.post(&path).token(&stranger.token).json(&slug).send().await.refused(404, "not_found");
    app.post(&path).key(&owner.key).json(&slug).send().await.refused(401, "unauthenticated");
    for wrong in [json!({ "slug": "another" }), json!({ "slug": "" })] {
        app.post(&path).person(&owner).json(&wrong).send().await.refused(422, "validation_failed");
    }
    assert_eq!(app.get(&path).person(&owner).send().await.expect(200).at("/status"), "none");
}

#[tokio::test]
async fn a_subscription_that_renews_keeps_an_organization() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    subscribe(&app, &owner).await;
    let refused = organization_delete(&app, &owner).await.refused(409, "conflict");
    assert!(refused.text().contains("POST /api/v1/billing/cancel"), "{refused}");
    let admin = app.test.admin().await;
    let cancelled = |cancelled: bool| format!("update freehold.subscriptions set cancel_at_period_end = {cancelled}");
    admin.batch_execute(&cancelled(true)).await.unwrap();
    organization_delete(&app, &owner).await.expect(202);
    // It was resumed at Stripe meanwhile.
    admin.batch_execute(&cancelled(false)).await.unwrap();
    advance_days(&app, GRACE);
    assert_eq!(run(&app).await.organizations, 0);
    let fresh = app.sign_in(&owner.email).await.expect(200).at("/access_token");
    let blocked = app.get(&deletion(&owner)).token(&fresh).send().await.expect(200);
    assert_eq!(blocked.at("/status"), "blocked");
    assert!(blocked.at("/problem").contains("subscription that renews"));
    admin.batch_execute(&cancelled(true)).await.unwrap();
    assert_eq!(run(&app).await.organizations, 1);
}

#[tokio::test]
async fn an_erasure_that_has_begun_is_not_cancelled_and_its_tables_are_emptied_only_then() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let admin = app.test.admin().await;
    let purge = "select freehold.tenant_purge($1::text::uuid, 'freehold.audit_entries', 10)";
    let refused = admin.query_one(purge, &[&owner.organization]).await.unwrap_err();
    assert!(refused.as_db_error().unwrap().message().contains("no erasure of"), "{refused:?}");
    organization_delete(&app, &owner).await.expect(202);
    let begun = "update freehold.tenant_deletions set begun_at = now()";
    admin.batch_execute(begun).await.unwrap();
    app.backbone.resolver.forget();
    // It is not there any more for its members and keys.
    app.delete(&deletion(&owner)).person(&owner).send().await.refused(404, "not_found");
    app.get("/api/v1/files").key(&owner.key).send().await.refused(401, "unauthenticated");
    assert_eq!(app.get("/api/v1/me").token(&owner.token).send().await.expect(200).json()["organizations"], json!([]));
}
