//! The prices of plans.

use freehold_core::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::read::{Section, Value};

/// The price of a plan. As JSON: `{"kind":"paid","month":{"minor":2900,"currency":"usd"},"year":null}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Price {
    /// No charge.
    Free,
    /// A subscription.
    Paid {
        /// Monthly price, above zero.
        month: Money,
        /// Yearly price, above zero; `None` when only monthly billing is offered.
        year: Option<Money>,
        /// Whether the price is per member instead of per organization.
        #[serde(default, skip_serializing_if = "is_false")]
        per_member: bool,
    },
    /// A negotiated price; customers cannot buy it by themselves.
    ContactSales,
}

const EXPECTED: &str = r#"expected "free", "contact sales" or { month = "$29", year = "$290" }"#;
const PER: &str = r#"expected "member"; without it the price is for the whole organization"#;

// Serde passes a reference. The default is not written, so that definitions of older versions stay unchanged.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Price {
    pub(crate) fn read(section: &Section<'_>, currency: Option<Currency>) -> Option<Self> {
        let value = section.require("price", EXPECTED)?;
        match value.as_text() {
            Some("free") => Some(Self::Free),
            Some("contact sales") => Some(Self::ContactSales),
            _ if value.is_table() => Self::read_paid(&value, currency),
            _ => {
                value.refuse(EXPECTED);
                None
            }
        }
    }

    fn read_paid(value: &Value<'_>, currency: Option<Currency>) -> Option<Self> {
        let prices = Section::of(value, format!("{} price", value.place()), &["month", "year", "per"])?;
        let above_zero = |value: Value<'_>| {
            let money = value.money(currency)?;
            if money.minor == 0 {
                value.refuse(r#"expected an amount above zero, or price = "free""#);
            }
            Some(money)
        };
        let year = prices.get("year").and_then(above_zero);
        let per_member = prices.get("per").is_some_and(|per| {
            if per.as_text() != Some("member") {
                per.refuse(PER);
            }
            true
        });
        let month = prices.require("month", r#"expected an amount such as "$29""#).and_then(above_zero)?;
        Some(Self::Paid { month, year, per_member })
    }
}
