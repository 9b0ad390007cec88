//! A refund, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A refund.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(super) charge: String,
    pub(super) currency: String,
    pub(super) customer: Option<String>,
    pub(super) metadata: Map<String, Value>,
    pub(super) payment_intent: String,
    pub(super) payment_method: String,
    pub(super) reason: Option<String>,
    #[serde(default)]
    pub(super) status: Status,
    /// When the status changes by itself, in seconds since 1970; null when it never does.
    #[serde(default)]
    pub(super) settles_at: Option<i64>,
}

/// The status of a refund.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Status {
    #[default]
    Succeeded,
    Pending,
    Failed,
}

impl Refund {
    /// When the status changes by itself, in seconds since 1970.
    pub(crate) fn due(&self) -> Option<i64> {
        self.settles_at
    }

    pub(crate) fn customer(&self) -> Option<&str> {
        self.customer.as_deref()
    }

    pub(crate) fn to_json(&self) -> Value {
        let status = match self.status {
            Status::Succeeded => "succeeded",
            Status::Pending => "pending",
            Status::Failed => "failed",
        };
        let mut json = self.without_failure(status);
        if self.status == Status::Failed {
            json["failure_reason"] = json!("expired_or_canceled_card");
            json["failure_balance_transaction"] = Value::Null;
        }
        json
    }

    pub(super) fn without_failure(&self, status: &str) -> Value {
        json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": null,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "destination_details": { "card": { "reference_status": "pending", "type": "refund" }, "type": "card" },
            "metadata": self.metadata,
            "payment_intent": self.payment_intent,
            "payment_method": self.payment_method,
            "reason": self.reason,
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": status,
            "transfer_reversal": null,
        })
    }
}
