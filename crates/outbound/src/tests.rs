//! [`gallery`] lists the tricks, [`refused`] tries them on every check that must refuse them, [`names`] tests DNS with
//! changing answers, [`sending`] and [`tls`] test requests, [`opened`] tests the ranges that an operator opens.

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
