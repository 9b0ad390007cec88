//! Lines of invoices.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{invoice::tax::Tax, money, price::Price, tax_rate::TaxRate};

/// The source of a line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// A subscription item, for a whole period.
    Item { subscription: String, item: String },
    /// An invoice item: an amount that was added by request, or a proration of a subscription item.
    InvoiceItem { invoice_item: String, subscription: Option<String>, item: Option<String>, proration: bool },
}

/// A line of an invoice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) id: String,
    /// The amount in minor units; a negative one is a credit.
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) description: String,
    pub(crate) metadata: Map<String, Value>,
    /// The start and end of the period, in seconds since 1970.
    pub(crate) period: (i64, i64),
    /// The ids of the price and the product.
    pub(crate) price: Option<(String, String)>,
    pub(crate) unit_amount: i64,
    pub(crate) quantity: i64,
    pub(crate) origin: Origin,
    /// Whether discounts apply to it. Prorations are parts of an amount from which discounts were already taken.
    #[serde(default = "yes")]
    pub(crate) discountable: bool,
    /// Its own tax rates; none: those of the invoice.
    #[serde(default)]
    pub(crate) tax_rates: Vec<TaxRate>,
    /// The ids of its discounts, and the amount of each.
    #[serde(default)]
    pub(crate) discounts: Vec<(String, i64)>,
    #[serde(default)]
    pub(crate) taxes: Vec<Tax>,
}

fn yes() -> bool {
    true
}

impl Line {
    pub(crate) fn json(&self, invoice: &str) -> Value {
        let pricing = self.price.as_ref().map(|(price, product)| {
            json!({
                "price_details": { "price": price, "product": product },
                "type": "price_details",
                "unit_amount_decimal": self.unit_amount.to_string(),
            })
        });
        json!({
            "id": self.id,
            "object": "line_item",
            "amount": self.amount,
            "currency": self.currency,
            "description": self.description,
            "discount_amounts": self.discounts.iter().map(|(id, amount)| json!({ "amount": amount, "discount": id })).collect::<Value>(),
            "discountable": self.discountable && !self.is_proration(),
            "discounts": [],
            "invoice": invoice,
            "livemode": false,
            "metadata": self.metadata,
            "parent": self.parent(),
            "period": { "end": self.period.1, "start": self.period.0 },
            "pretax_credit_amounts": [],
            "pricing": pricing,
            "quantity": self.quantity,
            "quantity_decimal": self.quantity.to_string(),
            "subscription": self.subscription(),
            "subtotal": self.amount,
            "taxes": self.taxes.iter().map(Tax::json).collect::<Value>(),
        })
    }

    pub(crate) fn is_proration(&self) -> bool {
        matches!(self.origin, Origin::InvoiceItem { proration: true, .. })
    }

    fn subscription(&self) -> Option<&String> {
        match &self.origin {
            Origin::Item { subscription, .. } => Some(subscription),
            Origin::InvoiceItem { subscription, .. } => subscription.as_ref(),
        }
    }

    fn parent(&self) -> Value {
        let details = json!({ "credited_items": null });
        match &self.origin {
            Origin::Item { subscription, item } => json!({
                "invoice_item_details": null,
                "subscription_item_details": {
                    "invoice_item": null,
                    "proration": false,
                    "proration_details": details,
                    "subscription": subscription,
                    "subscription_item": item,
                },
                "type": "subscription_item_details",
            }),
            Origin::InvoiceItem { invoice_item, subscription, item: Some(item), proration } => json!({
                "invoice_item_details": null,
                "subscription_item_details": {
                    "invoice_item": invoice_item,
                    "proration": proration,
                    "proration_details": details,
                    "subscription": subscription,
                    "subscription_item": item,
                },
                "type": "subscription_item_details",
            }),
            Origin::InvoiceItem { invoice_item, subscription, item: None, proration } => json!({
                "invoice_item_details": {
                    "invoice_item": invoice_item,
                    "proration": proration,
                    "proration_details": details,
                    "subscription": subscription,
                },
                "subscription_item_details": null,
                "type": "invoice_item_details",
            }),
        }
    }
}

/// Stripe's description of the line of a period: `2 × Pro (at $99.00 / month)`.
pub(crate) fn description(quantity: i64, name: &str, price: &Price) -> String {
    let amount = money::words(price.unit_amount, &price.currency);
    match &price.recurring {
        Some(recurring) => format!("{quantity} × {name} (at {amount} / {})", recurring.words()),
        None => name.to_owned(),
    }
}
