//! An invoice item, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    invoice::{Line, line::Origin},
    tax_rate,
};

/// An amount that waits for an invoice or is part of one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct InvoiceItem {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) customer: String,
    pub(crate) invoice: Option<String>,
    /// Its line on the invoice.
    pub(crate) line: Line,
    pub(crate) test_clock: Option<String>,
}

impl InvoiceItem {
    pub(super) fn subscription(&self) -> Option<&str> {
        match &self.line.origin {
            Origin::InvoiceItem { subscription, .. } => subscription.as_deref(),
            Origin::Item { .. } => None,
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let line = self.line.json("");
        let parent = self.subscription().map(|subscription| {
            json!({
                "subscription_details": { "subscription": subscription, "subscription_item": line["parent"]["subscription_item_details"]["subscription_item"] },
                "type": "subscription_details",
            })
        });
        json!({
            "id": self.id,
            "object": "invoiceitem",
            "amount": self.line.amount,
            "currency": self.line.currency,
            "customer": self.customer,
            "customer_account": null,
            "date": self.created,
            "description": self.line.description,
            "discountable": line["discountable"],
            "discounts": [],
            "invoice": self.invoice,
            "livemode": false,
            "metadata": self.line.metadata,
            "net_amount": self.line.amount,
            "parent": parent,
            "period": line["period"],
            "pricing": line["pricing"],
            "proration": self.line.is_proration(),
            "quantity": self.line.quantity,
            "quantity_decimal": line["quantity_decimal"],
            "tax_rates": tax_rate::shown(&self.line.tax_rates),
            "test_clock": self.test_clock,
        })
    }
}
