//! Billing modes, which differ in the form of prorations and cancellations.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    error::{Result, StripeError},
    form::Params,
};

/// The billing mode of a subscription. Stripe's default is `flexible` since API version 2025-09-30.clover.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BillingMode {
    Classic,
    #[default]
    Flexible,
}

impl BillingMode {
    /// Reads `billing_mode`; none if it was not sent.
    pub(crate) fn read(params: &mut Params) -> Result<Option<Self>> {
        let Some(mut mode) = params.map("billing_mode")? else { return Ok(None) };
        let kind = mode.one_of("type", &["classic", "flexible"])?;
        let kind = kind.ok_or_else(|| StripeError::missing("billing_mode[type]"))?;
        if let Some(mut flexible) = mode.map("flexible")? {
            flexible.only("proration_discounts", &["included"], &["included", "itemized"])?;
            flexible.done()?;
        }
        mode.done()?;
        Ok(Some(if kind == "classic" { Self::Classic } else { Self::Flexible }))
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Flexible => "flexible",
        }
    }

    pub(crate) fn json(self, migrated_at: Option<i64>) -> Value {
        let mut mode = match self {
            Self::Classic => json!({ "flexible": null, "type": "classic" }),
            Self::Flexible => json!({ "flexible": { "proration_discounts": "included" }, "type": "flexible" }),
        };
        if let Some(at) = migrated_at {
            mode["updated_at"] = json!(at);
        }
        mode
    }
}
