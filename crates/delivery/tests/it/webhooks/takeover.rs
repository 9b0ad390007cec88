//! Senders that die, and a database that does not answer.

use std::{collections::BTreeSet, time::Duration};

use freehold_jobs::outbox::event_publish;
use tokio::time::sleep;

use super::{
    Courier, Rang, endpoint_for_all, house, owner, publish, ring,
    sink::{Heard, Reply, Sink},
    until_state,
};
use crate::harness::{
    app::{Person, TestApp},
    eventually,
};

#[tokio::test]
async fn what_a_dead_sender_had_leased_another_takes_over() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let sink = Sink::answering(Reply { after: Duration::from_hours(1), ..Reply::status(200) }).await;
    endpoint_for_all(&app, &owner, &sink).await;
    let events: BTreeSet<String> = ring(&app, &owner, 5).await.into_iter().collect();
    let dead = Courier::start(&app);
    sink.hears(5).await;
    drop(dead);
    sink.answer(Reply::status(200));
    let courier = Courier::start(&app);
    // Until its lease expires it counts as alive.
    let late = publish(&app, &owner, Rang { number: 6 }).await;
    until_state(&app, "delivered", 1).await;
    assert_eq!(sink.heard()[5].id(), late);
    app.advance_seconds(31);
    until_state(&app, "delivered", 6).await;
    courier.stop().await;
    assert_eq!(sink.heard()[6..].iter().map(Heard::id).collect::<BTreeSet<_>>(), events);
}

#[tokio::test]
async fn a_sender_that_is_told_to_stop_waits_for_what_is_on_the_way() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let sink = Sink::answering(Reply { after: Duration::from_millis(300), ..Reply::status(200) }).await;
    endpoint_for_all(&app, &owner, &sink).await;
    ring(&app, &owner, 5).await;
    let courier = Courier::start(&app);
    sink.hears(5).await;
    courier.stop().await;
    assert_eq!(app.count("select count(*) from freehold.webhook_deliveries where state = 'delivered'").await, 5);
}

#[tokio::test]
async fn several_processes_share_the_work_and_send_everything_once() {
    let app = TestApp::new().await;
    let (owner, sink) = (owner(&app).await, Sink::new().await);
    for _ in 0..5 {
        endpoint_for_all(&app, &owner, &sink).await;
    }
    let couriers = [Courier::start(&app), Courier::start(&app), Courier::start(&app)];
    let events = ring(&app, &owner, 60).await;
    until_state(&app, "delivered", 300).await;
    for courier in couriers {
        courier.stop().await;
    }
    // No sender died, so nothing was sent twice.
    let mut heard: Vec<String> = sink.heard().iter().map(Heard::id).collect();
    heard.sort();
    let mut expected: Vec<String> = events.iter().flat_map(|event| std::iter::repeat_n(event.clone(), 5)).collect();
    expected.sort();
    assert_eq!(heard, expected);
}

/// Publishes over any connection that still works, as a client does that got 503.
async fn publish_surely(app: &TestApp, owner: &Person, number: i32) -> String {
    let caller = house(owner);
    loop {
        let Ok(mut tx) = app.backbone.db.tenant(&caller).begin().await else { continue };
        if let Ok(id) = event_publish(&mut tx, &Rang { number }).await {
            tx.commit().await.unwrap();
            return id.to_string();
        }
    }
}

#[tokio::test]
async fn connections_that_break_lose_nothing() {
    let app = TestApp::new().await;
    let (owner, sink) = (owner(&app).await, Sink::new().await);
    endpoint_for_all(&app, &owner, &sink).await;
    let courier = Courier::start(&app);
    let admin = app.test.admin().await;
    let mut events = BTreeSet::new();
    for number in 1..=30 {
        events.insert(publish_surely(&app, &owner, number).await);
        if number % 10 == 0 {
            let kill = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                        where datname = current_database() and pid <> pg_backend_pid()";
            admin.query_one(kill, &[]).await.unwrap();
            // A sender that was claiming at that moment gives up its deliveries; their lease expires.
            app.advance_seconds(31);
        }
    }
    let delivered = "select count(*) from freehold.webhook_deliveries where state = 'delivered'";
    eventually("all deliveries are delivered", async || {
        if app.count(delivered).await == 30 {
            return true;
        }
        // A sender can find a broken connection later, too, after it has claimed deliveries.
        sleep(Duration::from_secs(1)).await;
        app.advance_seconds(31);
        false
    })
    .await;
    courier.stop().await;
    assert_eq!(sink.heard().iter().map(Heard::id).collect::<BTreeSet<_>>(), events);
}
