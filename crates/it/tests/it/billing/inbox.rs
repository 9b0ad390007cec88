//! Stripe's webhooks: stored once however often they arrive, never trusted, and retried until Stripe answers.

use freehold_billing::{
    inbox::{Replay, inbox_list, inbox_replay},
    reconcile::reconcile,
    settle::account_grant,
};
use freehold_core::Plan;
use serde_json::json;

use super::shop::Shop;
use crate::harness::eventually;

#[tokio::test]
async fn an_unsigned_event_is_rejected_and_leaves_nothing() {
    let shop = Shop::of("voice").await;
    let event = json!({ "id": "evt_1", "object": "event", "type": "customer.updated", "created": 1_773_576_000,
        "livemode": false, "data": { "object": { "object": "customer", "id": "cus_1" } } });
    for signature in [None, Some(""), Some("t=1773576000,v1=00"), Some("nonsense"), Some("t=1,v1=")] {
        let mut ask = shop.app.post("/webhooks/stripe").json(&event);
        if let Some(signature) = signature {
            ask = ask.header("stripe-signature", signature);
        }
        let refused = ask.send().await.expect(400);
        assert_eq!(refused.at("/code"), "malformed_request");
        assert!(!refused.at("/detail").contains("whsec"), "{refused:?}");
    }
    assert_eq!(shop.app.count("select count(*) from freehold.stripe_events where event_id = 'evt_1'").await, 0);
}

#[tokio::test]
async fn an_event_that_comes_again_is_known() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", "4242424242424242").await;
    assert_eq!(shop.standing(&owner).await, ("starter/good".to_owned(), "active".to_owned()));
    let events = shop.app.count("select count(*) from freehold.stripe_events").await;
    assert!(events > 5, "{events}");
    let told = "select count(*) from freehold.events where type like 'billing.%'";
    let before = shop.app.count(told).await;

    let billing = shop.app.backbone.billing.as_ref().unwrap();
    let newest = inbox_list(billing, Some("done"), None, 1).await.unwrap().remove(0);
    assert_eq!(newest.tenant_id.map(|tenant| tenant.to_string()).as_ref(), Some(&owner.organization));
    shop.stripe(&format!("/_sandbox/events/{}/resend", newest.event_id), Some(&[])).await;
    shop.settle().await;
    let again = inbox_list(billing, None, None, 1).await.unwrap().remove(0);
    assert_eq!((again.event_id, again.times, again.state.as_str()), (newest.event_id.clone(), 2, "done"));
    assert_eq!(shop.app.count("select count(*) from freehold.stripe_events").await, events);

    // An operator replays all events; no effect happens twice.
    let since = newest.received_at - jiff::SignedDuration::from_hours(1);
    assert!(inbox_replay(billing, &Replay::Since(since)).await.unwrap() > 5);
    shop.settle().await;
    assert_eq!(shop.app.count(told).await, before);
    assert_eq!(shop.standing(&owner).await.0, "starter/good");
}

#[tokio::test]
async fn a_customer_of_no_tenant_here_is_ignored() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.stripe("/v1/customers", Some(&[("email", "other@example.org")])).await;
    let nobody = "0198f000-0000-7000-8000-000000000000";
    shop.stripe("/v1/customers", Some(&[("metadata[freehold_tenant]", nobody)])).await;
    shop.settle().await;
    let ignored = "select count(*) from freehold.stripe_events where type = 'customer.created' and state = 'ignored'";
    assert_eq!(shop.app.count(ignored).await, 2);

    // Created for a tenant by a process that died before it could store it.
    let named = [("metadata[freehold_tenant]", owner.organization.as_str()), ("email", "payer@example.org")];
    let orphan = shop.stripe("/v1/customers", Some(&named)).await["id"].as_str().unwrap().to_owned();
    shop.settle().await;
    let known = format!("select count(*) from freehold.billing_accounts where customer_id = '{orphan}'");
    assert_eq!(shop.app.count(&known).await, 1);
}

