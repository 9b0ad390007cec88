//! HTTP to addresses that customers named. Who may name an address can make the server call it, so the rule is: the
//! address that was checked is the address that is connected to, whatever the name said before or says afterwards.
//!
//! Read in this order: [`Allowed`] says which addresses may be called (`ranges` is the table), [`address_check`] reads an
//! address when a customer saves it, `connector` resolves, checks and connects, [`Outbound`] sends; [`signature`] signs
//! what is sent after Standard Webhooks 1.0.0.

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

pub use address::address_check;
pub use allowed::Allowed;
pub use bytes::Bytes;
pub use client::{ANSWER_LIMIT, Answer, Outbound, Request};
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
pub use ipnet::IpNet;
pub use refusal::Refusal;
pub use resolve::{Addresses, Resolve, SystemResolver};
pub use send_error::{Failure, SendError};
pub use url::Url;
