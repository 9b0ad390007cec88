//! What operators may do.

use std::str::FromStr;

use freehold_core::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an operator may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = OperatorRole)]
pub enum OperatorRole {
    /// Everything that the operator API has.
    Admin,
    /// Reading, repeating failed work, and read-only sessions in organizations.
    Support,
}

impl OperatorRole {
    /// The name in the database and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Support => "support",
        }
    }
}

impl FromStr for OperatorRole {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = [Self::Admin, Self::Support].into_iter().find(|role| role.name() == name);
        found.ok_or_else(|| Error::internal(format!("unknown role of an operator {name:?}")))
    }
}
