//! A simulated engine that a test controls.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::harness::eventually;

/// Listens until it is dropped, stores the messages, and accepts every run by default.
pub(super) struct StandIn {
    pub(super) url: String,
    desk: Desk,
    task: JoinHandle<()>,
}

#[derive(Clone, Default)]
struct Desk {
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<VecDeque<Reply>>>,
}

/// A status and, if given, a `Retry-After`.
type Reply = (u16, Option<u32>);

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl StandIn {
    pub(super) async fn new() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(super) fn on(listener: TcpListener) -> Self {
        let desk = Desk::default();
        let url = format!("http://{}/engine", listener.local_addr().unwrap());
        let router = Router::new().route("/engine", post(hear)).with_state(desk.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, desk, task }
    }

    /// Answers the next messages with these statuses and, if given, a `Retry-After`.
    pub(super) fn answers(&self, answers: impl IntoIterator<Item = Reply>) {
        self.desk.answers.lock().unwrap().extend(answers);
    }

    pub(super) fn heard(&self) -> Vec<Heard> {
        self.desk.heard.lock().unwrap().clone()
    }

    /// Waits until this many messages have arrived.
    pub(super) async fn hears(&self, count: usize) -> Vec<Heard> {
        eventually(&format!("the engine hears {count} messages"), async || self.heard().len() >= count).await;
        self.heard()
    }
}

impl Heard {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn hear(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    desk.heard.lock().unwrap().push(Heard { headers, body });
    let answer = desk.answers.lock().unwrap().pop_front();
    let (status, after) = answer.unwrap_or((202, None));
    let status = StatusCode::from_u16(status).unwrap();
    match after {
        Some(after) => (status, [("retry-after", after.to_string())]).into_response(),
        None => status.into_response(),
    }
}
