//! An endpoint that is slow, busy or down does not delay another.

use std::time::Duration;

use freehold_delivery::webhook::{Settings, sweep::sweep};
use serde_json::json;

use super::{
    Courier, Rang, endpoint_at, endpoint_for_all, owner, publish, ring,
    sink::{Heard, Reply, Sink},
    until_state,
};
use crate::harness::{app::TestApp, eventually};

/// Inserts as many deliveries as may wait for an endpoint.
async fn heap(app: &TestApp, endpoint: &str, count: i32) {
    let sql = "with made as (
        insert into freehold.events (tenant_id, id, position, type, version, data, occurred_at)
        select w.tenant_id, gen_random_uuid(), nextval('freehold.event_positions'), 'bell.rang', 3, '{\"number\": 0}', $3
        from freehold.webhook_endpoints as w, generate_series(1, $2) where w.id = $1::text::uuid
        returning tenant_id, id
      )
      insert into freehold.webhook_deliveries (tenant_id, endpoint_id, event_id, due_at, created_at)
      select tenant_id, $1::text::uuid, id, $3, $3 from made";
    let admin = app.test.admin().await;
    admin.execute(sql, &[&endpoint, &count, &app.clock().now()]).await.unwrap();
    let arm = "select freehold.webhook_lanes_arm(array[$1::text::uuid], $2)";
    admin.query(arm, &[&endpoint, &app.clock().now()]).await.unwrap();
}

#[tokio::test]
async fn a_slow_endpoint_with_a_heap_of_work_does_not_delay_another() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let slow = Sink::answering(Reply { after: Duration::from_hours(1), ..Reply::status(200) }).await;
    let fast = Sink::new().await;
    let (id, _) = endpoint_at(&app, &owner, &slow, json!({ "events": ["door.*"], "at_once": 4 })).await;
    heap(&app, &id, 100_000).await;
    endpoint_at(&app, &owner, &fast, json!({ "events": ["bell.*"] })).await;
    let _courier = Courier::with(&app, Settings { in_flight: 16, ..Courier::settings() });
    slow.hears(4).await;
    for number in 1..=20 {
        publish(&app, &owner, Rang { number }).await;
        fast.hears(usize::try_from(number).unwrap()).await;
    }
    // None of them waited for the many others: the slow endpoint has answered nothing yet.
    assert_eq!(slow.heard().len(), 4);
}

#[tokio::test]
async fn turns_are_taken_by_endpoints_and_not_by_deliveries() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let (many, few) = (Sink::new().await, Sink::new().await);
    let (id, _) = endpoint_at(&app, &owner, &many, json!({ "events": ["door.*"] })).await;
    heap(&app, &id, 2_000).await;
    let (id, _) = endpoint_at(&app, &owner, &few, json!({ "events": ["door.*"] })).await;
    heap(&app, &id, 50).await;
    let _courier = Courier::with(&app, Settings { in_flight: 8, ..Courier::settings() });
    few.hears(50).await;
    // The endpoint with fewer deliveries gets them long before the other has all of its own.
    let others = many.heard().len();
    assert!(others < 500, "{others}");
    until_state(&app, "delivered", 2_050).await;
}

#[tokio::test]
async fn no_endpoint_has_more_on_the_way_than_it_may() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let sink = Sink::answering(Reply { after: Duration::from_hours(1), ..Reply::status(200) }).await;
    let (id, _) = endpoint_at(&app, &owner, &sink, json!({ "at_once": 3 })).await;
    heap(&app, &id, 50).await;
    // Two processes share one limit.
    let _couriers = [Courier::start(&app), Courier::start(&app)];
    sink.hears(3).await;
    let leased = "select count(*) from freehold.webhook_deliveries where leased";
    for _ in 0..20 {
        ring(&app, &owner, 1).await;
        app.dispatch().await;
        assert_eq!(app.count(leased).await, 3);
    }
    assert_eq!(sink.heard().len(), 3);
}

