//! An erased organization leaves no row: every table with tenants' rows is emptied, those of products, too.

use std::collections::BTreeSet;

use freehold_app::erasure::erasures_run;
use freehold_privacy::erasure::{
    purge::CALM,
    verify::{Subject, Trace, erasure_verify},
};
use freehold_tenancy::audit::audit_chain;
use jiff::SignedDuration;
use serde_json::json;

use super::{exceptions, refuse};
use crate::{
    harness::app::{Person, TestApp},
    walk::Things,
};

/// The tables with a `tenant_id` that have a row of this organization.
async fn tables_of(app: &TestApp, tenant: &str) -> BTreeSet<String> {
    let admin = app.test.admin().await;
    let tables = admin.query("select t::text from freehold.tenant_tables() as t", &[]).await.unwrap();
    let mut filled = BTreeSet::new();
    for table in tables.iter().map(|row| row.get::<_, String>(0)) {
        let count = format!("select count(*) from {table} where tenant_id::text = '{tenant}'");
        if app.count(&count).await > 0 {
            filled.insert(table);
        }
    }
    filled
}

/// Adds rows to the tables that the objects of the walk leave empty.
async fn fill(app: &TestApp, owner: &Person) {
    let brand = json!({ "sender_name": "Bright Dental", "color": "#6d3bc4" });
    app.put("/api/v1/mail/brand").person(owner).json(&brand).send().await.expect(200);
    let renamed = app.patch(&format!("/api/v1/organizations/{}", owner.organization)).person(owner);
    renamed.json(&json!({ "slug": format!("moved-{}", &owner.organization[24..]) })).send().await.expect(200);
    let once = app.post("/api/v1/files?name=b.csv").key(&owner.key).idempotent("once").bytes("name,price\n");
    once.send().await.expect(201);
    let billed = format!(
        "insert into freehold.billing_notices (tenant_id, cause, at) values ('{tenant}', 'trial_ending/1', now());
         insert into freehold.subscriptions
           (tenant_id, subscription_id, status, plan, plan_version, interval, per_member, seats, item_id, price_id,
            items, cancel_at_period_end, created_at)
         values ('{tenant}', 'sub_{tenant}', 'canceled', 'pro', 1, 'month', false, 1, 'si_1', 'price_1', '[]', false,
                 now());
         insert into freehold.extra_subscriptions (tenant_id, subscription_id, kept_id, kept_since, state, found_at)
         values ('{tenant}', 'sub_extra', 'sub_1', now(), 'refunded', now());
         insert into freehold.limit_overrides (tenant_id, meter, reason, set_at)
         values ('{tenant}', 'members', 'a friend', now());
         insert into freehold.operators
           (operator_id, email, role, created_at, set_up_digest, set_up_expires_at)
         values (gen_random_uuid(), md5('{tenant}') || '@example.org', 'support', now(), sha256('{tenant}'), now());
         insert into freehold.impersonations
           (tenant_id, impersonation_id, operator_id, user_id, writes, reason, created_at, expires_at)
         select '{tenant}', gen_random_uuid(), operator_id, gen_random_uuid(), false, 'a question', now(),
           now() + interval '1 hour'
         from freehold.operators where email = md5('{tenant}') || '@example.org'",
        tenant = owner.organization
    );
    app.test.admin().await.batch_execute(&billed).await.unwrap();
}

/// Lets the grace period pass, and erases.
async fn erase(app: &TestApp) {
    app.clock().advance(SignedDuration::from_hours(24 * 31));
    erasures_run(&app.backbone.app).await.unwrap();
    app.clock().advance(CALM + SignedDuration::from_secs(1));
    erasures_run(&app.backbone.app).await.unwrap();
}

/// Requests the deletion of the person's organization.
async fn request(app: &TestApp, owner: &Person) {
    let organization = app.get(&format!("/api/v1/organizations/{}", owner.organization)).person(owner);
    let slug = organization.send().await.expect(200).at("/slug");
    let path = format!("/api/v1/organizations/{}/deletion", owner.organization);
    app.post(&path).person(owner).json(&json!({ "slug": slug })).send().await.expect(202);
}

#[tokio::test]
async fn erasing_an_organization_empties_every_table() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, bystander) = (app.owner().await, app.stranger().await);
    Things::of(&app, &owner).await;
    Things::of(&app, &bystander).await;
    for person in [&owner, &bystander] {
        fill(&app, person).await;
    }
    request(&app, &owner).await;
    app.backbone.key_uses_write().await;
    audit_chain(&app.backbone.infra).await.unwrap();
    let (before, beside) = (tables_of(&app, &owner.organization).await, tables_of(&app, &bystander.organization).await);
    let listed = exceptions(include_str!("tables_not_walked.txt"));
    let all: Vec<String> = {
        let rows = app.test.admin().await.query("select t::text from freehold.tenant_tables() as t", &[]).await;
        rows.unwrap().iter().map(|row| row.get(0)).collect()
    };
    let empty = all.iter().filter(|table| !before.contains(*table) && !listed.contains_key(table.as_str()));
    let empty: Vec<String> =
        empty.map(|table| format!("{table}: has no row; give it one, or list it in tables_not_walked.txt")).collect();
    refuse("The erasure of a table is shown only if it has a row before:", &empty);

    erase(&app).await;

    let left: Vec<String> = tables_of(&app, &owner.organization).await.into_iter().collect();
    refuse("Tables that still have rows of an erased organization:", &left);
    let kept: Vec<String> = beside.difference(&tables_of(&app, &bystander.organization).await).cloned().collect();
    refuse("Tables in which another organization lost its rows:", &kept);

    let tenant = owner.organization.parse().unwrap();
    let (db, storage) = (&app.backbone.db, &app.backbone.files.storage);
    let verified = erasure_verify(db, storage, Subject::Tenant(tenant), &[]).await.unwrap();
    let traces: Vec<&Trace> = verified.traces.iter().filter(|trace| trace.kept.is_none()).collect();
    assert!(traces.is_empty(), "{traces:#?}");
    assert!(verified.erased_at.is_some());
}
