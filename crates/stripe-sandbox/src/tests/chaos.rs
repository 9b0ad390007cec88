//! Chaos is repeatable, and only the deliveries that it drops are lost.

use serde_json::Value;

use super::Bench;
use crate::{form::Params, knob};

/// What an endpoint received when each fault had a probability of one third.
fn received(seed: &str) -> (Vec<String>, Value, Vec<String>) {
    let mut bench = Bench::new();
    bench.post("webhook_endpoints", &[("url", "http://127.0.0.1:9/"), ("enabled_events[]", "customer.created")]);
    let knobs = [
        ("duplicate", "0.3"),
        ("reorder", "0.5"),
        ("drop", "0.3"),
        ("delay", "0.3"),
        ("delay_ms", "9000"),
        ("seed", seed),
        ("concurrency", "100"),
    ];
    knob::chaos(&mut bench.0, Params::of(&knobs)).unwrap();
    let made: Vec<String> = (0..20).map(|_| super::id(&bench.post("customers", &[]))).collect();
    let mut order = Vec::new();
    for _ in 0..100 {
        bench.0.sandbox_ms += 100;
        for outgoing in bench.0.deliveries_take(1) {
            let event: Value = serde_json::from_str(&outgoing.body).unwrap();
            order.push(event["data"]["object"]["id"].as_str().unwrap().to_owned());
            bench.0.delivery_end(outgoing.number, Ok(200));
        }
    }
    (order, bench.0.deliveries_count(), made)
}

#[test]
fn the_same_seed_makes_the_same_chaos() {
    assert_eq!(received("1"), received("1"));
    assert_ne!(received("1").0, received("2").0);
}

#[test]
fn what_is_not_dropped_arrives_and_some_of_it_twice_and_late() {
    let (order, counts, made) = received("3");
    let dropped = usize::try_from(counts["dropped"].as_u64().unwrap()).unwrap();
    let mut distinct = order.clone();
    distinct.sort();
    distinct.dedup();
    assert!(dropped > 0 && distinct.len() < order.len(), "{counts}");
    assert_eq!((counts["waiting"].as_u64(), counts["failed"].as_u64()), (Some(0), Some(0)));
    let places: Vec<usize> = order.iter().filter_map(|id| made.iter().position(|other| other == id)).collect();
    assert!(!places.is_sorted(), "nothing was reordered: {places:?}");
}

#[test]
fn a_refused_delivery_is_tried_again_by_its_schedule_and_then_given_up() {
    let mut bench = Bench::new();
    bench.post("webhook_endpoints", &[("url", "http://127.0.0.1:9/"), ("enabled_events[]", "*")]);
    knob::chaos(&mut bench.0, Params::of(&[("retry_seconds[]", "10"), ("retry_seconds[]", "60")])).unwrap();
    bench.post("customers", &[]);
    let mut tries = Vec::new();
    for second in 0..200 {
        bench.advance(1);
        for outgoing in bench.0.deliveries_take(1) {
            tries.push(second);
            bench.0.delivery_end(outgoing.number, Ok(500));
        }
    }
    assert_eq!(tries, [0, 10, 70]);
    let failed = bench.call("GET", "events", &[("delivery_success", "false")]).unwrap();
    assert_eq!(failed["data"].as_array().unwrap().len(), 1);
    let counts = bench.0.deliveries_count();
    assert_eq!(counts["failed"], 1);
    let event = failed["data"][0]["id"].as_str().unwrap().to_owned();
    crate::delivery::resend(&mut bench.0, &event).unwrap();
    let again = bench.0.deliveries_take(1);
    assert_eq!(again.len(), 1);
    bench.0.delivery_end(again[0].number, Ok(204));
    let failed = bench.call("GET", "events", &[("delivery_success", "false")]).unwrap();
    assert_eq!(failed["data"].as_array().unwrap().len(), 0);
}

#[test]
fn a_rolled_secret_signs_beside_the_new_one_until_its_time_is_over() {
    let mut bench = Bench::new();
    let made = bench.post("webhook_endpoints", &[("url", "http://127.0.0.1:9/"), ("enabled_events[]", "*")]);
    let roll = Params::of(&[("overlap_seconds", "60")]);
    let rolled = crate::endpoint::roll(&mut bench.0, made["id"].as_str().unwrap(), roll).unwrap();
    assert_ne!(made["secret"], rolled["secret"]);
    let signatures = |bench: &mut Bench| {
        bench.post("customers", &[]);
        let outgoing = bench.0.deliveries_take(1);
        let count = outgoing[0].signature.matches(",v1=").count();
        bench.0.delivery_end(outgoing[0].number, Ok(200));
        count
    };
    assert_eq!(signatures(&mut bench), 2);
    bench.advance(61);
    assert_eq!(signatures(&mut bench), 1);
}
