//! A payment method, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::card::{Behavior, TestCard};

/// A card.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    pub(crate) created: i64,
    #[serde(with = "crate::card::by_number")]
    pub(crate) card: &'static TestCard,
    pub(super) exp_month: i64,
    pub(super) exp_year: i64,
    pub(crate) customer: Option<String>,
    pub(super) billing_details: Value,
    pub(super) metadata: Map<String, Value>,
    /// Whether its owner has authenticated once.
    pub(crate) authenticated: bool,
    /// `always`, `limited` or `unspecified`.
    #[serde(default)]
    pub(super) redisplay: Option<String>,
}

impl PaymentMethod {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": self.redisplay.as_deref().unwrap_or("unspecified"),
            "billing_details": self.billing_details,
            "card": self.card_json(),
            "created": self.created,
            "customer": self.customer,
            "customer_account": null,
            "livemode": false,
            "metadata": self.metadata,
            "type": "card",
        })
    }

    pub(crate) fn card_json(&self) -> Value {
        json!({
            "brand": self.card.brand,
            "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
            "country": "US",
            "display_brand": self.card.brand,
            "exp_month": self.exp_month,
            "exp_year": self.exp_year,
            "fingerprint": format!("sandbox{}", self.card.last4()),
            "funding": self.card.funding,
            "generated_from": null,
            "last4": self.card.last4(),
            "networks": { "available": [self.card.brand], "preferred": null },
            "regulated_status": "unregulated",
            "three_d_secure_usage": { "supported": true },
            "wallet": null,
        })
    }

    pub(crate) fn billing_details(&self) -> &Value {
        &self.billing_details
    }

    /// The text on pages: `Visa •••• 4242`.
    pub(crate) fn words(&self) -> String {
        let (first, rest) = self.card.brand.split_at(1);
        format!("{}{rest} •••• {}", first.to_uppercase(), self.card.last4())
    }

    /// Whether its owner has to authenticate before it pays.
    pub(crate) fn asks(&self) -> bool {
        match self.card.behavior {
            Behavior::AuthenticatesAlways => true,
            Behavior::AuthenticatesOnce => !self.authenticated,
            _ => false,
        }
    }
}
