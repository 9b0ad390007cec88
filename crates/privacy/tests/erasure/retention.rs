//! Archived organizations are deleted where the operator says so.

use freehold_module::{SettingValue, Settings};
use serde_json::json;

use crate::{
    GRACE, advance_days, deletion,
    harness::app::{Person, Setup, TestApp},
    mails, run,
};

/// Days after which the deletion of archived organizations is requested.
const KEPT: i64 = 60;

fn deleting() -> Setup {
    let settings = || Settings::from_iter([("delete_archived_after_days", SettingValue::Number(KEPT))]);
    Setup { settings, ..Setup::default() }
}

/// Archives the organization, as billing does.
async fn archive(app: &TestApp, person: &Person) {
    let admin = app.test.admin().await;
    let account =
        "update freehold.billing_accounts set state = 'archived', state_since = $2 where tenant_id::text = $1";
    admin.execute(account, &[&person.organization, &app.clock().now()]).await.unwrap();
    settle(app, person, "archived").await;
}

async fn settle(app: &TestApp, person: &Person, standing: &str) {
    let settle = "select freehold.tenant_settle(tenant_id, plan, plan_version, $2, now())
                  from freehold.tenants where tenant_id::text = $1";
    app.test.admin().await.query_one(settle, &[&person.organization, &standing]).await.unwrap();
    app.backbone.resolver.forget();
}

#[tokio::test]
async fn an_organization_that_stays_archived_is_deleted_and_one_that_pays_again_is_not() {
    let app = TestApp::with(deleting()).await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    for person in [&owner, &stranger] {
        archive(&app, person).await;
    }
    advance_days(&app, KEPT - 1);
    run(&app).await;
    assert_eq!(app.count("select count(*) from freehold.tenant_deletions").await, 0);
    advance_days(&app, 1);
    run(&app).await;
    assert_eq!(mails(&app, "organization_deletion").await, [owner.email.as_str(), stranger.email.as_str()]);
    let fresh = app.sign_in(&owner.email).await.expect(200).at("/access_token");
    let pending = app.get(&deletion(&owner)).token(&fresh).send().await.expect(200);
    assert_eq!((pending.at("/reason").as_str(), &pending.json()["requested_by"]), ("retention", &json!(null)));
    // It stays archived, so that it can still be paid for.
    let me = app.get("/api/v1/me").token(&fresh).send().await.expect(200);
    assert_eq!(me.at("/organizations/0/standing"), "archived");
    settle(&app, &stranger, "good").await;
    advance_days(&app, GRACE);
    assert_eq!(run(&app).await.organizations, 1);
    let left = app.test.admin().await.query_one("select tenant_id::text from freehold.tenants", &[]).await.unwrap();
    assert_eq!(left.get::<_, String>(0), stranger.organization);
    assert_eq!(app.count("select count(*) from freehold.tenant_deletions").await, 0);
}

#[tokio::test]
async fn by_default_archived_organizations_are_kept() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    archive(&app, &owner).await;
    advance_days(&app, 4_000);
    run(&app).await;
    assert_eq!(app.count("select count(*) from freehold.tenant_deletions").await, 0);
}
