//! A payment intent, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The status of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    /// The amount is authorized; `…/capture` takes it.
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl Status {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// A payment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) invoice: Option<String>,
    pub(super) last_error: Option<Value>,
    pub(crate) latest_charge: Option<String>,
    pub(super) metadata: Map<String, Value>,
    /// The page on which the card's owner authenticates.
    pub(super) authenticate_url: String,
    pub(crate) payment_method: Option<String>,
    pub(super) setup_future_usage: Option<String>,
    pub(crate) status: Status,
    pub(super) canceled_at: Option<i64>,
    pub(super) cancellation_reason: Option<String>,
    pub(super) client_secret: String,
    /// Whether the amount is authorized first and captured later.
    #[serde(default)]
    pub(crate) manual: bool,
    /// The captured amount, if that is not the whole amount.
    #[serde(default)]
    pub(super) captured: Option<i64>,
    #[serde(default)]
    pub(super) return_url: Option<String>,
    #[serde(default)]
    pub(super) shown_as_given: Map<String, Value>,
}

impl PaymentIntent {
    pub(crate) fn to_json(&self) -> Value {
        let next_action = (self.status == Status::RequiresAction).then(|| {
            json!({ "type": "redirect_to_url", "redirect_to_url": { "return_url": self.return_url, "url": self.authenticate_url } })
        });
        let received = if self.status == Status::Succeeded { self.captured.unwrap_or(self.amount) } else { 0 };
        let mut json = json!({
            "id": self.id,
            "object": "payment_intent",
            "allowed_payment_method_types": null,
            "amount": self.amount,
            "amount_capturable": if self.status == Status::RequiresCapture { self.amount } else { 0 },
            "amount_received": received,
            "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": null,
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason,
            "capture_method": if self.manual { "manual" } else { "automatic" },
            "client_secret": self.client_secret,
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "description": self.description,
            "excluded_payment_method_types": null,
            "last_payment_error": self.last_error,
            "latest_charge": self.latest_charge,
            "livemode": false,
            "managed_payments": null,
            "metadata": self.metadata,
            "next_action": next_action,
            "on_behalf_of": null,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
            "payment_method_types": ["card"],
            "payment_record": null,
            "processing": null,
            "receipt_email": null,
            "review": null,
            "setup_future_usage": self.setup_future_usage,
            "shipping": null,
            "source": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": null,
            "status": self.status.word(),
            "transfer_data": null,
            "transfer_group": null,
        });
        if let Value::Object(fields) = &mut json {
            fields.extend(self.shown_as_given.clone());
        }
        json
    }

    pub(crate) fn client_secret(&self) -> &str {
        &self.client_secret
    }

    pub(super) fn is_open(&self) -> bool {
        !matches!(self.status, Status::Succeeded | Status::Canceled)
    }
}
