//! A checkout session, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{form::Params, invoice::sum::Sums, price::Price, tax_rate::TaxRate};

/// The status of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Open,
    Complete,
    Expired,
}

/// The source of a discount: a coupon or a promotion code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Redeemed {
    Coupon(String),
    PromotionCode(String),
}

impl Redeemed {
    pub(super) fn pair(&self) -> (&'static str, &str) {
        match self {
            Self::Coupon(id) => ("discounts[0][coupon]", id),
            Self::PromotionCode(id) => ("discounts[0][promotion_code]", id),
        }
    }

    pub(super) fn json(&self) -> Value {
        match self {
            Self::Coupon(id) => json!({ "coupon": id, "promotion_code": null }),
            Self::PromotionCode(id) => json!({ "coupon": null, "promotion_code": id }),
        }
    }
}

/// A checkout session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) status: Status,
    /// Whether the session only saves a card, without a subscription.
    pub(crate) setup: bool,
    pub(crate) prices: Vec<(Price, i64)>,
    /// The parameters for the subscription, as they were sent.
    pub(super) subscription_data: Params,
    pub(crate) customer: Option<String>,
    pub(crate) customer_email: Option<String>,
    pub(crate) customer_name: Option<String>,
    pub(crate) subscription: Option<String>,
    pub(crate) invoice: Option<String>,
    pub(crate) setup_intent: Option<String>,
    pub(crate) payment_status: String,
    pub(super) client_reference_id: Option<String>,
    pub(crate) success_url: Option<String>,
    pub(crate) cancel_url: Option<String>,
    pub(super) expires_at: i64,
    pub(super) metadata: Map<String, Value>,
    /// Whether the page asks for a card even if nothing is due.
    pub(super) always_card: bool,
    pub(super) locale: Option<String>,
    pub(super) promotion_codes: Option<bool>,
    /// The tax rates of each price.
    #[serde(default)]
    pub(super) tax_rates: Vec<Vec<TaxRate>>,
    #[serde(default)]
    pub(crate) discount: Option<Redeemed>,
    /// The amounts that are due today.
    #[serde(default)]
    pub(crate) sums: Sums,
    /// The amounts for each price.
    #[serde(default)]
    pub(super) item_sums: Vec<Sums>,
    pub(super) currency: Option<String>,
    pub(super) url: String,
}

impl Session {
    /// When the session expires by itself; none once it has ended.
    pub(crate) fn due(&self) -> Option<i64> {
        (self.status == Status::Open).then_some(self.expires_at)
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut json = self.changing();
        let fixed = json!({
            "object": "checkout.session",
            "adaptive_pricing": null,
            "after_expiration": null,
            "allowed_payment_method_types": null,
            "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
            "billing_address_collection": null,
            "client_secret": null,
            "collected_information": null,
            "consent": null,
            "consent_collection": null,
            "currency_conversion": null,
            "custom_fields": [],
            "custom_text": { "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null },
            "customer_account": null,
            "integration_identifier": null,
            "invoice_creation": null,
            "livemode": false,
            "managed_payments": null,
            "origin_context": null,
            "payment_intent": null,
            "payment_link": null,
            "payment_method_configuration_details": null,
            "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
            "payment_method_types": ["card"],
            "permissions": null,
            "phone_number_collection": { "enabled": false },
            "recovered_from": null,
            "saved_payment_method_options": null,
            "shipping_address_collection": null,
            "shipping_cost": null,
            "shipping_options": [],
            "submit_type": null,
            "ui_mode": "hosted",
            "wallet_options": null,
        });
        if let (Value::Object(fields), Value::Object(fixed)) = (&mut json, fixed) {
            fields.extend(fixed);
        }
        json
    }

    pub(super) fn changing(&self) -> Value {
        let status = match self.status {
            Status::Open => "open",
            Status::Complete => "complete",
            Status::Expired => "expired",
        };
        let details = (self.status == Status::Complete || self.customer_email.is_some()).then(|| {
            json!({
                "address": null,
                "business_name": null,
                "email": self.customer_email,
                "individual_name": null,
                "name": self.customer_name,
                "phone": null,
                "tax_exempt": "none",
                "tax_ids": null,
            })
        });
        json!({
            "id": self.id,
            "allow_promotion_codes": self.promotion_codes,
            "amount_subtotal": (!self.setup).then_some(self.sums.subtotal),
            "amount_total": (!self.setup).then_some(self.sums.total()),
            "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference_id,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_creation": if self.setup { Value::Null } else { json!("always") },
            "customer_details": details,
            "customer_email": self.customer_email,
            "discounts": self.discount.iter().map(Redeemed::json).collect::<Value>(),
            "expires_at": self.expires_at,
            "invoice": self.invoice,
            "locale": self.locale,
            "metadata": self.metadata,
            "mode": if self.setup { "setup" } else { "subscription" },
            "payment_method_collection": if self.always_card { "always" } else { "if_required" },
            "payment_status": self.payment_status,
            "setup_intent": self.setup_intent,
            "status": status,
            "subscription": self.subscription,
            "success_url": self.success_url,
            "total_details": { "amount_discount": self.sums.discount, "amount_shipping": 0, "amount_tax": self.sums.tax },
            "url": (self.status == Status::Open).then_some(&self.url),
        })
    }

    /// The parameters of the subscription that the session creates.
    pub(super) fn subscription_params(&self, customer: &str) -> Params {
        let mut params = self.subscription_data.clone();
        params.add("customer", customer);
        for (index, (price, quantity)) in self.prices.iter().enumerate() {
            params.add(&format!("items[{index}][price]"), &price.id);
            params.add(&format!("items[{index}][quantity]"), &quantity.to_string());
            for (place, rate) in self.tax_rates.get(index).into_iter().flatten().enumerate() {
                params.add(&format!("items[{index}][tax_rates][{place}]"), &rate.id);
            }
        }
        if let Some((key, id)) = self.discount.as_ref().map(Redeemed::pair) {
            params.add(key, id);
        }
        params
    }

    /// Whether visitors can enter a promotion code.
    pub(crate) fn takes_codes(&self) -> bool {
        self.promotion_codes == Some(true)
    }

    /// Whether the page asks for a card if this amount is due today.
    pub(crate) fn asks_card(&self, due: i64) -> bool {
        self.setup || self.always_card || due > 0
    }
}
