//! A customer's server that receives events.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use tokio::{net::TcpListener, task::JoinHandle};

type Messages = Arc<Mutex<HashMap<String, usize>>>;

/// Listens until it is dropped.
pub(crate) struct Sink {
    url: String,
    messages: Messages,
    server: JoinHandle<()>,
}

impl Sink {
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/told", listener.local_addr().unwrap());
        let messages = Messages::default();
        let router = Router::new().route("/told", post(take)).with_state(messages.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, messages, server }
    }

    /// The URL of the webhook endpoint.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How often each event was delivered.
    pub(crate) fn messages(&self) -> HashMap<String, usize> {
        self.messages.lock().unwrap().clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(messages): State<Messages>, headers: HeaderMap) -> StatusCode {
    let event = headers["webhook-id"].to_str().unwrap().to_owned();
    *messages.lock().unwrap().entry(event).or_default() += 1;
    StatusCode::NO_CONTENT
}
