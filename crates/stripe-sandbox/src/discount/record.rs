//! A discount, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::coupon::Coupon;

/// A redeemed coupon. Subscriptions and invoices hold copies; the account's table also keeps discounts that have ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Discount {
    pub(crate) id: String,
    /// When it was redeemed, in seconds since 1970.
    pub(crate) created: i64,
    /// The coupon as it was when it was redeemed, because deleting a coupon does not change existing discounts.
    pub(crate) coupon: Coupon,
    pub(super) promotion_code: Option<String>,
    pub(super) customer: String,
    pub(crate) subscription: Option<String>,
    pub(super) invoice: Option<String>,
    pub(crate) checkout_session: Option<String>,
    /// When it ends, in seconds since 1970; none: it is for one invoice, or has no end.
    pub(crate) end: Option<i64>,
}

impl Discount {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "discount",
            "checkout_session": self.checkout_session,
            "customer": self.customer,
            "customer_account": null,
            "end": self.end,
            "invoice": self.invoice,
            "invoice_item": null,
            "promotion_code": self.promotion_code,
            "source": { "coupon": self.coupon.id, "type": "coupon" },
            "start": self.created,
            "subscription": self.subscription,
            "subscription_item": null,
        })
    }

    /// The parameter and the id from which it was redeemed.
    pub(crate) fn given(&self) -> (&'static str, &str) {
        match &self.promotion_code {
            Some(code) => ("promotion_code", code),
            None => ("coupon", &self.coupon.id),
        }
    }

    /// The JSON in the phases of schedules.
    pub(crate) fn phase_json(&self) -> Value {
        let mut json = json!({ "coupon": null, "discount": null, "promotion_code": null });
        let (key, id) = self.given();
        json[key] = json!(id);
        json
    }

    /// The text on pages.
    pub(crate) fn words(&self) -> String {
        match &self.coupon.name {
            Some(name) => format!("{name} ({})", self.coupon.words()),
            None => self.coupon.words(),
        }
    }

    /// Whether it still applies to an invoice that is created at this time.
    pub(crate) fn is_on(&self, at: i64) -> bool {
        self.end.is_none_or(|end| at < end)
    }
}

/// The ids, in the JSON of objects with discounts.
pub(crate) fn ids(discounts: &[Discount]) -> Value {
    discounts.iter().map(|discount| json!(discount.id)).collect()
}
