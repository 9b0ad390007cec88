//! [`gallery`] holds the tricks, [`refused`] shows them to everybody who has to refuse them, [`names`] plays DNS that
//! changes its mind, [`sending`] and [`tls`] hold what a request is promised, [`opened`] what an operator opens.

mod dns;
mod gallery;
mod names;
mod opened;
mod refused;
mod sending;
mod sink;
mod tls;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::{Request, Url};

/// A small `POST`.
fn post(url: &str) -> Request {
    Request {
        url: Url::parse(url).unwrap(),
        method: Method::POST,
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{}"),
        time_limit: Duration::from_secs(15),
    }
}
