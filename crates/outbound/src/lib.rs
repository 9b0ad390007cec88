//! HTTP requests to URLs that customers choose. A customer who chooses a URL can make the server call it, so the rule
//! is: the server connects to exactly the IP address that it checked, whatever the host name resolves to before or
//! afterwards.
//!
//! Read in this order: [`Allowed`] says which addresses may be called (`ranges` is the table), [`address_check`] checks
//! a URL when a customer saves it, `connector` resolves, checks and connects, [`Outbound`] sends; [`signature`] signs
//! requests as Standard Webhooks 1.0.0 describes.

mod address;
mod allowed;
mod client;
mod connector;
mod ports;
mod ranges;
mod refusal;
mod resolve;
mod send_error;
pub mod signature;
mod socket;
#[cfg(test)]
mod tests;

pub use address::{address_check, origin_of};
pub use allowed::Allowed;
pub use bytes::Bytes;
pub use client::{ANSWER_LIMIT, Answer, Outbound, Request};
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
pub use ipnet::IpNet;
pub use refusal::Refusal;
pub use resolve::{Addresses, Resolve, SystemResolver};
pub use send_error::{Failure, SendError};
pub use url::Url;
