//! Every operation of the OpenAPI document with a valid request, and an owner's objects for the ids in its path.
//!
//! [`Operation::all`] fails for an operation without a sample, so that none is left out of a walk. The samples of the
//! backbone are in `operations.rs`; each product with operations of its own brings a file, as `voice.rs` does.

mod operations;
mod things;
mod voice;

pub(crate) use operations::{About, Operation, PERSONAL};
pub(crate) use things::Things;
pub(crate) use voice::graph;
