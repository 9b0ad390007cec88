//! A promotion code, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A code for a coupon.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PromotionCode {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) code: String,
    pub(crate) coupon: String,
    /// The `active` flag as it was set; other conditions decide whether the code can be redeemed, too.
    pub(super) switched_on: bool,
    /// The only customer who can redeem it; none: any customer.
    pub(super) customer: Option<String>,
    pub(super) expires_at: Option<i64>,
    pub(super) max_redemptions: Option<i64>,
    pub(crate) times_redeemed: i64,
    pub(super) first_time: bool,
    /// The minimum amount, in the smallest unit of the currency, and the currency.
    pub(super) minimum: Option<(i64, String)>,
    pub(super) metadata: Map<String, Value>,
    /// Whether its `expires_at` has passed.
    pub(crate) expired: bool,
}

impl PromotionCode {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "promotion_code",
            "active": self.is_active(),
            "code": self.code,
            "created": self.created,
            "customer": self.customer,
            "customer_account": null,
            "expires_at": self.expires_at,
            "livemode": false,
            "max_redemptions": self.max_redemptions,
            "metadata": self.metadata,
            "promotion": { "coupon": self.coupon, "type": "coupon" },
            "restrictions": {
                "first_time_transaction": self.first_time,
                "minimum_amount": self.minimum.as_ref().map(|(amount, _)| amount),
                "minimum_amount_currency": self.minimum.as_ref().map(|(_, currency)| currency),
            },
            "times_redeemed": self.times_redeemed,
        })
    }

    pub(super) fn is_active(&self) -> bool {
        self.switched_on && !self.expired && self.max_redemptions.is_none_or(|most| self.times_redeemed < most)
    }

    /// When it can no longer be redeemed; none: that time has passed, or there is none.
    pub(crate) fn due(&self) -> Option<i64> {
        self.expires_at.filter(|_| !self.expired)
    }
}
