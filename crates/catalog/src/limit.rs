//! The limits of a plan.

use serde::{Deserialize, Serialize};

use crate::{
    meter::{Meter, MeterKind, Unit},
    period::{Per, Period, Window},
    read::{Value, Words},
    size::{bytes_display, bytes_parse},
};

/// A plan's limit of a meter. It has its own period or window, so that a tenant keeps what it bought when the meter
/// changes. As JSON: `{"kind":"counter","amount":500,"period":"month"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Limit {
    /// No limit.
    Unlimited,
    /// A limit of what exists at the same time.
    Level {
        /// Amount from 0; in bytes for a meter in bytes.
        amount: i64,
    },
    /// A limit of what happens in a period.
    Counter {
        /// Amount from 0; in bytes for a meter in bytes.
        amount: i64,
        /// Period after which counting restarts.
        period: Period,
    },
    /// A limit of requests in a window.
    Rate {
        /// Number of requests from 0.
        amount: i64,
        /// Length of the window.
        window: Window,
        /// Subject whose requests are added up.
        per: Per,
    },
}

impl Limit {
    /// The amount; `None` for unlimited.
    pub fn amount(self) -> Option<i64> {
        match self {
            Self::Unlimited => None,
            Self::Level { amount } | Self::Counter { amount, .. } | Self::Rate { amount, .. } => Some(amount),
        }
    }

    /// Whether there is no limit.
    pub fn is_unlimited(self) -> bool {
        self == Self::Unlimited
    }

    /// The same limit with another amount; `None` for unlimited. It keeps its period or window.
    #[must_use]
    pub fn with_amount(self, amount: Option<i64>, meter: &Meter) -> Self {
        let Some(new) = amount else { return Self::Unlimited };
        match self {
            Self::Unlimited => Self::of(new, meter, None),
            Self::Level { .. } => Self::Level { amount: new },
            Self::Counter { period, .. } => Self::Counter { amount: new, period },
            Self::Rate { window, per, .. } => Self::Rate { amount: new, window, per },
        }
    }

    /// The period of a counter with this limit: the limit's own, or else the meter's. `None` for levels and rates.
    pub fn period(self, meter: &Meter) -> Option<Period> {
        match (self, meter.kind) {
            (Self::Counter { period, .. }, _) | (_, MeterKind::Counter { period }) => Some(period),
            _ => None,
        }
    }

    /// The limit as a text: `500 calls a month`, `10 GB of storage`, `1 workflow`, `unlimited campaigns`.
    pub fn describe(self, meter: &Meter) -> String {
        let Some(amount) = self.amount() else { return format!("unlimited {}", meter.name) };
        let name = if amount == 1 { &meter.one } else { &meter.name };
        let amount = match meter.unit {
            Unit::Bytes => format!("{} of", bytes_display(amount)),
            Unit::Things => grouped(amount),
        };
        match self {
            Self::Counter { period, .. } => format!("{amount} {name} a {period}"),
            Self::Rate { window: Window::Hour, per, .. } => format!("{amount} {name} an hour for each {per}"),
            Self::Rate { window, per, .. } => format!("{amount} {name} a {window} for each {per}"),
            Self::Unlimited | Self::Level { .. } => format!("{amount} {name}"),
        }
    }

    /// Reads `5`, `"unlimited"`, `"500 MB"` or, for a counter, `"1 a week"`.
    pub(crate) fn read(value: &Value<'_>, meter: &Meter) -> Option<Self> {
        match value.as_text() {
            Some("unlimited") => return Some(Self::Unlimited),
            Some(text) => {
                if let Some(limit) = Self::from_text(text, meter) {
                    return Some(limit);
                }
            }
            None => match value.as_whole() {
                Some(-1) => {
                    value.refuse("write \"unlimited\"");
                    return None;
                }
                // A bare number of bytes is nearly always a forgotten unit; zero needs none.
                Some(amount) if amount == 0 || (amount > 0 && meter.unit == Unit::Things) => {
                    return Some(Self::of(amount, meter, None));
                }
                _ => {}
            },
        }
        value.refuse(expected(meter));
        None
    }

    fn from_text(text: &str, meter: &Meter) -> Option<Self> {
        let (amount, period) = match text.rsplit_once(" a ") {
            Some((amount, word)) => (amount, Some(Period::from_word(word)?)),
            None => (text, None),
        };
        if period.is_some() && !matches!(meter.kind, MeterKind::Counter { .. }) {
            return None;
        }
        let amount = match meter.unit {
            Unit::Bytes => bytes_parse(amount)?,
            // A number without a period is written without quotes, so that there is one notation for it.
            Unit::Things if period.is_none() || !amount.bytes().all(|byte| byte.is_ascii_digit()) => return None,
            Unit::Things => amount.parse().ok()?,
        };
        Some(Self::of(amount, meter, period))
    }

    fn of(amount: i64, meter: &Meter, own_period: Option<Period>) -> Self {
        match meter.kind {
            MeterKind::Level => Self::Level { amount },
            MeterKind::Counter { period } => Self::Counter { amount, period: own_period.unwrap_or(period) },
            MeterKind::Rate { window, per } => Self::Rate { amount, window, per },
        }
    }
}

fn expected(meter: &Meter) -> &'static str {
    match (meter.unit, meter.kind) {
        (Unit::Bytes, MeterKind::Counter { .. }) => {
            r#"expected a size such as "500 MB", "500 MB a week" or "unlimited" (decimal: KB, MB, GB, TB)"#
        }
        (Unit::Bytes, _) => r#"expected a size such as "500 MB" or "unlimited" (decimal: KB, MB, GB, TB)"#,
        (Unit::Things, MeterKind::Counter { .. }) => {
            r#"expected a whole number from 0, "unlimited", or a number with a period of its own such as "1 a week""#
        }
        (Unit::Things, _) => r#"expected a whole number from 0 or "unlimited""#,
    }
}

/// `5000` as `5,000`.
fn grouped(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut text = String::from(if amount < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordedBy;

    #[test]
    fn limits_read_as_people_say_them() {
        let meter = |name: &str, one: &str, unit| Meter {
            id: "m".to_owned(),
            name: name.to_owned(),
            one: one.to_owned(),
            kind: MeterKind::Level,
            unit,
            counts: None,
            recorded_by: RecordedBy::default(),
        };
        let calls = meter("calls", "call", Unit::Things);
        let storage = meter("storage", "storage", Unit::Bytes);
        assert_eq!(Limit::Unlimited.describe(&calls), "unlimited calls");
        assert_eq!(Limit::Level { amount: 1 }.describe(&calls), "1 call");
        assert_eq!(
            Limit::Counter { amount: 1_005_000, period: Period::Month }.describe(&calls),
            "1,005,000 calls a month"
        );
        assert_eq!(Limit::Level { amount: 10_000_000_000 }.describe(&storage), "10 GB of storage");
        let rate = Limit::Rate { amount: 50, window: Window::Hour, per: Per::Key };
        assert_eq!(rate.describe(&calls), "50 calls an hour for each key");
    }
}
