//! A stored answer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A stored response, for a repeated request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The path and body of the first request.
    pub(super) request: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) request_id: String,
    pub(super) at: i64,
}
