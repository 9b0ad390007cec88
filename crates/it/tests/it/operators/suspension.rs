//! Suspending and reactivating organizations.

use serde_json::json;

use super::{Operator, admin};
use crate::harness::app::{Person, Setup, Stripe, TestApp};

async fn act(app: &TestApp, root: &Operator, owner: &Person, what: &str) -> crate::harness::app::Answer {
    let path = format!("/operator/v1/tenants/{}/{what}", owner.organization);
    app.post(&path).token(&root.token).json(&json!({ "reason": "Spam; ticket 7" })).send().await
}

async fn renames(app: &TestApp, owner: &Person) -> u16 {
    let path = format!("/api/v1/organizations/{}", owner.organization);
    app.patch(&path).key(&owner.key).json(&json!({ "name": "Renamed" })).send().await.status()
}

#[tokio::test]
async fn a_suspended_organization_reads_and_changes_nothing_until_it_is_reactivated() {
    let app = TestApp::with(crate::voice()).await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    assert_eq!(renames(&app, &owner).await, 200);
    let suspended = act(&app, &root, &owner, "suspend").await.expect(200);
    assert_eq!(suspended.at("/organization/standing"), "suspended");
    assert_eq!(suspended.at("/organization/suspended_reason"), "Spam; ticket 7");
    assert_eq!(renames(&app, &owner).await, 402);
    app.get("/api/v1/workflows").key(&owner.key).send().await.expect(200);
    act(&app, &root, &owner, "suspend").await.refused(409, "conflict");

    let reactivated = act(&app, &root, &owner, "reactivate").await.expect(200);
    assert_eq!(reactivated.at("/organization/standing"), "good");
    assert_eq!(renames(&app, &owner).await, 200);
    act(&app, &root, &owner, "reactivate").await.refused(409, "conflict");

    let audit = app.get("/api/v1/audit?action=organization.*").key(&owner.key).send().await.expect(200).json();
    let seen: Vec<_> = audit["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["actor"]["kind"] == "operator")
        .map(|entry| (entry["action"].as_str().unwrap(), entry["detail"]["reason"].as_str().unwrap()))
        .collect();
    let expected = ["organization.reactivated", "organization.suspended"].map(|action| (action, "Spam; ticket 7"));
    assert_eq!(seen, expected, "{audit}");
}

#[tokio::test]
async fn a_payment_does_not_end_a_suspension_and_counts_once_it_has_ended() {
    let app = TestApp::new().await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    act(&app, &root, &owner, "suspend").await.expect(200);
    let path = format!("/operator/v1/tenants/{}/plan", owner.organization);
    let grant = json!({ "plan": "pro", "reason": "Paid by invoice" });
    let granted = app.put(&path).token(&root.token).json(&grant).send().await.expect(200);
    assert_eq!(granted.at("/organization/plan"), "pro");
    assert_eq!(granted.at("/organization/standing"), "suspended");
    let reactivated = act(&app, &root, &owner, "reactivate").await.expect(200);
    assert_eq!(reactivated.at("/organization/standing"), "good");
}

#[tokio::test]
async fn a_suspension_by_an_operator_holds_where_billing_is_switched_off() {
    let app = TestApp::with(Setup::default().paying(Stripe::Off)).await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    act(&app, &root, &owner, "suspend").await.expect(200);
    assert_eq!(renames(&app, &owner).await, 402);
    act(&app, &root, &owner, "reactivate").await.expect(200);
    assert_eq!(renames(&app, &owner).await, 200);
}

#[tokio::test]
async fn a_deletion_and_a_suspension_end_in_any_order() {
    for deletion_ends_first in [true, false] {
        let app = TestApp::new().await;
        let (root, owner) = (admin(&app).await, app.owner().await);
        let path = format!("/api/v1/organizations/{}", owner.organization);
        let slug = app.get(&path).person(&owner).send().await.expect(200).at("/slug");
        let standing = async || {
            let find = format!("select standing from freehold.tenants where tenant_id = '{}'", owner.organization);
            let found: String = app.test.admin().await.query_one(&find, &[]).await.unwrap().get(0);
            found
        };
        act(&app, &root, &owner, "suspend").await.expect(200);
        let deletion = format!("{path}/deletion");
        app.post(&deletion).person(&owner).json(&json!({ "slug": slug })).send().await.expect(202);
        assert_eq!(standing().await, "closing");
        // A payment meanwhile opens nothing.
        let paid = format!("select freehold.tenant_settle('{}', 'pro', 1, 'good', now())", owner.organization);
        app.test.admin().await.batch_execute(&paid).await.unwrap();
        assert_eq!(standing().await, "closing");
        if deletion_ends_first {
            app.delete(&deletion).person(&owner).send().await.expect(204);
            assert_eq!(standing().await, "suspended");
            act(&app, &root, &owner, "reactivate").await.expect(200);
        } else {
            act(&app, &root, &owner, "reactivate").await.expect(200);
            assert_eq!(standing().await, "closing");
            app.delete(&deletion).person(&owner).send().await.expect(204);
        }
        assert_eq!(standing().await, "good");
    }
}
