//! Webhooks: telling customers' servers what happened, after Standard Webhooks 1.0.0.
//!
//! An [`endpoint`] is where somebody wants to be told; a [`delivery`] is one event on its way to one endpoint, with its
//! [attempts](Attempt). The [`Dispatcher`] makes deliveries of events that have committed, the [`Sender`] sends them, at least
//! once, in no promised order; [`sweep`] forgets what is old. [`event`] is what webhooks themselves tell.

mod attempt;
pub mod delivery;
mod dispatcher;
pub mod endpoint;
pub mod event;
mod secret;
mod sender;
mod settings;
pub mod sweep;
mod verdict;

use freehold_core::{Id, Kind};

pub use attempt::{Attempt, headers_of};
pub use dispatcher::{Dispatcher, STATEMENTS as DISPATCHER_STATEMENTS};
pub use secret::{Secrets, Signature};
pub use sender::{STATEMENTS as SENDER_STATEMENTS, Sender};
pub use settings::{Parts, Settings};

/// Names an endpoint.
pub type EndpointId = Id<EndpointKind>;

/// The kind of [`EndpointId`].
pub enum EndpointKind {}
impl Kind for EndpointKind {
    const NAME: &'static str = "webhook";
}
