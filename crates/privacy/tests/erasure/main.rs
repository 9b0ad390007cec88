//! Erasure: of organizations ([`organizations`]) and of users ([`accounts`]), what is found when something is left
//! ([`traces`]), interrupted erasures ([`interrupted`]), and archived organizations ([`retention`]). Kills of the real
//! process at random points are in `crates/freehold/tests/server/erasure_kills.rs`.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod accounts;
mod interrupted;
mod organizations;
mod retention;
mod traces;

use freehold_app::erasure::{Erased, erasures_run};
use freehold_privacy::erasure::{
    purge::CALM,
    verify::{Subject, Trace, Verified, erasure_verify},
};
use freehold_testing as harness;
use jiff::SignedDuration;
use serde_json::json;

use crate::harness::app::{Answer, Person, TestApp};

/// Days of the grace period.
const GRACE: i64 = 30;

fn advance_days(app: &TestApp, days: i64) {
    app.clock().advance(SignedDuration::from_hours(24 * days));
    app.backbone.resolver.forget();
}

async fn run(app: &TestApp) -> Erased {
    let erased = erasures_run(&app.backbone.app).await.unwrap();
    app.backbone.resolver.forget();
    erased
}

/// Lets so much time pass that earlier erasures are completed, and completes them.
async fn complete(app: &TestApp) -> Erased {
    app.clock().advance(CALM + SignedDuration::from_secs(1));
    run(app).await
}

/// The path of the deletion of the person's organization.
fn deletion(person: &Person) -> String {
    format!("/api/v1/organizations/{}/deletion", person.organization)
}

async fn slug(app: &TestApp, person: &Person) -> String {
    let path = format!("/api/v1/organizations/{}", person.organization);
    app.get(&path).person(person).send().await.expect(200).at("/slug")
}

/// Requests the deletion of the person's organization.
async fn organization_delete(app: &TestApp, person: &Person) -> Answer {
    let slug = slug(app, person).await;
    app.post(&deletion(person)).person(person).json(&json!({ "slug": slug })).send().await
}

/// Requests the deletion of the person's account.
async fn account_delete(app: &TestApp, person: &Person) -> Answer {
    app.post("/api/v1/me/deletion").token(&person.token).json(&json!({ "email": person.email })).send().await
}

async fn verify(app: &TestApp, subject: Subject, addresses: &[&str]) -> Verified {
    let addresses: Vec<String> = addresses.iter().map(|&address| address.to_owned()).collect();
    erasure_verify(&app.backbone.db, &app.backbone.files.storage, subject, &addresses).await.unwrap()
}

/// What is left that should not be, as `place: text`.
fn left(verified: &Verified) -> Vec<String> {
    let left = verified.traces.iter().filter(|trace| trace.kept.is_none());
    left.map(|Trace { place, text, .. }| format!("{place}: {text}")).collect()
}

/// The mails of a kind, as their recipients.
async fn mails(app: &TestApp, template: &str) -> Vec<String> {
    let mails = "select recipient from freehold.mails where template = $1 order by recipient";
    let rows = app.test.admin().await.query(mails, &[&template]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Gives the organization a subscription, as if Stripe had said so.
async fn subscribe(app: &TestApp, person: &Person) {
    let subscription = "insert into freehold.subscriptions
      (tenant_id, subscription_id, status, plan, plan_version, interval, per_member, seats, item_id, price_id, items,
       cancel_at_period_end, created_at)
      values ($1::text::uuid, 'sub_1', 'active', 'pro', 1, 'month', false, 1, 'si_1', 'price_1', '[]', false, now())";
    app.test.admin().await.execute(subscription, &[&person.organization]).await.unwrap();
}
