//! A tax rate, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::TAX_TYPES;
use crate::{error::Result, form::Params, money};

/// A tax rate. Objects that use it hold a copy, because a rate's percentage never changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct TaxRate {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) active: bool,
    pub(super) country: Option<String>,
    pub(super) description: Option<String>,
    pub(crate) display_name: String,
    pub(crate) inclusive: bool,
    pub(super) jurisdiction: Option<String>,
    pub(super) metadata: Map<String, Value>,
    /// Ten thousandths of a percent: `190_000` is 19 %.
    pub(crate) percentage: i64,
    pub(super) state: Option<String>,
    pub(super) tax_type: Option<String>,
}

impl TaxRate {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "tax_rate",
            "active": self.active,
            "country": self.country,
            "created": self.created,
            "description": self.description,
            "display_name": self.display_name,
            "effective_percentage": null,
            "flat_amount": null,
            "inclusive": self.inclusive,
            "jurisdiction": self.jurisdiction,
            "jurisdiction_level": null,
            "livemode": false,
            "metadata": self.metadata,
            "percentage": money::percent_json(self.percentage),
            "rate_type": "percentage",
            "state": self.state,
            "tax_type": self.tax_type,
        })
    }

    /// The text on pages: `VAT (19% inclusive)`.
    pub(crate) fn words(&self) -> String {
        let kind = if self.inclusive { " inclusive" } else { "" };
        format!("{} ({}%{kind})", self.display_name, money::percent_words(self.percentage))
    }

    pub(super) fn read(&mut self, params: &mut Params) -> Result<()> {
        self.active = params.flag("active")?.unwrap_or(self.active);
        params.set("country", &mut self.country)?;
        params.set("description", &mut self.description)?;
        if params.has("display_name") {
            self.display_name = params.need("display_name")?;
        }
        params.set("jurisdiction", &mut self.jurisdiction)?;
        params.set("state", &mut self.state)?;
        params.set_one_of("tax_type", TAX_TYPES, &mut self.tax_type)?;
        params.metadata(&mut self.metadata)?;
        params.done()
    }
}

/// The JSON of tax rates in other objects.
pub(crate) fn shown(rates: &[TaxRate]) -> Value {
    rates.iter().map(TaxRate::to_json).collect()
}
