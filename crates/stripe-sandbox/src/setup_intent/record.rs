//! A setup intent, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Saving a card, and its status.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SetupIntent {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) customer: Option<String>,
    pub(super) description: Option<String>,
    pub(super) last_error: Option<Value>,
    pub(super) metadata: Map<String, Value>,
    pub(crate) payment_method: Option<String>,
    pub(crate) status: String,
    pub(super) usage: String,
    pub(super) client_secret: String,
    pub(super) authenticate_url: String,
    #[serde(default)]
    pub(super) return_url: Option<String>,
    #[serde(default)]
    pub(super) cancellation_reason: Option<String>,
}

impl SetupIntent {
    pub(crate) fn to_json(&self) -> Value {
        let next_action = (self.status == "requires_action").then(|| {
            json!({ "type": "redirect_to_url", "redirect_to_url": { "return_url": self.return_url, "url": self.authenticate_url } })
        });
        json!({
            "id": self.id,
            "object": "setup_intent",
            "allowed_payment_method_types": null,
            "application": null,
            "automatic_payment_methods": null,
            "cancellation_reason": self.cancellation_reason,
            "client_secret": self.client_secret,
            "created": self.created,
            "customer": self.customer,
            "customer_account": null,
            "description": self.description,
            "excluded_payment_method_types": null,
            "flow_directions": null,
            "last_setup_error": self.last_error,
            "latest_attempt": null,
            "livemode": false,
            "mandate": null,
            "metadata": self.metadata,
            "next_action": next_action,
            "on_behalf_of": null,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
            "payment_method_types": ["card"],
            "single_use_mandate": null,
            "status": self.status,
            "usage": self.usage,
        })
    }
}
