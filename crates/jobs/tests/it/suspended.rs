//! Jobs of a suspended organization.

use freehold_core::Standing;
use freehold_db::TenantTx;
use freehold_jobs::{Done, JobId, JobKind, NewJob, QueueTerms, job_enqueue};
use jiff::SignedDuration;
use serde_json::json;

use super::{effect::note_insert, get, quick, until_count, until_state};
use crate::harness::{app::TestApp, eventually};

const NOTED: JobKind =
    JobKind { attempts: 1, kept: std::time::Duration::from_hours(1), ..JobKind::named("it.noted_for_a_tenant") };

#[tokio::test]
async fn it_waits_until_the_organization_may_write_again() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let tenant = owner.organization.parse().unwrap();
    let backbone = app.backbone.clone();
    let (handler, tried) = super::counted(&NOTED, move |job| {
        let backbone = backbone.clone();
        async move {
            let Some(caller) = backbone.system_caller(job.tenant.unwrap(), "test").await? else {
                return Ok(Done::Done);
            };
            let mut tx: TenantTx = backbone.db.tenant(&caller).begin().await?;
            tx.execute(note_insert(caller.tenant(), "it ran")).await?;
            job.finish(&mut tx).await?;
            tx.commit().await?;
            Ok(Done::Done)
        }
    });
    let caller = app.backbone.system_caller(tenant, "test").await.unwrap().unwrap();
    let id: JobId = app.backbone.ids.next();
    let mut tx = app.backbone.db.tenant(&caller).begin().await.unwrap();
    let terms = app.backbone.entitlements.queue_terms(&app.backbone.db, &caller).await.unwrap();
    assert_eq!(terms, QueueTerms { weight: 1, room: Some(10_000) });
    let new = NewJob::now(id, &NOTED, json!({}), app.clock().now());
    job_enqueue(&mut tx, &terms, new).await.unwrap();
    tx.commit().await.unwrap();

    app.suspend(&owner, true).await;
    let suspended = app.backbone.system_caller(tenant, "test").await.unwrap().unwrap();
    assert_eq!(suspended.standing(), Standing::Suspended);
    let worker = super::working(&app.test, app.test.db.clone(), vec![handler], quick());
    until_count("it is tried", &tried, 1).await;
    eventually("it waits", async || get(&app.test, &caller, id).await.error.is_some()).await;
    let job = until_state(&app.test, &caller, id, "waiting").await;
    assert_eq!((job.attempt, job.run_at), (0, app.clock().now() + SignedDuration::from_mins(15)));
    assert!(job.error.unwrap().contains("suspended"));

    app.suspend(&owner, false).await;
    app.clock().advance(SignedDuration::from_mins(15));
    until_state(&app.test, &caller, id, "done").await;
    worker.stop().await;
}

#[tokio::test]
async fn no_system_caller_is_made_for_a_missing_organization() {
    let app = TestApp::new().await;
    assert!(app.backbone.system_caller(app.test.ids.next(), "test").await.unwrap().is_none());
}

/// The server's own maintenance jobs run.
#[tokio::test]
async fn the_worker_of_the_house_does_its_chores() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let kept = "select count(*) from freehold.idempotent_answers";
    let key = json!({ "name": "k" });
    app.post("/api/v1/keys").key(&owner.key).idempotent("once").json(&key).send().await.expect(201);
    assert_eq!(app.count(kept).await, 1);
    let worker = freehold_compose::worker(&app.backbone, quick());
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let working = tokio::spawn(worker.run(stopping));
    eventually("it knows what comes regularly", async || {
        app.count("select count(*) from freehold.schedules").await >= 3
    })
    .await;
    app.clock().advance(SignedDuration::from_hours(25));
    eventually("old answers are forgotten", async || app.count(kept).await == 0).await;
    stop.send_replace(true);
    working.await.unwrap();

    let handlers = freehold_compose::handlers(&app.backbone);
    let names: std::collections::BTreeSet<&str> = handlers.iter().map(|handler| handler.kind.name).collect();
    assert_eq!(names.len(), handlers.len(), "two handlers of one kind");
    let plain = |name: &str| name.bytes().all(|byte| byte == b'.' || byte == b'_' || byte.is_ascii_lowercase());
    assert!(names.iter().all(|name| plain(name)), "{names:?}");
}
