//! A subscription item, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{price::Price, tax_rate, tax_rate::TaxRate};

/// An item of a subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) price: Price,
    pub(crate) quantity: i64,
    pub(crate) metadata: Map<String, Value>,
    /// Its own tax rates; none: those of the subscription.
    #[serde(default)]
    pub(crate) tax_rates: Vec<TaxRate>,
}

impl Item {
    pub(crate) fn json(&self, subscription: &str, start: i64, end: i64) -> Value {
        let mut json = json!({
            "id": self.id,
            "object": "subscription_item",
            "billing_thresholds": null,
            "created": self.created,
            "current_period_end": end,
            "current_period_start": start,
            "current_trial": null,
            "discounts": [],
            "metadata": self.metadata,
            "plan": self.price.plan(),
            "price": self.price.to_json(),
            "subscription": subscription,
            "tax_rates": tax_rate::shown(&self.tax_rates),
        });
        if !self.price.is_metered() {
            json["quantity"] = json!(self.quantity);
        }
        json
    }

    /// What a period costs in advance; usage costs nothing in advance.
    pub(crate) fn amount(&self) -> i64 {
        if self.price.is_metered() { 0 } else { self.price.unit_amount.saturating_mul(self.quantity) }
    }

    /// Whether the price and the quantity are the same, so that nothing has to be prorated.
    pub(crate) fn costs_as(&self, other: &Self) -> bool {
        self.price.id == other.price.id && self.quantity == other.quantity
    }
}

/// The end of the period of these items that starts at `start`, computed from the anchor.
pub(crate) fn period_end(items: &[Item], anchor: i64, start: i64) -> i64 {
    let Some(recurring) = items.iter().find_map(|item| item.price.recurring.as_ref()) else { return i64::MAX };
    if start < anchor {
        return anchor;
    }
    let longest = match recurring.interval.as_str() {
        "day" => 86_400,
        "week" => 7 * 86_400,
        "year" => 366 * 86_400,
        _ => 31 * 86_400,
    };
    let mut periods = ((start - anchor) / (longest * recurring.interval_count)).max(1);
    while recurring.after(anchor, periods) <= start {
        periods += 1;
    }
    recurring.after(anchor, periods)
}
