//! Plans have versions: an organization that bought one keeps it.

use serde_json::{Value, json};

use crate::harness::app::TestApp;

const TOML: &str = freehold_voice::PRODUCT.toml;

/// `product.toml` with the free plan changed: `from` becomes `to`, at `version`.
fn free_plan(from: &str, to: &str, version: u32) -> String {
    let (head, tail) = TOML.split_once("[plans.free]").unwrap();
    assert!(tail.contains(from), "product.toml no longer says {from}");
    let tail = tail.replacen(from, to, 1).replacen("version = 1", &format!("version = {version}"), 1);
    format!("{head}[plans.free]{tail}")
}

#[tokio::test]
async fn the_pricing_page_and_the_api_say_the_same() {
    let app = TestApp::with(crate::voice()).await;
    let plans = app.get("/api/v1/plans").send().await.expect(200).json();
    let page = app.get("/plans").browser().send().await.expect(200);
    let ids: Vec<&Value> = plans["data"].as_array().unwrap().iter().map(|plan| &plan["id"]).collect();
    assert_eq!(ids, [&json!("free"), &json!("starter"), &json!("pro"), &json!("enterprise")]);
    assert_eq!(
        plans["data"][1]["price"],
        json!({
            "kind": "paid", "month": { "minor": 2_900, "currency": "usd" }, "year": { "minor": 29_000, "currency": "usd" },
            "per_member": false
        })
    );
    for plan in plans["data"].as_array().unwrap() {
        assert!(page.text().contains(plan["name"].as_str().unwrap()), "{plan}");
    }
}

#[tokio::test]
async fn a_tenant_keeps_the_version_it_bought() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let tomorrow = crate::voice().with_text(free_plan("workflows = 1", "workflows = 3", 2));
    let later = app.beside(tomorrow).await.unwrap();
    let limit = async |key: &str| {
        let usage = later.get("/api/v1/usage").key(key).send().await.expect(200);
        (usage.at("/plan_version"), usage.at("/meters/0/limit"))
    };
    assert_eq!(limit(&owner.key).await, ("1".into(), "1".into()));
    let newcomer = later.somebody("new@example.org").await;
    assert_eq!(limit(&newcomer.key).await, ("2".into(), "3".into()));
    assert_eq!(later.get("/api/v1/plans").send().await.expect(200).at("/data/0/version"), "2");

    let body = json!({ "template": "appointment_reminder" });
    let create = |key: &str| later.post("/api/v1/workflows").key(key).json(&body).send();
    create(&owner.key).await.expect(201);
    create(&owner.key).await.refused(402, "quota_exceeded");
    for _ in 0..3 {
        create(&newcomer.key).await.expect(201);
    }
    create(&newcomer.key).await.refused(402, "quota_exceeded");
    // The older server, which does not know version 2, looks it up in the database.
    let usage = app.get("/api/v1/usage").key(&newcomer.key).send().await.expect(200);
    assert_eq!((usage.at("/plan_version"), usage.at("/meters/0/limit")), ("2".into(), "3".into()));
}

#[tokio::test]
async fn a_plan_changed_in_silence_does_not_start() {
    let app = TestApp::with(crate::voice()).await;
    let silent = crate::voice().with_text(free_plan("workflows = 1", "workflows = 3", 1));
    let refused = app.beside(silent).await.err().unwrap();
    let said = format!("{refused:#}");
    for part in [
        "plan \"free\" of product.toml was changed, but is still version 1: limits.workflows: was ",
        "Tenants keep the version they bought, so write version = 2 to sell the changed plan from now on.",
    ] {
        assert!(said.contains(part), "{said}");
    }
    // Texts may change at any time.
    app.beside(crate::voice().with_text(free_plan("name = \"Free\"", "name = \"Gratis\"", 1))).await.unwrap();
}

#[tokio::test]
async fn a_database_stays_with_its_product() {
    let app = TestApp::with(crate::voice()).await;
    app.owner().await;
    let refused = app.beside(crate::of("documents")).await.err().unwrap();
    let said = format!("{refused:#}");
    assert!(said.contains("this database belongs to the product \"voice\", not \"documents\""), "{said}");
    assert!(said.contains("--product voice"), "{said}");
    app.get("/api/v1/plans").send().await.expect(200);
}
