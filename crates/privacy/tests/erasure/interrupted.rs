//! An erasure that ends between two steps is continued by the next run.

use std::path::Path;

use freehold_app::erasure::erasures_run;
use freehold_files::{
    FileLimits, Files,
    storage::{Storage, StorageSettings},
};
use freehold_privacy::erasure::{purge, verify::Subject};

use crate::{
    GRACE, advance_days, complete,
    harness::{
        app::{Setup, TestApp},
        scratch,
    },
    left, organization_delete, run, verify,
};

async fn app_in(folder: &Path) -> TestApp {
    let storage = Storage::open(&StorageSettings::Folder(folder.to_owned())).unwrap();
    TestApp::with(Setup::default().storing(Files { storage, limits: FileLimits::default() })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_store_that_fails_holds_up_one_organization_and_no_other() {
    let folder = scratch().join("erasure-stuck");
    let app = app_in(&folder).await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    for person in [&owner, &stranger] {
        app.post("/api/v1/files?name=a.bin").key(&person.key).bytes("content").send().await.expect(201);
        organization_delete(&app, person).await.expect(202);
    }
    // In place of an object there is a folder, which is not deleted as a file is.
    let object = std::fs::read_dir(folder.join("tenants").join(&owner.organization)).unwrap().next().unwrap().unwrap();
    std::fs::remove_file(object.path()).unwrap();
    std::fs::create_dir_all(object.path().join("stuck")).unwrap();
    advance_days(&app, GRACE);
    assert_eq!(erasures_run(&app.backbone.app).await.unwrap_err().code().status, 503);
    let tenants = "select count(*) from freehold.tenants";
    assert_eq!(app.count(tenants).await, 1, "the other one is deleted");
    // It has begun, so it is not there any more for its owner, who cannot keep a part of it.
    let fresh = app.sign_in(&owner.email).await.expect(200).at("/access_token");
    app.get(&crate::deletion(&owner)).token(&fresh).send().await.refused(404, "not_found");
    std::fs::remove_dir_all(object.path()).unwrap();
    assert_eq!(run(&app).await.organizations, 1);
    assert_eq!(complete(&app).await.completed, 2);
    for person in [&owner, &stranger] {
        let verified = verify(&app, Subject::Tenant(person.organization.parse().unwrap()), &[]).await;
        assert_eq!(left(&verified), Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_a_request_wrote_after_the_deletion_goes_later() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    organization_delete(&app, &owner).await.expect(202);
    advance_days(&app, GRACE);
    assert_eq!(run(&app).await.organizations, 1);
    // A transaction that began before commits now.
    let late = "insert into freehold.events (tenant_id, id, type, version, data, occurred_at)
                values ($1::text::uuid, gen_random_uuid(), 'late', 1, '{}', now())";
    app.test.admin().await.execute(late, &[&owner.organization]).await.unwrap();
    assert_eq!(complete(&app).await.completed, 0, "something was found, so it is looked at once more");
    assert_eq!(run(&app).await.completed, 1);
    let verified = verify(&app, Subject::Tenant(owner.organization.parse().unwrap()), &[]).await;
    assert_eq!(left(&verified), Vec::<String>::new());
}

#[tokio::test]
async fn two_runs_at_once_delete_each_organization_once() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    for person in [&owner, &stranger] {
        organization_delete(&app, person).await.expect(202);
    }
    advance_days(&app, GRACE);
    let (one, other) = tokio::join!(erasures_run(&app.backbone.app), erasures_run(&app.backbone.app));
    assert_eq!(one.unwrap().organizations + other.unwrap().organizations, 2);
    assert_eq!(crate::mails(&app, "organization_deleted").await.len(), 2);
}

#[test]
fn the_second_look_is_later_than_any_request_lasts() {
    // A request has a minute, and an upload that lost its row ends within a minute.
    assert!(purge::CALM.as_mins() >= 2);
}
