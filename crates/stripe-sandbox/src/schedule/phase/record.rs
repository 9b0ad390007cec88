//! A phase of a schedule, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    discount::Discount,
    subscription::{Item, Subscription},
    tax_rate,
    tax_rate::TaxRate,
};

/// A phase. Times are seconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Phase {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) items: Vec<Item>,
    /// The discounts that are redeemed when it starts.
    pub(crate) discounts: Vec<Discount>,
    pub(crate) default_tax_rates: Vec<TaxRate>,
    pub(crate) trial_end: Option<i64>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) proration_behavior: String,
    /// Whether the billing cycle starts anew with it.
    pub(crate) anchors: bool,
}

impl Phase {
    /// A phase for the present period of a subscription.
    pub(crate) fn of(subscription: &Subscription) -> Self {
        Self {
            start: subscription.period.0,
            end: subscription.period.1,
            items: subscription.items.clone(),
            discounts: subscription.discounts.clone(),
            default_tax_rates: subscription.default_tax_rates.clone(),
            trial_end: subscription.trial.map(|(_, end)| end).filter(|end| *end > subscription.period.0),
            default_payment_method: subscription.default_payment_method.clone(),
            description: subscription.description.clone(),
            metadata: Map::new(),
            proration_behavior: "create_prorations".to_owned(),
            anchors: false,
        }
    }

    pub(crate) fn json(&self) -> Value {
        let item = |item: &Item| {
            let mut json = json!({
                "billing_thresholds": null,
                "discounts": [],
                "metadata": item.metadata,
                "plan": item.price.id,
                "price": item.price.id,
                "tax_rates": tax_rate::shown(&item.tax_rates),
            });
            if !item.price.is_metered() {
                json["quantity"] = json!(item.quantity);
            }
            json
        };
        json!({
            "add_invoice_items": [],
            "application_fee_percent": null,
            "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
            "billing_cycle_anchor": self.anchors.then_some("phase_start"),
            "billing_thresholds": null,
            "collection_method": null,
            "currency": self.items.first().map(|item| &item.price.currency),
            "default_payment_method": self.default_payment_method,
            "default_tax_rates": tax_rate::shown(&self.default_tax_rates),
            "description": self.description,
            "discounts": self.discounts.iter().map(Discount::phase_json).collect::<Value>(),
            "end_date": self.end,
            "invoice_settings": null,
            "items": self.items.iter().map(item).collect::<Value>(),
            "metadata": self.metadata,
            "on_behalf_of": null,
            "proration_behavior": self.proration_behavior,
            "start_date": self.start,
            "transfer_data": null,
            "trial_end": self.trial_end,
        })
    }

    /// Whether a subscription has the terms of the phase.
    pub(crate) fn is_on(&self, subscription: &Subscription) -> bool {
        let same = |item: &Item| subscription.items.iter().any(|other| other.costs_as(item));
        self.items.len() == subscription.items.len() && self.items.iter().all(same)
    }
}
