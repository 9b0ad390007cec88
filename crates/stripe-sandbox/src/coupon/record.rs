//! A coupon, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{error::StripeError, money};

/// The amount of a discount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Off {
    /// Ten thousandths of a percent: `250_000` is 25 %.
    Percent(i64),
    /// An amount in the currency's smallest unit, and the currency.
    Amount(i64, String),
}

/// The duration of a discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Duration {
    Once,
    /// This many months.
    Repeating(i64),
    Forever,
}

/// A coupon.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Coupon {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) off: Off,
    pub(crate) duration: Duration,
    pub(crate) name: Option<String>,
    /// The products to which it applies; empty: all products.
    pub(super) products: Vec<String>,
    pub(super) max_redemptions: Option<i64>,
    pub(super) redeem_by: Option<i64>,
    pub(crate) times_redeemed: i64,
    /// Whether its `redeem_by` has passed.
    pub(crate) expired: bool,
    pub(super) metadata: Map<String, Value>,
}

impl Coupon {
    pub(crate) fn to_json(&self) -> Value {
        let (percent, amount) = match &self.off {
            Off::Percent(percent) => (Some(money::percent_json(*percent)), None),
            Off::Amount(amount, currency) => (None, Some((amount, currency))),
        };
        let (duration, months) = match self.duration {
            Duration::Once => ("once", None),
            Duration::Repeating(months) => ("repeating", Some(months)),
            Duration::Forever => ("forever", None),
        };
        json!({
            "id": self.id,
            "object": "coupon",
            "amount_off": amount.map(|(amount, _)| amount),
            "created": self.created,
            "currency": amount.map(|(_, currency)| currency),
            "duration": duration,
            "duration_in_months": months,
            "livemode": false,
            "max_redemptions": self.max_redemptions,
            "metadata": self.metadata,
            "name": self.name,
            "percent_off": percent,
            "redeem_by": self.redeem_by,
            "times_redeemed": self.times_redeemed,
            "valid": self.is_valid(),
        })
    }

    pub(super) fn is_valid(&self) -> bool {
        !self.expired && self.max_redemptions.is_none_or(|most| self.times_redeemed < most)
    }

    /// When it can no longer be redeemed; none: that time has passed, or there is none.
    pub(crate) fn due(&self) -> Option<i64> {
        self.redeem_by.filter(|_| !self.expired)
    }

    /// Whether it applies to a product.
    pub(crate) fn is_for(&self, product: Option<&str>) -> bool {
        self.products.is_empty() || product.is_some_and(|product| self.products.iter().any(|each| each == product))
    }

    /// The JSON for `expand[]=applies_to`.
    pub(crate) fn applies_to(&self) -> Value {
        json!({ "products": self.products })
    }

    /// Why it cannot be redeemed in this currency.
    pub(crate) fn refusal(&self, currency: Option<&str>, param: &str) -> Option<StripeError> {
        if !self.is_valid() {
            let why = if self.expired { "has expired" } else { "has been redeemed the maximum number of times" };
            return Some(StripeError::coded("coupon_expired", format!("Coupon {why}: {}", self.id)).at(param));
        }
        match &self.off {
            Off::Amount(_, own) if currency.is_some_and(|currency| currency != own) => {
                let message =
                    format!("The coupon `{}` takes an amount off in {own}, which is not the currency here.", self.id);
                Some(StripeError::invalid(message).at(param))
            }
            _ => None,
        }
    }

    /// The text on pages: `20% off`, `$5.00 off`, and the duration.
    pub(crate) fn words(&self) -> String {
        let off = match &self.off {
            Off::Percent(percent) => format!("{}%", money::percent_words(*percent)),
            Off::Amount(amount, currency) => money::words(*amount, currency),
        };
        match self.duration {
            Duration::Once => format!("{off} off once"),
            Duration::Repeating(1) => format!("{off} off for a month"),
            Duration::Repeating(months) => format!("{off} off for {months} months"),
            Duration::Forever => format!("{off} off"),
        }
    }
}
