//! Stripe's secrets are not stored here.

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
    // The sandbox sends every event, including those of payments.
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
        'ignored'),
        ('evt_portal', 'billing_portal.session.created', now(), now(), false,
        '{"data": {"object": {"object": "billing_portal.session", "url": "https://billing.example/p/\"x", "return_url": "/b"}}}',
        'ignored'),
        ('evt_configuration', 'billing_portal.configuration.created', now(), now(), false,
        '{"data": {"object": {"object": "billing_portal.configuration", "url": "https://billing.example/p"}}}', 'ignored')"#;
    admin.batch_execute(old).await.unwrap();
    for migration in [
        include_str!("../../../../billing/migrations/0008_event_secrets.sql"),
        include_str!("../../../../billing/migrations/0009_event_sessions.sql"),
    ] {
        admin.batch_execute(&format!("set role freehold_owner; {migration}; reset role")).await.unwrap();
    }
    let kept = async |event: &str| -> serde_json::Value {
        let kept = "select payload::jsonb -> 'data' -> 'object' from freehold.stripe_events where event_id = $1";
        admin.query_one(kept, &[&event]).await.unwrap().get(0)
    };
    let portal = serde_json::json!({ "object": "billing_portal.session", "url": "[secret]", "return_url": "/b" });
    assert_eq!(kept("evt_portal").await, portal);
    assert_eq!(kept("evt_configuration").await["url"], "https://billing.example/p");
    let expected = serde_json::json!({
        "client_secret": "[secret]", "secret": "[secret]", "secretary": "Ann", "next": { "a_secret": null }
    });
    assert_eq!(kept("evt_old").await, expected);
}