#[tokio::test]
async fn a_throttle_lets_through_so_many_a_second() {
    let app = TestApp::new().await;
    let (owner, sink) = (owner(&app).await, Sink::new().await);
    let (id, _) = endpoint_at(&app, &owner, &sink, json!({ "per_second": 10 })).await;
    heap(&app, &id, 100).await;
    let courier = Courier::start(&app);
    let waiting = "select count(*) from freehold.webhook_deliveries where state = 'waiting'";
    let lane = "select count(*) from freehold.webhook_lanes where free_at <= $1";
    let (admin, mut sent) = (app.test.admin().await, Vec::new());
    for _ in 0..5 {
        // In steps of a twentieth of a second, each time until the limit is reached.
        for _ in 0..20 {
            app.clock().advance(jiff::SignedDuration::from_millis(50));
            eventually("the throttle's clock has caught up", async || {
                admin.query_one(lane, &[&app.clock().now()]).await.unwrap().get::<_, i64>(0) == 0
            })
            .await;
        }
        sent.push(100 - app.count(waiting).await);
    }
    courier.stop().await;
    let each: Vec<i64> = std::iter::once(sent[0]).chain(sent.windows(2).map(|pair| pair[1] - pair[0])).collect();
    assert!(each.iter().all(|count| (8..=12).contains(count)), "{each:?}");
}

#[tokio::test]
async fn deleting_an_endpoint_with_waiting_messages_disturbs_no_other() {
    let app = TestApp::new().await;
    let (owner, gone, other) = (owner(&app).await, Sink::answering(Reply::status(500)).await, Sink::new().await);
    let (id, _) = endpoint_for_all(&app, &owner, &gone).await;
    let courier = Courier::start(&app);
    ring(&app, &owner, 10).await;
    gone.hears(10).await;
    heap(&app, &id, 1_000).await;
    app.delete(&format!("/api/v1/webhooks/{id}")).key(&owner.key).send().await.expect(204);
    for path in [format!("/api/v1/webhooks/{id}"), format!("/api/v1/webhooks/{id}/deliveries")] {
        app.get(&path).key(&owner.key).send().await.refused(404, "not_found");
    }
    endpoint_for_all(&app, &owner, &other).await;
    app.advance_seconds(24 * 3_600);
    let event = publish(&app, &owner, Rang { number: 11 }).await;
    assert_eq!(other.hears(1).await.iter().map(Heard::id).collect::<Vec<_>>(), [event]);
    until_state(&app, "delivered", 1).await;
    courier.stop().await;
    sweep(&app.backbone.db).await.unwrap();
    assert_eq!(app.count("select count(*) from freehold.webhook_deliveries").await, 1);
    assert_eq!(app.count("select count(*) from freehold.webhook_endpoints").await, 1);
}

#[tokio::test]
async fn a_lane_that_sleeps_over_its_work_is_woken() {
    let app = TestApp::new().await;
    let (owner, sink) = (owner(&app).await, Sink::new().await);
    let (id, _) = endpoint_for_all(&app, &owner, &sink).await;
    heap(&app, &id, 3).await;
    let sleep = "update freehold.webhook_lanes set due_at = 'infinity'";
    app.test.admin().await.execute(sleep, &[]).await.unwrap();
    app.advance_seconds(600);
    let courier = Courier::start(&app);
    sweep(&app.backbone.db).await.unwrap();
    until_state(&app, "delivered", 3).await;
    courier.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_fails_keeps_two_places_from_the_others_and_no_more() {
    let app = TestApp::new().await;
    let (owner, sink) = (owner(&app).await, Sink::answering(Reply::status(500)).await);
    let (id, _) = endpoint_for_all(&app, &owner, &sink).await;
    let courier = Courier::start(&app);
    ring(&app, &owner, 1).await;
    sink.hears(1).await;
    eventually("the failure is known", async || {
        app.count("select count(*) from freehold.webhook_endpoints where failing_since is not null").await == 1
    })
    .await;
    sink.answer(Reply { after: Duration::from_hours(1), ..Reply::status(200) });
    heap(&app, &id, 50).await;
    sink.hears(3).await;
    for _ in 0..10 {
        ring(&app, &owner, 1).await;
        app.dispatch().await;
        assert_eq!(app.count("select count(*) from freehold.webhook_deliveries where leased").await, 2);
    }
    drop(courier);
}
