//! What is secret at Stripe is not kept here.

use super::shop::Shop;
use crate::harness::secrets::Secrets;

#[tokio::test]
async fn no_column_holds_a_secret_of_stripe() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", "4242424242424242").await;
    let mut secrets = Secrets::default();
    for secret in shop.secrets() {
        secrets.add("a secret of our account", &secret);
    }
    let mut intents = 0;
    for path in ["/v1/payment_intents", "/v1/setup_intents", "/v1/checkout/sessions"] {
        for intent in shop.stripe(path, None).await["data"].as_array().unwrap() {
            if let Some(secret) = intent["client_secret"].as_str() {
                secrets.add(path, secret);
                intents += 1;
            }
        }
    }
    assert!(intents > 0, "nothing was paid");
    // The sandbox tells every event, those of payments too.
    let told = "select count(*) from freehold.stripe_events where type like 'payment_intent.%'";
    assert!(shop.app.count(told).await > 0);
    let found = secrets.found(&shop.app.test.admin().await).await;
    assert_eq!(found.into_iter().collect::<Vec<_>>(), Vec::<String>::new());
}

#[tokio::test]
async fn events_from_before_lose_their_secrets() {
    let shop = Shop::of("voice").await;
    let admin = shop.app.test.admin().await;
    let old = r#"insert into freehold.stripe_events
        (event_id, type, created_at, received_at, livemode, payload, state)
      values ('evt_old', 'payment_intent.created', now(), now(), false,
        '{"data": {"object": {"client_secret" : "pi_1_secret_\"x", "secret":"whsec_1", "secretary": "Ann", "next": {"a_secret": null}}}}',
        'ignored')"#;
    admin.batch_execute(old).await.unwrap();
    let migration = include_str!("../../../../billing/migrations/0008_event_secrets.sql");
    admin.batch_execute(&format!("set role freehold_owner; {migration}; reset role")).await.unwrap();
    let kept = "select payload::jsonb -> 'data' -> 'object' from freehold.stripe_events where event_id = 'evt_old'";
    let kept: serde_json::Value = admin.query_one(kept, &[]).await.unwrap().get(0);
    let expected = serde_json::json!({
        "client_secret": "[secret]", "secret": "[secret]", "secretary": "Ann", "next": { "a_secret": null }
    });
    assert_eq!(kept, expected);
}
