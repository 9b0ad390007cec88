//! Messages received on a customer's socket, checked by the official verifiers.

use freehold_core::{Clock, Secret};
use serde_json::json;

use super::{
    Courier, Rang, endpoint_for_all, owner, publish,
    sink::{Heard, Sink},
};
use crate::{
    harness::app::TestApp,
    outbound::verifiers::{Received, all_accept, all_refuse, ed25519, official},
};

#[tokio::test]
async fn the_official_verifiers_accept_what_arrives_and_refuse_it_tampered() {
    let app = TestApp::new().await;
    // They use the machine's clock, so the server uses it here, too.
    app.clock().advance(Clock::system().now().duration_since(app.clock().now()));
    let (owner, sink, courier) = (owner(&app).await, Sink::new().await, Courier::start(&app));
    let (id, secret) = endpoint_for_all(&app, &owner, &sink).await;
    publish(&app, &owner, Rang { number: 1 }).await;
    let first = received(&sink.hears(1).await[0]);

    // From now on signed with both keys, each with a signature of its own kind; a sender caches an endpoint for a
    // second, a new one reads it at once.
    courier.stop().await;
    let path = format!("/api/v1/webhooks/{id}/secret");
    let rotated = app.post(&path).person(&owner).json(&json!({ "signature": "v1a" })).send().await.expect(201);
    let _courier = Courier::start(&app);
    publish(&app, &owner, Rang { number: 2 }).await;
    let second = received(&sink.hears(2).await[1]);

    let (secret, public) = (Secret::new(secret), Secret::new(rotated.at("/public_key")));
    all_accept(&official(&[(&secret, first.clone()), (&secret, second.clone())]));
    all_accept(&ed25519(&[(&public, second.clone())]));
    all_refuse(&official(&[(&secret, tampered(&first)), (&secret, tampered(&second))]));
    all_refuse(&ed25519(&[(&public, tampered(&second))]));
}

fn received(heard: &Heard) -> Received {
    let header = |name| heard.header(name).to_owned();
    Received {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: String::from_utf8(heard.body.to_vec()).unwrap(),
    }
}

fn tampered(message: &Received) -> Received {
    let body = message.body.replace("bell.rang", "bell.sang");
    assert_ne!(body, message.body);
    Received { body, ..message.clone() }
}
