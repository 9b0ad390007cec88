//! A credit note, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::list;

/// A credit note.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CreditNote {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) customer: String,
    pub(super) invoice: String,
    pub(super) number: String,
    pub(super) memo: Option<String>,
    pub(super) metadata: Map<String, Value>,
    pub(super) reason: Option<String>,
    pub(super) refund: Option<(String, i64)>,
    pub(super) paid_before: bool,
    pub(super) void: bool,
    pub(super) outside: i64,
}

impl CreditNote {
    pub(crate) fn to_json(&self) -> Value {
        let refunds: Vec<Value> = self
            .refund
            .iter()
            .map(|(id, amount)| json!({ "amount_refunded": amount, "refund": id, "type": "refund" }))
            .collect();
        let line = json!({
            "id": self.id.replacen("cn_", "cnli_", 1),
            "object": "credit_note_line_item",
            "amount": self.amount,
            "description": self.memo,
            "quantity": 1,
            "type": "custom_line_item",
            "unit_amount": self.amount,
        });
        json!({
            "id": self.id,
            "object": "credit_note",
            "amount": self.amount,
            "amount_shipping": 0,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "customer_balance_transaction": null,
            "discount_amount": 0,
            "discount_amounts": [],
            "effective_at": self.created,
            "invoice": self.invoice,
            "lines": list::of(vec![line], &format!("/v1/credit_notes/{}/lines", self.id), false),
            "livemode": false,
            "memo": self.memo,
            "metadata": self.metadata,
            "number": self.number,
            "out_of_band_amount": self.outside,
            "pdf": null,
            "post_payment_amount": if self.paid_before { self.amount } else { 0 },
            "pre_payment_amount": if self.paid_before { 0 } else { self.amount },
            "pretax_credit_amounts": [],
            "reason": self.reason,
            "refunds": refunds,
            "shipping_cost": null,
            "status": if self.void { "void" } else { "issued" },
            "subtotal": self.amount,
            "subtotal_excluding_tax": self.amount,
            "total": self.amount,
            "total_excluding_tax": self.amount,
            "total_taxes": [],
            "type": if self.paid_before { "post_payment" } else { "pre_payment" },
            "voided_at": null,
        })
    }
}
