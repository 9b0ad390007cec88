//! A portal's configuration and its sessions, as they are stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{error::Result, form::Params};

/// The features that a portal offers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Configuration {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(super) updated: i64,
    pub(super) active: bool,
    pub(super) is_default: bool,
    pub(super) name: Option<String>,
    pub(super) business_profile: Value,
    pub(crate) default_return_url: Option<String>,
    pub(crate) features: Value,
    pub(super) metadata: Map<String, Value>,
}

/// A portal session of a customer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PortalSession {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) configuration: String,
    pub(crate) customer: String,
    pub(crate) return_url: Option<String>,
    pub(super) flow: Value,
    pub(super) locale: Option<String>,
    pub(super) url: String,
    /// A card whose owner still has to authenticate.
    pub(crate) pending_card: Option<String>,
}

impl Configuration {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "billing_portal.configuration",
            "active": self.active,
            "application": null,
            "business_profile": self.business_profile,
            "created": self.created,
            "default_return_url": self.default_return_url,
            "features": self.features,
            "is_default": self.is_default,
            "livemode": false,
            "login_page": { "enabled": false, "url": null },
            "metadata": self.metadata,
            "name": self.name,
            "updated": self.updated,
        })
    }

    /// Whether the portal offers this feature: `subscription_cancel` and so on.
    pub(crate) fn allows(&self, feature: &str) -> bool {
        self.features[feature]["enabled"] == json!(true)
    }

    pub(super) fn read(&mut self, params: &mut Params) -> Result<()> {
        if let Some(mut profile) = params.map("business_profile")? {
            for key in ["headline", "privacy_policy_url", "terms_of_service_url"] {
                if let Some(text) = profile.text(key)? {
                    self.business_profile[key] = json!(Some(text).filter(|text| !text.is_empty()));
                }
            }
            profile.done()?;
        }
        if let Some(features) = params.map("features")? {
            features_read(features, &mut self.features)?;
        }
        params.set("default_return_url", &mut self.default_return_url)?;
        params.set("name", &mut self.name)?;
        self.active = params.flag("active")?.unwrap_or(self.active);
        params.metadata(&mut self.metadata)?;
        params.disabled("login_page")?;
        params.done()
    }
}

impl PortalSession {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "billing_portal.session",
            "configuration": self.configuration,
            "created": self.created,
            "customer": self.customer,
            "customer_account": null,
            "flow": self.flow,
            "livemode": false,
            "locale": self.locale,
            "on_behalf_of": null,
            "return_url": self.return_url,
            "url": self.url,
        })
    }
}

/// Reads the features. Stripe's other features are refused, and so are options that the sandbox does not support.
pub(super) fn features_read(mut features: Params, old: &mut Value) -> Result<()> {
    if let Some(mut update) = features.map("customer_update")? {
        set(&mut old["customer_update"], "enabled", update.flag("enabled")?);
        let words = ["address", "email", "name", "phone", "shipping", "tax_id"];
        set(&mut old["customer_update"], "allowed_updates", update.words("allowed_updates", &words)?);
        update.done()?;
    }
    for key in ["invoice_history", "payment_method_update"] {
        if let Some(mut feature) = features.map(key)? {
            set(&mut old[key], "enabled", feature.flag("enabled")?);
            feature.done()?;
        }
    }
    if let Some(mut cancel) = features.map("subscription_cancel")? {
        let old = &mut old["subscription_cancel"];
        set(old, "enabled", cancel.flag("enabled")?);
        set(old, "mode", cancel.one_of("mode", &["at_period_end", "immediately"])?);
        let behaviors = ["always_invoice", "create_prorations", "none"];
        set(old, "proration_behavior", cancel.only("proration_behavior", &["none"], &behaviors)?);
        cancel.disabled("cancellation_reason")?;
        cancel.done()?;
    }
    features.disabled("subscription_pause")?;
    if let Some(mut update) = features.map("subscription_update")? {
        let old = &mut old["subscription_update"];
        set(old, "enabled", update.flag("enabled")?);
        let words = ["price", "promotion_code", "quantity"];
        set(old, "default_allowed_updates", update.words("default_allowed_updates", &words)?);
        let behaviors = ["always_invoice", "create_prorations", "none"];
        set(old, "proration_behavior", update.one_of("proration_behavior", &behaviors)?);
        if let Some(products) = update.list("products")? {
            let mut all = Vec::new();
            for mut product in products {
                all.push(json!({ "prices": product.texts("prices")?, "product": product.need("product")? }));
                product.done()?;
            }
            old["products"] = Value::Array(all);
        }
        update.done()?;
    }
    features.done()
}

pub(super) fn set(object: &mut Value, key: &str, value: Option<impl Serialize>) {
    if let Some(value) = value {
        object[key] = json!(value);
    }
}
