//! The demo: a customer signs up, builds a workflow, runs it until the plan's limit is reached, and pays.
//!
//! Read `script` first: it has the steps in order.

mod conversation;
mod purchase;
mod quota;
mod script;
mod stranger;
mod workflow;

pub(crate) use script::script;
