//! The billing interval.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Billing interval of a subscription. As text and JSON: `month`, `year`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BillingInterval)]
pub enum Interval {
    /// Billed every month.
    Month,
    /// Billed once a year.
    Year,
}

impl Interval {
    /// The name, which is Stripe's, too, such as `month`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Interval {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "month" => Ok(Self::Month),
            "year" => Ok(Self::Year),
            _ => Err("expected \"month\" or \"year\""),
        }
    }
}
