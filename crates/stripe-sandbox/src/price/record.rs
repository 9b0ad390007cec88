//! A price, as it is stored and shown.

use jiff::{Span, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The billing interval of a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recurring {
    /// `day`, `week`, `month` or `year`.
    pub(crate) interval: String,
    pub(crate) interval_count: i64,
    /// The meter whose usage is charged at the end of the period; none: the quantity is charged at its start.
    pub(crate) meter: Option<String>,
}

/// A price.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) active: bool,
    pub(crate) currency: String,
    pub(crate) lookup_key: Option<String>,
    pub(super) metadata: Map<String, Value>,
    pub(crate) nickname: Option<String>,
    pub(crate) product: String,
    pub(crate) recurring: Option<Recurring>,
    pub(super) tax_behavior: Option<String>,
    /// The price of one unit, in the currency's smallest unit.
    pub(crate) unit_amount: i64,
}

impl Recurring {
    pub(super) fn json(&self) -> Value {
        json!({
            "interval": self.interval,
            "interval_count": self.interval_count,
            "meter": self.meter,
            "trial_period_days": null,
            "usage_type": if self.meter.is_some() { "metered" } else { "licensed" },
        })
    }

    /// The end of the period number `periods` after `anchor`. It is computed from the anchor, so that a cycle on the
    /// 31st returns to the 31st after February.
    pub(crate) fn after(&self, anchor: i64, periods: i64) -> i64 {
        let count = self.interval_count.saturating_mul(periods);
        let span = match self.interval.as_str() {
            "day" => Span::new().try_days(count),
            "week" => Span::new().try_weeks(count),
            "year" => Span::new().try_years(count),
            _ => Span::new().try_months(count),
        };
        let start = Timestamp::from_second(anchor).map(|time| time.to_zoned(TimeZone::UTC));
        let end = start.and_then(|start| start.checked_add(span?));
        end.map_or(i64::MAX, |end| end.timestamp().as_second())
    }

    /// The text on pages: `month`, `3 months`.
    pub(crate) fn words(&self) -> String {
        match self.interval_count {
            1 => self.interval.clone(),
            count => format!("{count} {}s", self.interval),
        }
    }
}

impl Price {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "price",
            "active": self.active,
            "billing_scheme": "per_unit",
            "created": self.created,
            "currency": self.currency,
            "custom_unit_amount": null,
            "livemode": false,
            "lookup_key": self.lookup_key,
            "metadata": self.metadata,
            "nickname": self.nickname,
            "product": self.product,
            "recurring": self.recurring.as_ref().map(Recurring::json),
            "tax_behavior": self.tax_behavior.as_deref().unwrap_or("unspecified"),
            "tiers_mode": null,
            "transform_quantity": null,
            "type": if self.recurring.is_some() { "recurring" } else { "one_time" },
            "unit_amount": self.unit_amount,
            "unit_amount_decimal": self.unit_amount.to_string(),
        })
    }

    /// The plan, which is the old form of a recurring price and still part of subscription items.
    pub(crate) fn plan(&self) -> Value {
        let recurring = self.recurring.as_ref().map(Recurring::json).unwrap_or_default();
        json!({
            "id": self.id,
            "object": "plan",
            "active": self.active,
            "amount": self.unit_amount,
            "amount_decimal": self.unit_amount.to_string(),
            "billing_scheme": "per_unit",
            "created": self.created,
            "currency": self.currency,
            "interval": recurring["interval"],
            "interval_count": recurring["interval_count"],
            "livemode": false,
            "metadata": self.metadata,
            "meter": recurring["meter"],
            "nickname": self.nickname,
            "product": self.product,
            "tiers_mode": null,
            "transform_usage": null,
            "trial_period_days": null,
            "usage_type": recurring["usage_type"],
        })
    }

    /// Whether it is charged by usage.
    pub(crate) fn is_metered(&self) -> bool {
        self.recurring.as_ref().is_some_and(|recurring| recurring.meter.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_from_the_anchor() {
        let monthly = Recurring { interval: "month".to_owned(), interval_count: 1, meter: None };
        let second = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        let anchor = second("2027-01-31T10:00:00Z");
        assert_eq!(monthly.after(anchor, 1), second("2027-02-28T10:00:00Z"));
        assert_eq!(monthly.after(anchor, 2), second("2027-03-31T10:00:00Z"));
    }
}
