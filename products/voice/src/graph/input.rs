//! The inputs of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Variables by name. Every value is a text: a number in digits (`25`, `3.5`), and `yes` or `no`.
pub type Variables = BTreeMap<String, String>;

/// A variable that a run gets when it begins, from the API or a column of a contact list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WorkflowInput)]
pub struct Input {
    /// Name of the variable: `a-z`, `0-9` and `_`, beginning with a letter, at most 64 characters.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub name: String,
    /// What the variable contains, for those who fill it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether a run without a value is refused. An input with a default always has one. Default false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Value for a missing or empty one; empty when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}
