//! Erasing an organization that paid: its customer at Stripe goes, and the invoices stay there.

use freehold_app::erasure::erasures_run;
use freehold_privacy::erasure::{
    purge::CALM,
    verify::{Subject, erasure_verify},
};
use jiff::SignedDuration;
use serde_json::json;

use super::{once::post, shop::Shop};

const CARD: &str = "4242424242424242";

#[tokio::test]
async fn an_organization_that_paid_is_erased_at_stripe_but_for_its_invoices() {
    let shop = Shop::of("voice").await;
    let (app, owner) = (&shop.app, shop.app.owner().await);
    shop.subscribe(&owner, "pro", CARD).await;
    let admin = app.test.admin().await;
    let customer = "select customer_id from freehold.billing_accounts where tenant_id::text = $1";
    let customer: String = admin.query_one(customer, &[&owner.organization]).await.unwrap().get(0);
    let path = format!("/api/v1/organizations/{}", owner.organization);
    let slug = app.get(&path).person(&owner).send().await.expect(200).at("/slug");
    let request = || app.post(&format!("{path}/deletion")).person(&owner).json(&json!({ "slug": slug })).send();
    request().await.refused(409, "conflict");
    post(&shop, &owner, "cancel", json!({})).await.expect(200);
    request().await.expect(202);
    post(&shop, &owner, "resume", json!({})).await.refused(409, "organization_closing");
    let invoices = shop.stripe(&format!("/v1/invoices?customer={customer}"), None).await;
    assert_eq!(invoices["data"].as_array().unwrap().len(), 1);

    // The subscription ends with its period, which is longer than the grace period, and then with the customer.
    app.clock().advance(SignedDuration::from_hours(24 * 30));
    erasures_run(&app.backbone.app).await.unwrap();
    let deleted = shop.stripe(&format!("/v1/customers/{customer}"), None).await;
    assert_eq!(deleted["deleted"], true);
    // Stripe tells of the deletion, with the name and the address of the customer.
    shop.settle().await;
    let late = "insert into freehold.stripe_events
      (event_id, type, created_at, received_at, livemode, customer_id, payload, state)
      values ('evt_late', 'customer.deleted', now(), now(), false, $1, '{\"name\": \"Ada\"}', 'waiting')";
    admin.execute(late, &[&customer]).await.unwrap();
    let told = "select count(*), count(*) filter (where payload::text <> '{}' or state <> 'ignored') from freehold.stripe_events
                where customer_id = $1";
    let told = admin.query_one(told, &[&customer]).await.unwrap();
    assert!(told.get::<_, i64>(0) > 0, "Stripe sent no event");
    assert_eq!(told.get::<_, i64>(1), 0, "what the events say is stored, or waits");
    app.clock().advance(CALM + SignedDuration::from_secs(1));
    erasures_run(&app.backbone.app).await.unwrap();

    let subject = Subject::Tenant(owner.organization.parse().unwrap());
    let found = erasure_verify(&app.backbone.db, &app.backbone.files.storage, subject, &[]).await.unwrap();
    let left: Vec<_> = found.traces.iter().filter(|trace| trace.kept.is_none()).collect();
    assert!(left.is_empty(), "{left:#?}");
    assert_eq!(found.customer_id, Some(customer.clone()));
    let kept = shop.stripe(&format!("/v1/invoices?customer={customer}"), None).await;
    assert_eq!(kept["data"][0]["id"], invoices["data"][0]["id"]);
    erasures_run(&app.backbone.app).await.unwrap();
}
