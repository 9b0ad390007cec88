//! A tax on a line of an invoice.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A tax on a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tax {
    pub(crate) rate: String,
    pub(crate) amount: i64,
    /// Whether the tax is included in the amount.
    pub(crate) inclusive: bool,
    /// The amount on which the tax is computed.
    pub(super) taxable: i64,
    pub(super) reason: String,
}

impl Tax {
    pub(crate) fn json(&self) -> Value {
        json!({
            "amount": self.amount,
            "tax_behavior": if self.inclusive { "inclusive" } else { "exclusive" },
            "tax_rate_details": { "tax_rate": self.rate },
            "taxability_reason": self.reason,
            "taxable_amount": self.taxable,
            "type": "tax_rate_details",
        })
    }
}
