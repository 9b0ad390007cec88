//! Who may request exports, look for them and follow their links.

use freehold_core::Role;
use serde_json::json;

use super::{exported, link, mails, request, run_jobs};
use crate::{
    harness::app::{Answer, Setup, TestApp},
    voice,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_works_for_anyone_as_long_as_its_maker_may_export() {
    let app = TestApp::with(voice()).await;
    let owner = app.owner().await;
    let admin = app.member(&owner, Role::Admin).await;
    let export = exported(&app, &admin).await;
    let link = link(&export);
    app.get(&link).send().await.expect(200);
    let part = app.get(&link).header("range", "bytes=0-3").send().await.expect(206);
    assert_eq!(part.bytes(), b"PK\x03\x04");
    assert!(part.header("content-disposition").starts_with("attachment; filename=\"export-20"), "{part}");
    assert_eq!(mails(&app, &admin.email).await, ["export_ready"]);
    let mailed = app.mails(&admin.email).await;
    let mailed =
        mailed.iter().find(|mail| mail.mail.template().name == "export_ready").unwrap().mail.link().unwrap().to_owned();
    assert!(mailed.ends_with(&link), "{mailed}");

    // Another signature, another organization, another maker, another time.
    let (path, query) = link.split_once('?').unwrap();
    let stranger = app.stranger().await;
    let refused = |answer: Answer| answer.refused(403, "file_link_invalid");
    refused(app.get(path).send().await);
    refused(app.get(&link[..link.len() - 1]).send().await);
    refused(app.get(&link.replacen(&owner.organization, &stranger.organization, 1)).send().await);
    refused(app.get(&link.replacen(&admin.id, &owner.id, 1)).send().await);
    refused(app.get(&format!("{path}?{}", query.replacen("expires=", "expires=9", 1))).send().await);
    // It is no link to a file, and the archive is no file.
    refused(app.get(&link.replacen("/exports/", "/files/", 1)).send().await);
    let archive = path.rsplit('/').next().unwrap();
    app.get(&format!("/api/v1/files/{archive}")).person(&owner).send().await.refused(404, "not_found");
    app.get(&format!("/api/v1/files/{archive}/content")).person(&owner).send().await.refused(404, "not_found");
    app.delete(&format!("/api/v1/files/{archive}")).person(&owner).send().await.refused(404, "not_found");
    assert_eq!(app.get("/api/v1/files").person(&owner).send().await.expect(200).json()["data"], json!([]));

    let role = format!("/api/v1/organizations/{}/members/{}", owner.organization, admin.id);
    app.patch(&role).person(&owner).json(&json!({ "role": "member" })).send().await.expect(200);
    refused(app.get(&link).send().await);
    app.patch(&role).person(&owner).json(&json!({ "role": "admin" })).send().await.expect(200);
    app.get(&link).send().await.expect(200);
    app.advance_seconds(7 * 24 * 3600);
    app.get(&link).send().await.refused(403, "file_link_expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_organization_finds_neither_the_export_nor_its_archive() {
    let app = TestApp::with(voice()).await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let export = exported(&app, &owner).await;
    let path = format!("/api/v1/export/{}", export["id"].as_str().unwrap());
    app.get(&path).person(&stranger).send().await.refused(404, "not_found");
    app.get(&path).key(&stranger.key).send().await.refused(404, "not_found");
    app.get(&path.replacen("/export/", "/me/export/", 1)).token(&owner.token).send().await.refused(404, "not_found");
    assert_eq!(app.get("/api/v1/export").person(&stranger).send().await.expect(200).json()["data"], json!([]));
    let member = app.member(&owner, Role::Member).await;
    app.get(&path).person(&member).send().await.refused(403, "permission_denied");
    request(&app, &member).send().await.refused(403, "permission_denied");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_with_the_scope_exports_and_its_link_ends_with_it() {
    let app = TestApp::with(voice()).await;
    let owner = app.owner().await;
    let key = json!({ "name": "backup", "scopes": ["exports"] });
    let key = app.post("/api/v1/keys").person(&owner).json(&key).send().await.expect(201);
    let (id, secret) = (key.at("/id"), key.at("/key"));
    let export = app.post("/api/v1/export").key(&secret).idempotent("nightly").send().await.expect(202).at("/id");
    let replayed = app.post("/api/v1/export").key(&secret).idempotent("nightly").send().await.expect(202);
    assert_eq!((replayed.at("/id"), replayed.header("idempotent-replayed")), (export.clone(), "true"));
    let other = app.post("/api/v1/export").key(&secret).send().await.expect(202);
    assert_eq!(other.at("/id"), export, "while one is open, that one is returned");
    run_jobs(&app).await;
    let ready = app.get(&format!("/api/v1/export/{export}")).key(&secret).send().await.expect(200).json();
    assert_eq!(ready["mail_to"], owner.id);
    assert_eq!(mails(&app, &owner.email).await, ["export_ready"]);
    app.get(&link(&ready)).send().await.expect(200);
    app.delete(&format!("/api/v1/keys/{id}")).person(&owner).send().await.expect(200);
    app.get(&link(&ready)).send().await.refused(403, "file_link_invalid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_says_how_often_an_organization_exports() {
    // A Tuesday, so that neither the week nor the month ends within the test.
    let setup = Setup { now: Some("2026-03-10T12:00:00Z".parse().unwrap()), ..voice() };
    let app = TestApp::with(setup).await;
    let owner = app.owner().await;
    exported(&app, &owner).await;
    let refused = request(&app, &owner).send().await.refused(429, "export_limit_reached");
    assert_eq!(
        refused.at("/detail"),
        "The plan Free allows 1 export a month. The next one can be requested from 1 April 2026, 00:00 UTC on."
    );
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    assert_eq!(wait, 21 * 24 * 3600 + 12 * 3600);

    app.put_on_plan(&owner, "pro", 1).await;
    app.backbone.resolver.forget();
    let refused = request(&app, &owner).send().await.refused(429, "export_limit_reached");
    assert!(refused.at("/detail").ends_with("from 16 March 2026, 00:00 UTC on."), "{refused}");
    app.put_on_plan(&owner, "enterprise", 1).await;
    app.backbone.resolver.forget();
    for _ in 0..3 {
        exported(&app, &owner).await;
    }
    assert_eq!(app.get("/api/v1/export").person(&owner).send().await.expect(200).ids().len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_requests_at_once_make_one_export() {
    let app = TestApp::with(voice()).await;
    let owner = app.owner().await;
    let ask = || request(&app, &owner).send();
    let (one, two, three) = tokio::join!(ask(), ask(), ask());
    let ids = [one, two, three].map(|answer| answer.expect(202).at("/id"));
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(app.count("select count(*) from freehold.exports").await, 1);
}
