//! A time limit of its own for a route.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use axum::extract::Request;
use tower::{Layer, Service};

use crate::frame::RequestSlot;

/// A layer of routes whose requests may take longer than 30 seconds: uploads and downloads of large files.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimit(pub Duration);

impl<S> Layer<S> for TimeLimit {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited { inner, limit: self.0 }
    }
}

/// The service of a [`TimeLimit`].
#[derive(Clone, Debug)]
pub struct Limited<S> {
    inner: S,
    limit: Duration,
}

impl<S: Service<Request>> Service<Request> for Limited<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> S::Future {
        if let Some(slot) = request.extensions().get::<RequestSlot>() {
            // The innermost layer is called last, and the outermost has already been heard.
            let _ = slot.0.time_limit.set(self.limit);
        }
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;
    use tower::{ServiceExt, service_fn};

    use super::*;

    #[tokio::test]
    async fn the_frame_hears_the_limit_of_the_route() {
        let slot = RequestSlot::default();
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(slot.clone());
        let route = service_fn(async |_: Request| Ok::<_, Infallible>(()));
        TimeLimit(Duration::from_mins(10)).layer(route).oneshot(request).await.unwrap();
        assert_eq!(slot.0.time_limit.get(), Some(&Duration::from_mins(10)));
    }
}
