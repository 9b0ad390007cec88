//! A customer, as they are stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    address::address,
    error::{Result, StripeError},
    form::Params,
};

/// A customer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(super) address: Value,
    /// The balance in minor units; a negative one is a credit that the next invoice uses.
    pub(crate) balance: i64,
    pub(crate) currency: Option<String>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) delinquent: bool,
    pub(crate) deleted: bool,
    pub(super) description: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) invoice_prefix: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) name: Option<String>,
    pub(crate) next_invoice: i64,
    pub(super) phone: Option<String>,
    pub(super) preferred_locales: Vec<String>,
    pub(super) shipping: Value,
    pub(crate) tax_exempt: Option<String>,
    pub(crate) test_clock: Option<String>,
    /// Fields that are only stored and returned.
    #[serde(default)]
    pub(super) shown_as_given: Map<String, Value>,
    /// The same fields of its `invoice_settings`.
    #[serde(default)]
    pub(super) invoice_settings: Map<String, Value>,
}

impl Customer {
    pub(crate) fn to_json(&self) -> Value {
        if self.deleted {
            return json!({ "id": self.id, "object": "customer", "deleted": true });
        }
        let mut json = json!({
            "id": self.id,
            "object": "customer",
            "address": self.address,
            "balance": self.balance,
            "created": self.created,
            "currency": self.currency,
            "customer_account": null,
            "default_source": null,
            "delinquent": self.delinquent,
            "description": self.description,
            "discount": null,
            "email": self.email,
            "invoice_prefix": self.invoice_prefix,
            "invoice_settings": {
                "custom_fields": null,
                "default_payment_method": self.default_payment_method,
                "footer": null,
                "rendering_options": null,
            },
            "livemode": false,
            "metadata": self.metadata,
            "name": self.name,
            "next_invoice_sequence": self.next_invoice,
            "phone": self.phone,
            "preferred_locales": self.preferred_locales,
            "shipping": self.shipping,
            "tax_exempt": self.tax_exempt.as_deref().unwrap_or("none"),
            "test_clock": self.test_clock,
        });
        if let Value::Object(fields) = &mut json {
            fields.extend(self.shown_as_given.clone());
        }
        if let Value::Object(settings) = &mut json["invoice_settings"] {
            settings.extend(self.invoice_settings.clone());
        }
        json
    }

    pub(super) fn read(&mut self, params: &mut Params) -> Result<()> {
        params.set("description", &mut self.description)?;
        params.set("email", &mut self.email)?;
        params.set("name", &mut self.name)?;
        params.set("phone", &mut self.phone)?;
        params.set_one_of("tax_exempt", &["exempt", "none", "reverse"], &mut self.tax_exempt)?;
        self.balance = params.int("balance")?.unwrap_or(self.balance);
        self.next_invoice = params.int_from("next_invoice_sequence", 1)?.unwrap_or(self.next_invoice);
        if let Some(prefix) = params.text("invoice_prefix")? {
            self.invoice_prefix = prefix;
        }
        if let Some(locales) = params.texts("preferred_locales")? {
            self.preferred_locales = locales;
        }
        if let Some(address) = address(params, "address")? {
            self.address = address;
        }
        if let Some(mut shipping) = params.map("shipping")? {
            self.shipping = if shipping.is_empty() {
                Value::Null
            } else {
                let address = address(&mut shipping, "address")?;
                json!({ "address": address, "name": shipping.text("name")?, "phone": shipping.text("phone")? })
            };
            shipping.done()?;
        }
        params.metadata(&mut self.metadata)?;
        params.keep(&["business_name", "individual_name"], &mut self.shown_as_given)?;
        if self.email.as_ref().is_some_and(|email| !email.contains('@')) {
            let message = format!("Invalid email address: {}", self.email.as_deref().unwrap_or_default());
            return Err(StripeError::coded("email_invalid", message).at("email"));
        }
        Ok(())
    }
}
