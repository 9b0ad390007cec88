//! Two users editing one object: `ETag` and `If-Match`.

use serde_json::{Value, json};

use super::workflow;
use crate::{harness::app::TestApp, house::walk::graph};

#[tokio::test]
async fn an_edit_of_an_old_version_is_refused() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let paths = [
        format!("/api/v1/workflows/{}", workflow(&app, &owner).await),
        format!("/api/v1/organizations/{}", owner.organization),
    ];
    for path in paths {
        let read = app.get(&path).key(&owner.key).send().await.expect(200);
        let tag = read.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 2, "{tag}");
        app.advance_seconds(1);
        let rename = |name: &str| app.patch(&path).key(&owner.key).json(&json!({ "name": name }));
        let changed = rename("First").header("if-match", &tag).send().await.expect(200);
        assert_ne!(changed.header("etag"), tag);
        rename("Second").header("if-match", &tag).send().await.refused(412, "stale_edit");
        let kept = app.get(&path).key(&owner.key).send().await.expect(200);
        assert_eq!((kept.at("/name"), kept.header("etag")), ("First".into(), changed.header("etag")));
        rename("Third").header("if-match", "*").send().await.expect(200);
        rename("Fourth").send().await.expect(200);
    }
}

#[tokio::test]
async fn of_two_at_once_one_wins() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let path = format!("/api/v1/workflows/{}", workflow(&app, &owner).await);
    let tag = app.get(&path).key(&owner.key).send().await.expect(200).header("etag").to_owned();
    app.advance_seconds(1);
    let edit =
        |name: &str| app.patch(&path).key(&owner.key).header("if-match", &tag).json(&json!({ "name": name })).send();
    let answers = futures_util::future::join_all(["a", "b", "c", "d"].map(edit)).await;
    let mut statuses: Vec<u16> = answers.iter().map(crate::harness::app::Answer::status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412]);
}

#[tokio::test]
async fn another_graph_is_another_version_and_another_name_is_not() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let path = format!("/api/v1/workflows/{}", workflow(&app, &owner).await);
    let change = async |body: Value| app.patch(&path).key(&owner.key).json(&body).send().await.expect(200);
    assert_eq!(change(json!({ "name": "Renamed" })).await.json()["version"], 1);
    let changed = change(json!({ "graph": graph() })).await;
    assert_eq!((changed.json()["version"].clone(), changed.at("/name")), (json!(2), "Renamed".into()));
    assert_eq!(change(json!({ "graph": graph() })).await.json()["version"], 2);
    assert_eq!(change(json!({})).await.json()["version"], 2);
    let versions = app.get(&format!("{path}/versions")).key(&owner.key).send().await.expect(200).json();
    let numbers: Vec<&Value> = versions["data"].as_array().unwrap().iter().map(|version| &version["version"]).collect();
    assert_eq!(numbers, [&json!(2), &json!(1)]);
}
