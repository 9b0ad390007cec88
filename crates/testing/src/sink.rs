//! A customer's server, on a socket, that answers as a test wants.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Response},
};
use freehold_outbound::signature::{Verifier, verify};
use jiff::Timestamp;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::eventually;

/// Listens until it is dropped, and stores the messages.
pub struct Sink {
    /// URL of an endpoint for it.
    pub url: String,
    desk: Desk,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Desk {
    heard: Arc<Mutex<Vec<Heard>>>,
    reply: Arc<Mutex<Reply>>,
}

/// The response to a message.
#[derive(Clone)]
pub struct Reply {
    /// The status of the response.
    pub status: u16,
    /// Headers of the response, each with its value.
    pub headers: Vec<(&'static str, String)>,
    /// The body of the response.
    pub body: &'static str,
    /// The time until it responds.
    pub after: Duration,
}

/// One message.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The headers of the message.
    pub headers: HeaderMap,
    /// The body of the message.
    pub body: Bytes,
}

impl Reply {
    /// A response with this status and nothing else.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: "", after: Duration::ZERO }
    }

    /// Adds this header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

impl Sink {
    /// A sink that accepts everything.
    pub async fn new() -> Self {
        Self::answering(Reply::status(200)).await
    }

    /// A sink that gives this response.
    pub async fn answering(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let desk = Desk { heard: Arc::default(), reply: Arc::new(Mutex::new(reply)) };
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let router = Router::new().fallback(hear).with_state(desk.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, desk, task }
    }

    /// Sets the response from now on.
    pub fn answer(&self, reply: Reply) {
        *self.desk.reply.lock().unwrap() = reply;
    }

    /// The messages so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.desk.heard.lock().unwrap().clone()
    }

    /// Waits until this many messages have arrived.
    pub async fn hears(&self, count: usize) -> Vec<Heard> {
        eventually(&format!("the sink hears {count} messages"), async || self.heard().len() >= count).await;
        self.heard()
    }
}

impl Heard {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The value of a header; empty when the message does not have it.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Id of the event.
    pub fn id(&self) -> String {
        self.header("webhook-id").to_owned()
    }

    /// Whether a receiver with this key accepts the message at that time.
    pub fn believed(&self, key: &str, now: Timestamp) -> bool {
        verify(&[Verifier::parse(key).unwrap()], &self.headers, &self.body, now).is_ok()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn hear(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    desk.heard.lock().unwrap().push(Heard { headers, body });
    let reply = desk.reply.lock().unwrap().clone();
    tokio::time::sleep(reply.after).await;
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}
