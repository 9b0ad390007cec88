//! The sandbox's webhooks, as they come over a socket.

use std::sync::Arc;

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use freehold_billing::stripe::{object::Event, signature, signature::SignatureError};
use freehold_core::Secret;
use tokio::{net::TcpListener, sync::Mutex};

use crate::lab::Lab;

type Heard = Arc<Mutex<Vec<(String, Bytes)>>>;

async fn ear() -> (String, Heard) {
    let heard = Heard::default();
    let hear = async |State(heard): State<Heard>, headers: HeaderMap, body: Bytes| {
        let header = headers["stripe-signature"].to_str().unwrap().to_owned();
        heard.lock().await.push((header, body));
    };
    let router = Router::new().route("/hook", post(hear)).with_state(Arc::clone(&heard));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, heard)
}

#[tokio::test]
async fn the_sandbox_signs_as_we_check() {
    let lab = Lab::start(21);
    let (url, heard) = ear().await;
    let hook = lab.client.webhook_endpoint_create(&url, &["customer.created", "price.created"]).await.unwrap();
    let secret = hook.secret.unwrap();
    let customer = lab.customer("pm_card_visa").await;
    lab.post("/_sandbox/flush", "rounds=3").await;
    let now = lab.clock.now();
    let (header, body) = heard.lock().await[0].clone();
    assert_eq!(signature::check(std::slice::from_ref(&secret), &header, &body, now), Ok(()));
    let event: Event = serde_json::from_slice(&body).unwrap();
    assert_eq!((event.r#type.as_str(), event.customer()), ("customer.created", Some(customer.id.as_str())));
    assert_eq!(signature::sign(std::slice::from_ref(&secret), &body, now), header);
    let other = [Secret::new("whsec_other")];
    assert_eq!(signature::check(&other, &header, &body, now), Err(SignatureError::NoMatch));

    // While the secret is rolled both sign, and whoever knows either believes.
    let rolled = lab.post(&format!("/_sandbox/webhook_endpoints/{}/roll", hook.id), "").await;
    let new = Secret::new(rolled["secret"].as_str().unwrap());
    lab.price("pro", 9900, "month").await;
    lab.post("/_sandbox/flush", "rounds=3").await;
    let (header, body) = heard.lock().await.last().unwrap().clone();
    for secrets in [vec![secret.clone()], vec![new.clone()], vec![new, secret]] {
        assert_eq!(signature::check(&secrets, &header, &body, now), Ok(()));
    }
}

#[tokio::test]
async fn a_wrong_signature_is_not_believed() {
    let lab = Lab::start(22);
    let (url, heard) = ear().await;
    let hook = lab.client.webhook_endpoint_create(&url, &["*"]).await.unwrap();
    lab.chaos("wrong_signature=1").await;
    lab.customer("pm_card_visa").await;
    lab.post("/_sandbox/flush", "rounds=1").await;
    let secrets = [hook.secret.unwrap()];
    for (header, body) in heard.lock().await.iter() {
        let verdict = signature::check(&secrets, header, body, lab.clock.now());
        assert_eq!(verdict, Err(SignatureError::NoMatch));
    }
    assert!(!heard.lock().await.is_empty());
}
