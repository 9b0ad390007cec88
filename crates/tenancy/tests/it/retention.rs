//! Plans that keep entries for a number of days.

use freehold_app::retention::audit_retain;
use freehold_tenancy::audit::audit_chain;
use serde_json::json;

use crate::{
    busy, export,
    harness::app::{Setup, TestApp},
    verified,
};

const DAY: i64 = 24 * 3600;

/// The free plan keeps entries for 30 days.
fn thirty_days() -> Setup {
    let setup = Setup::default();
    let text = setup.product.toml.replacen("price = \"free\"\n", "price = \"free\"\naudit_days = 30\n", 1);
    assert_ne!(text, setup.product.toml);
    setup.with_text(text)
}

#[tokio::test]
async fn old_entries_are_deleted_and_the_rest_is_verified_as_before() {
    let app = TestApp::with(thirty_days()).await;
    let owner = busy(&app).await;
    let old = verified(&export(&app, &owner, "").await).unwrap().head.number;
    app.advance_seconds(20 * DAY);
    let key = async |name: &str| {
        app.post("/api/v1/keys").key(&owner.key).json(&json!({ "name": name })).send().await.expect(201);
    };
    key("young").await;
    assert_eq!(audit_retain(&app.backbone).await.unwrap(), 0);
    app.advance_seconds(11 * DAY);
    // What waits for its chain is never deleted.
    key("new").await;
    assert_eq!(audit_retain(&app.backbone).await.unwrap(), old.unsigned_abs());
    assert_eq!(app.count("select count(*) from freehold.audit_entries").await, 2);

    for query in ["", "?format=csv", "?since=2020-01-01T00:00:00Z"] {
        let whole = verified(&export(&app, &owner, query).await).unwrap();
        assert_eq!((whole.cut, whole.first, whole.head.number), (old, old + 1, old + 2), "{query}");
    }
    let since = app.clock().now();
    let part = verified(&export(&app, &owner, &format!("?since={since}")).await).unwrap();
    assert_eq!((part.cut, part.first, part.head.number), (old, old + 2, old + 2));

    // All of it may become old, and the chain goes on behind it.
    app.advance_seconds(40 * DAY);
    assert_eq!(audit_retain(&app.backbone).await.unwrap(), 2);
    assert_eq!(audit_retain(&app.backbone).await.unwrap(), 0);
    let file = export(&app, &owner, "").await;
    assert_eq!(verified(&file).unwrap().first, old + 3);
    key("last").await;
    let whole = verified(&export(&app, &owner, "").await).unwrap();
    assert_eq!((whole.first, whole.head.number), (old + 3, old + 3));
}

#[tokio::test]
async fn entries_are_kept_for_good_unless_the_plan_says_otherwise() {
    let app = TestApp::new().await;
    let owner = busy(&app).await;
    audit_chain(&app.backbone.infra).await.unwrap();
    app.advance_seconds(4000 * DAY);
    assert_eq!(audit_retain(&app.backbone).await.unwrap(), 0);
    let count = format!("select count(*) from freehold.audit_entries where tenant_id = '{}'", owner.organization);
    assert_eq!(app.count(&count).await, 33);
}

#[tokio::test]
async fn a_cut_that_the_program_did_not_sign_is_refused() {
    let app = TestApp::with(thirty_days()).await;
    let owner = busy(&app).await;
    audit_chain(&app.backbone.infra).await.unwrap();
    let forged = "update freehold.audit_chains as c
                  set cut_number = 7, cut_hash = (select hash from freehold.audit_entries where number = 7),
                      cut_at = signed_at, cut_public_key = public_key, cut_signature = signature";
    app.test.admin().await.batch_execute(forged).await.unwrap();
    app.get("/api/v1/audit/export").person(&owner).send().await.refused(500, "internal");
    app.advance_seconds(40 * DAY);
    assert!(audit_retain(&app.backbone).await.is_err());
    assert_eq!(app.count("select count(*) from freehold.audit_entries where number < 8").await, 7);
}
