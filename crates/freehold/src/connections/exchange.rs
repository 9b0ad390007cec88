//! A request and its answer, which update the activity of their connection.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};

use super::registry::Entry;

/// A request whose answer the client has not read completely. Its clones are the same request.
#[derive(Clone)]
pub(super) struct Exchange(Arc<Inner>);

struct Inner {
    entry: Arc<Entry>,
    /// The next step is the client's.
    handed_over: AtomicBool,
}

impl Exchange {
    pub(super) fn begin(entry: Arc<Entry>) -> Self {
        entry.activity.request_begin();
        Self(Arc::new(Inner { entry, handed_over: AtomicBool::new(false) }))
    }

    /// Wraps the body of the request, which the client has to send.
    pub(super) fn question(&self, body: Incoming) -> Body {
        if body.is_end_stream() { Body::empty() } else { Body::new(Question { body, exchange: self.clone() }) }
    }

    /// Wraps the answer, which the client has to read.
    pub(super) fn answer(self, body: Body) -> Answer {
        self.hand_over();
        Answer { body, rest: Bytes::new(), exchange: self }
    }

    fn hand_over(&self) {
        self.0.hand_over();
    }

    fn take_over(&self) {
        if self.0.handed_over.swap(false, Relaxed) {
            self.0.entry.activity.take_over();
        }
    }
}

impl Inner {
    fn hand_over(&self) {
        if !self.handed_over.swap(true, Relaxed) {
            self.entry.activity.hand_over();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.hand_over();
        self.entry.activity.request_end();
    }
}

/// The body of a request. While a part of it is missing, the next step is the client's.
struct Question {
    body: Incoming,
    exchange: Exchange,
}

impl HttpBody for Question {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if frame.is_pending() {
            self.exchange.hand_over();
        } else {
            self.exchange.take_over();
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

impl Drop for Question {
    /// Records that the body is not read any further: the answer comes next.
    fn drop(&mut self) {
        self.exchange.take_over();
    }
}

/// Most bytes of one part. On HTTP/2 hyper passes on a whole part as soon as the client accepts one byte, and a long
/// answer would seem to have ended.
const PART: usize = 64 * 1024;

/// The body of an answer. hyper requests its next part when the client has read the previous ones.
pub(super) struct Answer {
    body: Body,
    /// The unsent rest of the last part.
    rest: Bytes,
    exchange: Exchange,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.exchange.take_over();
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)).map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) if data.len() > PART => self.rest = data,
                other => {
                    self.exchange.hand_over();
                    return Poll::Ready(
                        other.map(|frame| frame.map(|data| data.map_or_else(|frame| frame, Frame::data))),
                    );
                }
            }
        }
        self.exchange.hand_over();
        let length = self.rest.len().min(PART);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, after) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(after.lower() + rest);
        if let Some(upper) = after.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;
    use crate::connections::{Caps, activity::Doing, registry::Registry};

    #[tokio::test]
    async fn a_long_answer_leaves_in_parts_and_ends_when_the_last_has_left() {
        let registry = Registry::new(Caps { most: 10, most_per_address: 10 });
        let slot = registry.admit("192.0.2.1".parse().unwrap(), false).unwrap();
        let text: Vec<u8> = (0..200_000u32).map(|number| (number % 251) as u8).collect();
        let mut answer = Exchange::begin(slot.entry()).answer(Body::from(text.clone()));
        let mut read = Vec::new();
        while !answer.is_end_stream() {
            assert_eq!(answer.size_hint().exact(), Some((text.len() - read.len()) as u64));
            let frame = poll_fn(|cx| Pin::new(&mut answer).poll_frame(cx)).await.unwrap().unwrap();
            let data = frame.into_data().unwrap();
            assert!(!data.is_empty() && data.len() <= PART);
            read.extend_from_slice(&data);
            assert_eq!(slot.activity().doing(), Doing::Stalled, "until the client asks for more");
        }
        assert_eq!(read, text);
        drop(answer);
        assert_eq!(slot.activity().doing(), Doing::Idle);
    }
}
