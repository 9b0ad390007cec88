//! Webhooks: delivers events to customers' servers in the format of Standard Webhooks 1.0.0.
//!
//! An [`endpoint`] is a URL that receives events; a [`delivery`] is one event for one endpoint, with its
//! [attempts](Attempt). The [`Dispatcher`] creates deliveries of events that have committed. The [`Sender`] sends them,
//! each at least once and in any order. [`sweep`] deletes old events and deliveries. [`event`] holds the events that
//! webhooks publish.

mod attempt;
pub mod delivery;
pub(crate) mod disabled_mail;
mod dispatcher;
pub mod endpoint;
pub mod event;
mod secret;
mod sender;
mod settings;
pub mod sweep;
pub mod trouble;
mod verdict;

use freehold_core::{Id, Kind};

pub use attempt::{Attempt, AttemptFailure, headers_of};
pub use dispatcher::{Dispatcher, STATEMENTS as DISPATCHER_STATEMENTS};
pub use secret::{Secrets, Signature};
pub use sender::{STATEMENTS as SENDER_STATEMENTS, Sender};
pub use settings::{Parts, Settings};

/// Id of a webhook endpoint.
pub type EndpointId = Id<EndpointKind>;

/// The kind of [`EndpointId`].
pub enum EndpointKind {}
impl Kind for EndpointKind {
    const NAME: &'static str = "webhook";
}
