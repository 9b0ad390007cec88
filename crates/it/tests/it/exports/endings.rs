//! Exports that fail, are cancelled, are written twice, or expire; and those of organizations that cannot pay.

use std::fs;

use freehold_app::export::exports_end;
use freehold_core::Standing;
use freehold_files::{
    FileLimits, Files,
    storage::{Storage, StorageSettings},
    sweep::files_sweep,
};
use jiff::SignedDuration;

use super::{exported, files_below, link, mails, request, run_jobs, unpacked};
use crate::{
    harness::{
        app::{Person, TestApp},
        eventually,
    },
    voice,
};

/// A server whose files are in this folder.
async fn storing(folder: &tempfile::TempDir) -> (TestApp, Person) {
    let storage = Storage::open(&StorageSettings::Folder(folder.path().join("files"))).unwrap();
    let app = TestApp::with(voice().storing(Files { storage, limits: FileLimits::default() })).await;
    let owner = app.owner().await;
    (app, owner)
}

async fn state(app: &TestApp, owner: &Person, id: &str) -> String {
    // By key, which does not expire when the clock moves on.
    app.get(&format!("/api/v1/export/{id}")).key(&owner.key).send().await.expect(200).at("/state")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_is_deleted_after_seven_days_and_counts_in_no_quota() {
    let folder = tempfile::tempdir().unwrap();
    let (app, owner) = storing(&folder).await;
    let export = exported(&app, &owner).await;
    let id = export["id"].as_str().unwrap();
    assert_eq!(files_below(folder.path()).len(), 1);
    assert_eq!(app.count("select count(*) from freehold.usage_totals where meter = 'freehold.files'").await, 0);
    app.clock().advance(SignedDuration::from_hours(7 * 24) - SignedDuration::from_secs(1));
    exports_end(&app.backbone).await.unwrap();
    assert_eq!(state(&app, &owner, id).await, "ready");
    app.advance_seconds(1);
    assert_eq!(state(&app, &owner, id).await, "expired", "before the archive is deleted");
    exports_end(&app.backbone).await.unwrap();
    files_sweep(&app.backbone.db, &app.backbone.files.storage).await.unwrap();
    assert_eq!(state(&app, &owner, id).await, "expired");
    assert_eq!(files_below(folder.path()).len(), 0);
    assert_eq!(app.count("select count(*) from freehold.files").await, 0);
    app.clock().advance(SignedDuration::from_hours(101 * 24));
    exports_end(&app.backbone).await.unwrap();
    assert_eq!(app.count("select count(*) from freehold.exports").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_failed_gives_its_turn_back() {
    let folder = tempfile::tempdir().unwrap();
    let (app, owner) = storing(&folder).await;
    app.post("/api/v1/files?name=a.txt").person(&owner).bytes("a").send().await.expect(201);
    let id = request(&app, &owner).send().await.expect(202).at("/id");
    // The content of the file is lost, so no attempt succeeds.
    let lost = files_below(folder.path()).pop().unwrap();
    fs::remove_file(&lost).unwrap();
    let admin = app.test.admin().await;
    admin.execute("update freehold.jobs set attempt = 7 where kind = 'privacy.export'", &[]).await.unwrap();
    run_jobs(&app).await;
    let export = app.get(&format!("/api/v1/export/{id}")).person(&owner).send().await.expect(200).json();
    assert_eq!(export["state"], "failed");
    assert!(export["failure"].as_str().unwrap().starts_with("The server could not write the archive."), "{export}");
    assert_eq!(mails(&app, &owner.email).await, ["export_failed"]);
    assert_eq!(app.count("select count(*) from freehold.events where type = 'export.failed'").await, 1);
    assert_eq!(app.count("select count(*) from freehold.audit_entries where action = 'export.failed'").await, 1);
    assert_eq!(app.count("select count(*) from freehold.files where not listed").await, 0, "nothing is left");

    fs::write(&lost, "a").unwrap();
    exported(&app, &owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_whose_job_was_cancelled_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (app, owner) = storing(&folder).await;
    let id = request(&app, &owner).send().await.expect(202).at("/id");
    let jobs = app.get("/api/v1/jobs?kind=privacy.export").person(&owner).send().await.expect(200).ids();
    app.post(&format!("/api/v1/jobs/{}/cancel", jobs[0])).person(&owner).send().await.expect(200);
    exports_end(&app.backbone).await.unwrap();
    assert_eq!(state(&app, &owner, &id).await, "waiting", "it may just have been requested");
    app.advance_seconds(61);
    exports_end(&app.backbone).await.unwrap();
    assert_eq!(state(&app, &owner, &id).await, "failed");
    exported(&app, &owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_is_announced_once_however_often_its_job_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (app, owner) = storing(&folder).await;
    request(&app, &owner).send().await.expect(202);
    let admin = app.test.admin().await;
    let copy = "create table public.kept as select * from freehold.jobs where kind = 'privacy.export'";
    admin.batch_execute(copy).await.unwrap();
    run_jobs(&app).await;
    // As if the worker had been killed after the archive was stored and before the job ended.
    admin.batch_execute("insert into freehold.jobs select * from public.kept").await.unwrap();
    run_jobs(&app).await;
    let mails = "select count(*) from freehold.mails where template = 'export_ready'";
    assert_eq!(app.count(mails).await, 1);
    assert_eq!(app.count("select count(*) from freehold.events where type = 'export.ready'").await, 1);
    assert_eq!(app.count("select count(*) from freehold.audit_entries where action = 'export.requested'").await, 1);
    assert_eq!(app.count("select count(*) from freehold.audit_entries where action = 'export.ready'").await, 1);
    assert_eq!(files_below(folder.path()).len(), 1);
    eventually("the job has ended", async || {
        app.count("select count(*) from freehold.jobs where kind = 'privacy.export'").await == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_that_cannot_pay_takes_its_data_along() {
    for standing in [Standing::Suspended, Standing::Archived] {
        let folder = tempfile::tempdir().unwrap();
        let (app, owner) = storing(&folder).await;
        app.post("/api/v1/files?name=a.txt").person(&owner).bytes("a").send().await.expect(201);
        app.stand(&owner, standing).await;
        let export = exported(&app, &owner).await;
        let files = unpacked(app.get(&link(&export)).send().await.expect(200).bytes());
        assert!(files.keys().any(|path| path.ends_with("/a.txt")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_exports_of_a_deleted_organization_are_deleted_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (app, owner) = storing(&folder).await;
    exported(&app, &owner).await;
    let admin = app.test.admin().await;
    admin.batch_execute("delete from freehold.tenants").await.unwrap();
    // The database says when they are due, and its clock is not that of the test.
    admin.batch_execute("update freehold.files set due_at = '2000-01-01'").await.unwrap();
    files_sweep(&app.backbone.db, &app.backbone.files.storage).await.unwrap();
    assert_eq!(app.count("select count(*) from freehold.exports").await, 0);
    assert_eq!(files_below(folder.path()).len(), 0);
}
