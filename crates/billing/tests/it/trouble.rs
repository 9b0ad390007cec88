//! A Stripe that misbehaves: what was asked for is done once, or it is said why not.

use std::time::Duration;

use freehold_billing::stripe::{
    self, Client, Kind, Settings,
    request::{ItemChange, NewCustomer, Proration, SubscriptionUpdate},
};
use freehold_core::{Clock, Error, Random, Secret, codes};

use crate::lab::{Lab, client, tenant};

fn ada() -> NewCustomer {
    NewCustomer { name: Some("Ada".to_owned()), email: None, tenant: tenant() }
}

#[tokio::test]
async fn what_fails_twice_goes_well_the_third_time() {
    let lab = Lab::start(11);
    for status in [429, 500, 503] {
        lab.chaos(&format!("fail_next=2&fail_status={status}")).await;
        let before = lab.client.customer_create(&ada(), &lab.client.idempotency_key()).await;
        assert!(before.is_ok(), "{status}: {before:?}");
    }
    assert_eq!(lab.count("customers").await, 3);
}

#[tokio::test]
async fn what_fails_three_times_is_unavailable() {
    let lab = Lab::start(12);
    lab.chaos("fail_next=3&fail_status=503").await;
    let error = lab.client.customer_create(&ada(), "k").await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (Kind::Unavailable, Some(503)));
    assert!(Error::from(error).is(codes::UNAVAILABLE));
    assert_eq!(lab.count("customers").await, 0);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_found_under_its_key() {
    let lab = Lab::start(13);
    lab.chaos("lose=1").await;
    // Done, and answered with a 500: only the key of idempotency tells that it need not be done again.
    for _ in 0..5 {
        lab.client.customer_create(&ada(), &lab.client.idempotency_key()).await.unwrap();
    }
    let price = lab.price("once", 100, "month").await;
    lab.chaos("lose=0").await;
    assert_eq!((lab.count("customers").await, lab.count("prices").await), (5, 1));
    assert_eq!(lab.client.price_find("once").await.unwrap().unwrap().id, price.id);
}

#[tokio::test]
async fn half_of_everything_failing_makes_nothing_twice() {
    let lab = Lab::start(14);
    lab.chaos("fail=0.2&fail_status=500&lose=0.3&seed=5").await;
    let mut made = 0;
    for number in 0..40 {
        let key = format!("customer_{number}");
        // Whoever is told that it failed asks again under the same key, as our jobs do.
        while lab
            .client
            .customer_create(&NewCustomer { tenant: freehold_core::Id::new(uuid::Uuid::nil()), ..ada() }, &key)
            .await
            .is_err()
        {}
        made += 1;
    }
    lab.chaos("fail=0&lose=0").await;
    assert_eq!((made, lab.count("customers").await), (40, 40));
}

#[tokio::test]
async fn a_refused_card_changes_nothing_and_is_told() {
    let lab = Lab::start(15);
    let customer = lab.customer("pm_card_visa").await;
    let (starter, pro) = (lab.price("starter", 2900, "month").await, lab.price("pro", 9900, "month").await);
    let made = lab.subscribe(&customer, &starter).await;
    lab.card(&customer.id, "pm_card_chargeCustomerFail").await;
    let item = ItemChange { id: &made.items[0].id, price: Some(&pro.id), quantity: None };
    let upgrade = SubscriptionUpdate {
        items: vec![item],
        proration: Some(Proration::AtOnce),
        only_if_paid: true,
        ..SubscriptionUpdate::default()
    };
    let error = lab.client.subscription_update(&made.id, &upgrade, None).await.unwrap_err();
    assert_eq!((error.kind(), error.code(), error.status()), (Kind::CardDeclined, Some("card_declined"), Some(402)));
    assert!(Error::from(error).is(freehold_billing::codes::PAYMENT_FAILED));
    assert_eq!(lab.client.subscription_get(&made.id).await.unwrap().unwrap(), made);
    lab.card(&customer.id, "pm_card_visa").await;
    let paid = lab.client.subscription_update(&made.id, &upgrade, None).await.unwrap();
    assert_eq!(paid.items[0].price.lookup_key.as_deref(), Some("pro"));
}

#[tokio::test]
async fn nobody_there_is_unavailable_after_a_moment() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&url, "sk_test_hidden").account_get().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (Kind::Unavailable, None));
    assert!(error.message().contains("cannot be reached"), "{error:?}");
    assert!(!format!("{error:?}{:?}", Error::from(error.clone())).contains("hidden"));
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_not_waited_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Takes connections, and says nothing on them.
    let silent = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok(connection) = listener.accept().await {
            open.push(connection);
        }
    });
    let asked = client(&url, "sk_test_x");
    let asking = tokio::spawn(async move { asked.account_get().await });
    // The connection is there before time is taken into our hands.
    tokio::task::yield_now().await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(16)).await;
    let error = asking.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    silent.abort();
}

#[tokio::test]
async fn a_key_does_not_travel_in_the_open() {
    let make = |url: &str| {
        Client::new(Settings {
            url: url.to_owned(),
            key: Secret::new("sk_test_x"),
            clock: Clock::system(),
            random: Random::system(),
        })
    };
    for url in ["http://api.stripe.com", "http://10.0.0.1:12111", "ftp://127.0.0.1", "api.stripe.com", "", "https://"] {
        assert!(make(url).is_err(), "{url}");
    }
    for url in [stripe::URL, "http://127.0.0.1:12111", "http://[::1]:12111/", "http://localhost:1"] {
        assert_eq!(make(url).unwrap().url(), url.trim_end_matches('/'), "{url}");
    }
}
