//! A charge, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// An attempt, successful or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) refunded: i64,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(super) description: Option<String>,
    pub(super) failure: Option<Value>,
    pub(super) metadata: Map<String, Value>,
    pub(crate) payment_intent: String,
    pub(crate) payment_method: String,
    pub(super) billing_details: Value,
    pub(super) card: Value,
    /// How much of an authorized amount was captured; none while it is only authorized.
    #[serde(default = "all")]
    pub(super) captured: Capture,
}

/// How much of a charge was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Capture {
    All,
    Promised,
    /// This amount was captured; the rest was released.
    Part(i64),
}

pub(super) fn all() -> Capture {
    Capture::All
}

impl Charge {
    pub(crate) fn succeeded(&self) -> bool {
        self.failure.is_none()
    }

    /// The amount that was taken from the card.
    pub(crate) fn taken(&self) -> i64 {
        match self.captured {
            Capture::All => self.amount,
            Capture::Promised => 0,
            Capture::Part(amount) => amount,
        }
    }

    /// Whether the amount is only authorized.
    pub(crate) fn is_promised(&self) -> bool {
        self.captured == Capture::Promised
    }

    pub(crate) fn to_json(&self) -> Value {
        let paid = self.failure.is_none();
        let failure = self.failure.clone().unwrap_or_default();
        let captured = if paid { self.taken() } else { 0 };
        let let_go = if self.captured == Capture::Promised { 0 } else { self.amount - self.taken() };
        let returned = if paid { self.refunded + let_go } else { 0 };
        let outcome = json!({
            "network_status": if paid { "approved_by_network" } else { "declined_by_network" },
            "reason": failure["decline_code"],
            "risk_level": "normal",
            "seller_message": if paid { "Payment complete." } else { "The bank did not return any further details with this decline." },
            "type": if paid { "authorized" } else { "issuer_declined" },
        });
        json!({
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": captured,
            "amount_refunded": returned,
            "application": null,
            "application_fee": null,
            "application_fee_amount": null,
            "balance_transaction": null,
            "billing_details": self.billing_details,
            "calculated_statement_descriptor": "SANDBOX",
            "captured": paid && captured > 0,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "description": self.description,
            "disputed": false,
            "failure_balance_transaction": null,
            "failure_code": failure["code"],
            "failure_message": failure["message"],
            "fraud_details": {},
            "livemode": false,
            "metadata": self.metadata,
            "on_behalf_of": null,
            "outcome": outcome,
            "paid": paid,
            "payment_intent": self.payment_intent,
            "payment_method": self.payment_method,
            "payment_method_details": { "card": self.card, "type": "card" },
            "receipt_email": null,
            "receipt_number": null,
            "receipt_url": null,
            "refunded": paid && returned == self.amount,
            "review": null,
            "shipping": null,
            "source": null,
            "source_transfer": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": null,
            "status": if paid { "succeeded" } else { "failed" },
            "transfer_data": null,
            "transfer_group": null,
        })
    }
}
