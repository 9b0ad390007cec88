//! A request and its answer, which say what the connection they are on is doing.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

use super::registry::Entry;

/// A request whose answer the client has not taken to the end.
pub(super) struct Exchange {
    entry: Arc<Entry>,
    /// The client has to do something next.
    handed_over: bool,
}

impl Exchange {
    pub(super) fn begin(entry: Arc<Entry>) -> Self {
        entry.activity.request_begin();
        Self { entry, handed_over: false }
    }

    /// With this answer, which the client now has to take.
    pub(super) fn answer(mut self, body: Body) -> Answer {
        self.hand_over();
        Answer { body, exchange: self }
    }

    fn hand_over(&mut self) {
        if !std::mem::replace(&mut self.handed_over, true) {
            self.entry.activity.hand_over();
        }
    }

    fn take_over(&mut self) {
        if std::mem::replace(&mut self.handed_over, false) {
            self.entry.activity.take_over();
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.hand_over();
        self.entry.activity.request_end();
    }
}

/// The body of an answer. hyper asks for its next part when the client has taken those before.
pub(super) struct Answer {
    body: Body,
    exchange: Exchange,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.exchange.take_over();
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if frame.is_ready() {
            self.exchange.hand_over();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