#[tokio::test]
async fn while_stripe_is_away_an_event_waits() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", "4242424242424242").await;
    shop.stripe("/_sandbox/chaos", Some(&[("fail", "1"), ("fail_status", "503")])).await;
    let billing = shop.app.backbone.billing.as_ref().unwrap();
    let newest = inbox_list(billing, None, None, 1).await.unwrap().remove(0);
    inbox_replay(billing, &Replay::One(newest.event_id.clone())).await.unwrap();
    let tried = "select count(*) from freehold.jobs where kind = 'billing.event' and error is not null";
    eventually("it was tried", async || shop.app.count(tried).await > 0).await;
    assert_eq!(inbox_list(billing, Some("waiting"), None, 9).await.unwrap().len(), 1);
    let report = reconcile(billing).await.unwrap();
    assert_eq!((report.accounts, report.failed.len(), report.repaired.len()), (1, 2, 0), "{report:?}");
    assert_eq!(shop.standing(&owner).await.0, "starter/good");

    shop.stripe("/_sandbox/chaos", Some(&[("fail", "0")])).await;
    // The retries wait by the server's clock.
    shop.app.advance_seconds(3600);
    shop.settle().await;
    assert!(inbox_list(billing, Some("waiting"), None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_daily_round_mends_what_got_lost_and_says_so() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", "4242424242424242").await;
    let billing = shop.app.backbone.billing.as_ref().unwrap();
    assert_eq!(reconcile(billing).await.unwrap().repaired, Vec::<String>::new());

    // Every event of this change is lost.
    shop.stripe("/_sandbox/chaos", Some(&[("drop", "1")])).await;
    let found = shop.stripe("/v1/subscriptions", None).await;
    let id = found["data"][0]["id"].as_str().unwrap().to_owned();
    shop.stripe(&format!("/v1/subscriptions/{id}"), Some(&[("cancel_at_period_end", "true")])).await;
    shop.settle().await;
    let ends = "select count(*) from freehold.subscriptions where cancel_at_period_end";
    assert_eq!(shop.app.count(ends).await, 0);
    let report = reconcile(billing).await.unwrap();
    assert_eq!(report.repaired, [format!("tenant {}: {id} had other terms, seats or dates", owner.organization)]);
    assert_eq!(shop.app.count(ends).await, 1);

    // A change made here by hand is replaced by Stripe's state.
    let admin = shop.app.test.admin().await;
    admin.batch_execute("update freehold.tenants set plan = 'pro', standing = 'suspended'").await.unwrap();
    assert_eq!(reconcile(billing).await.unwrap().repaired.len(), 1);
    assert_eq!(shop.standing(&owner).await.0, "starter/good");
}

#[tokio::test]
async fn what_an_operator_grants_holds_whatever_stripe_says() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let billing = shop.app.backbone.billing.as_ref().unwrap();
    let tenant = owner.organization.parse().unwrap();
    let enterprise = Plan { id: "enterprise".to_owned(), version: 1 };
    account_grant(billing, tenant, Some(&enterprise)).await.unwrap();
    assert_eq!(shop.standing(&owner).await, ("enterprise/good".to_owned(), "active".to_owned()));
    reconcile(billing).await.unwrap();
    billing.refresh(tenant).await.unwrap();
    assert_eq!(shop.standing(&owner).await.0, "enterprise/good");
    account_grant(billing, tenant, None).await.unwrap();
    assert_eq!(shop.standing(&owner).await, ("free/good".to_owned(), "free".to_owned()));
}

#[tokio::test]
async fn a_stripe_that_has_lost_a_customer_takes_nothing_from_it() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", "4242424242424242").await;
    // Another account answers: the key was replaced, or the sandbox's file is gone.
    shop.stripe("/_sandbox/reset", Some(&[])).await;
    let billing = shop.app.backbone.billing.as_ref().unwrap();
    let report = reconcile(billing).await.unwrap();
    assert_eq!((report.failed.len(), report.repaired.len()), (1, 0), "{report:?}");
    assert!(report.failed[0].contains("the key is of another account or mode"), "{report:?}");
    assert_eq!(shop.standing(&owner).await, ("starter/good".to_owned(), "active".to_owned()));
}
