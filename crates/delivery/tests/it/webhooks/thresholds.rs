//! Alerts: usage that reaches a threshold, each announced once.

use freehold_core::Caller;
use freehold_jobs::outbox::Event;
use freehold_metering::{
    event::ThresholdReached,
    usage::{usage_commit, usage_record, usage_release, usage_reserve},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::house;
use crate::harness::app::{Person, TestApp};

/// Percentage and usage of every alert about a meter.
async fn told(app: &TestApp, owner: &Person, meter: &str) -> Vec<(i64, i64)> {
    app.dispatch().await;
    let listed = app.get("/api/v1/events?type=usage.*&limit=200").key(&owner.key).send().await.expect(200).json();
    let alerts =
        listed["data"].as_array().unwrap().iter().map(|event| &event["data"]).filter(|data| data["meter"] == meter);
    alerts.map(|data| (data["percent"].as_i64().unwrap(), data["used"].as_i64().unwrap())).collect()
}

/// On the free plan: 50 calls a month, 1 workflow.
async fn free(app: &TestApp) -> (Person, Caller) {
    let owner = app.owner().await;
    let plan = freehold_core::Plan { id: "free".to_owned(), version: 1 };
    let caller = Caller::system(house(&owner).tenant(), "test", plan, freehold_core::Standing::Good);
    (owner, caller)
}

async fn call(app: &TestApp, caller: &Caller, count: i64) {
    record(app, caller, "calls", count).await;
}

async fn record(app: &TestApp, caller: &Caller, meter: &str, count: i64) {
    let allowance = app.backbone.entitlements.allowance(&app.backbone.db, caller, meter).await.unwrap();
    let mut tx = app.backbone.db.tenant(caller).begin().await.unwrap();
    usage_record(&mut tx, &allowance, app.test.uuid(), count).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn eighty_ninety_and_a_hundred_percent_are_told_once_a_period() {
    let app = TestApp::new().await;
    let (owner, caller) = free(&app).await;
    for _ in 0..50 {
        app.advance_seconds(1);
        call(&app, &caller, 1).await;
    }
    assert_eq!(told(&app, &owner, "calls").await, [(80, 40), (90, 45), (100, 50)]);
    let listed = app.get("/api/v1/events?type=usage.threshold_reached").key(&owner.key).send().await.expect(200).json();
    assert_eq!(
        listed["data"][0]["data"],
        json!({ "meter": "calls", "percent": 80, "used": 40, "limit": 50, "period_start": "2026-03-01T00:00:00Z" })
    );
    let sample = serde_json::to_value(ThresholdReached::sample()).unwrap();
    let mut said: Vec<&String> = listed["data"][0]["data"].as_object().unwrap().keys().collect();
    let mut documented: Vec<&String> = sample.as_object().unwrap().keys().collect();
    said.sort();
    documented.sort();
    assert_eq!(said, documented);
    // The next month is another period.
    app.clock().advance(SignedDuration::from_hours(24 * 20));
    call(&app, &caller, 44).await;
    assert_eq!(told(&app, &owner, "calls").await[3..], [(80, 44)]);
}

#[tokio::test]
async fn of_several_crossed_at_once_the_highest_is_told() {
    let app = TestApp::new().await;
    let (owner, caller) = free(&app).await;
    call(&app, &caller, 47).await;
    assert_eq!(told(&app, &owner, "calls").await, [(90, 47)]);
}

#[tokio::test]
async fn a_promise_counts_and_its_giving_back_is_no_reason_to_tell_again() {
    let app = TestApp::new().await;
    let (owner, caller) = free(&app).await;
    call(&app, &caller, 39).await;
    let allowance = app.backbone.entitlements.allowance(&app.backbone.db, &caller, "calls").await.unwrap();
    for released in [true, false] {
        app.advance_seconds(1);
        let (promise, now) = (app.test.uuid(), app.clock().now());
        let mut tx = app.backbone.db.tenant(&caller).begin().await.unwrap();
        let until = now + SignedDuration::from_hours(1);
        usage_reserve(&mut tx, &allowance, promise, 1, until).await.unwrap();
        if released {
            assert!(usage_release(&mut tx, "calls", allowance.period_start, promise).await.unwrap());
        } else {
            // It used more than was reserved, and that causes an alert.
            usage_commit(&mut tx, "calls", allowance.period_start, promise, 6).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    assert_eq!(told(&app, &owner, "calls").await, [(80, 40), (90, 45)]);
}

#[tokio::test]
async fn what_comes_and_goes_is_told_once_a_day() {
    let app = TestApp::new().await;
    let (owner, caller) = free(&app).await;
    let full = async || {
        record(&app, &caller, "workflows", 1).await;
        record(&app, &caller, "workflows", -1).await;
        told(&app, &owner, "workflows").await.len()
    };
    assert_eq!((full().await, full().await), (1, 1));
    app.advance_seconds(24 * 3_600);
    assert_eq!((full().await, full().await), (2, 2));
    let listed = app.get("/api/v1/events?type=usage.*").key(&owner.key).send().await.expect(200).json();
    assert_eq!(listed["data"][0]["data"]["period_start"], Value::Null);
}

#[tokio::test]
async fn another_limit_is_told_of_anew_and_no_limit_never() {
    let app = TestApp::new().await;
    let (owner, caller) = free(&app).await;
    call(&app, &caller, 40).await;
    let plan = |id: &str| freehold_core::Plan { id: id.to_owned(), version: 1 };
    let on = |id: &str| Caller::system(caller.tenant(), "test", plan(id), freehold_core::Standing::Good);
    call(&app, &on("starter"), 359).await;
    assert_eq!(told(&app, &owner, "calls").await, [(80, 40)]);
    call(&app, &on("starter"), 1).await;
    assert_eq!(told(&app, &owner, "calls").await, [(80, 40), (80, 400)]);
    call(&app, &on("enterprise"), 100_000).await;
    assert_eq!(told(&app, &owner, "calls").await.len(), 2);
}
