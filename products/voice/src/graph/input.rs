//! What a run is given when it begins.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Variables by name. Every value is text: a number is its digits (`25`, `3.5`), yes and no are `yes` and `no`.
pub type Variables = BTreeMap<String, String>;

/// A variable a run is given when it begins, by the API or from a column of a contact list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The variable's name: `a-z`, `0-9` and `_`, beginning with a letter, at most 64 characters.
    #[serde(default)]
    pub name: String,
    /// What it holds, for the people who fill it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether a run is refused without it. An input with a default is never missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// The value when none is given, or an empty one. Empty when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}
