//! The customer portal: a page on which customers change their plan and card, see invoices, and cancel.

pub(crate) mod action;
pub(crate) mod page;
mod record;

use serde_json::{Map, Value, json};

pub(crate) use record::{Configuration, PortalSession};

use crate::{
    account::{Account, Noun},
    customer,
    error::{Result, StripeError},
    form::Params,
    list,
};

/// Reads the page on which a session starts.
fn flow_read(account: &Account, mut flow: Params, customer: &str) -> Result<Value> {
    let kinds = ["payment_method_update", "subscription_cancel", "subscription_update", "subscription_update_confirm"];
    let kind = flow.one_of("type", &kinds)?.ok_or_else(|| StripeError::missing("flow_data[type]"))?;
    let mut read = json!({ "type": kind });
    for key in ["subscription_cancel", "subscription_update"] {
        if let Some(mut of) = flow.map(key)? {
            let name = of.name("subscription");
            let id = of.need("subscription")?;
            of.done()?;
            if account.named::<crate::subscription::Subscription>(&id, &name)?.customer != customer {
                return Err(StripeError::no_such("subscription", &id).of_status(400).at(&name));
            }
            read[key] = json!({ "subscription": id });
        }
    }
    if let Some(mut after) = flow.map("after_completion")? {
        let kinds = ["hosted_confirmation", "portal_homepage", "redirect"];
        let kind = after.only("type", &["portal_homepage", "redirect"], &kinds)?;
        let mut redirect = after.map("redirect")?.unwrap_or_default();
        let url = redirect.text("return_url")?;
        redirect.done()?;
        after.done()?;
        if kind.as_deref() == Some("redirect") && url.is_none() {
            return Err(StripeError::missing("flow_data[after_completion][redirect][return_url]"));
        }
        read["after_completion"] = json!({ "redirect": url.map(|url| json!({ "return_url": url })), "type": kind });
    }
    flow.done()?;
    Ok(read)
}

fn features(enabled: bool) -> Value {
    json!({
        "customer_update": { "allowed_updates": [], "enabled": false },
        "invoice_history": { "enabled": enabled },
        "payment_method_update": { "enabled": enabled, "payment_method_configuration": null },
        "subscription_cancel": {
            "cancellation_reason": { "enabled": false, "feedback_options": null, "options": [] },
            "enabled": enabled,
            "mode": "at_period_end",
            "proration_behavior": "none",
        },
        "subscription_pause": { "duration": { "interval_options": [], "type": "indefinite" }, "enabled": false },
        "subscription_update": {
            "billing_cycle_anchor": null,
            "default_allowed_updates": if enabled { json!(["price"]) } else { json!([]) },
            "enabled": enabled,
            "products": [],
            "proration_behavior": "create_prorations",
            "schedule_at_period_end": { "conditions": [] },
            "trial_update_behavior": "continue_trial",
        },
    })
}

fn blank(account: &mut Account, is_default: bool) -> Configuration {
    Configuration {
        id: account.id("bpc"),
        created: account.now,
        updated: account.now,
        active: true,
        is_default,
        name: None,
        business_profile: json!({ "headline": null, "privacy_policy_url": null, "terms_of_service_url": null }),
        default_return_url: None,
        features: features(is_default),
        metadata: Map::new(),
    }
}

/// The configuration that is used if none is named. It is created when it is first needed, and permits everything.
fn default_configuration(account: &mut Account) -> String {
    let found = account.configurations.iter().find(|each| each.is_default).map(|each| each.id.clone());
    found.unwrap_or_else(|| {
        let made = blank(account, true);
        let id = made.id.clone();
        account.configurations.insert(&id, made);
        id
    })
}

/// `POST /v1/billing_portal/configurations`
pub(crate) fn configuration_create(account: &mut Account, mut params: Params) -> Result<Value> {
    if !params.has("features") {
        return Err(StripeError::missing("features"));
    }
    let mut made = blank(account, false);
    made.read(&mut params)?;
    Ok(account.add("billing_portal.configuration.created", made))
}

/// `POST /v1/billing_portal/configurations/{id}`
pub(crate) fn configuration_update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<Configuration>(id)?.clone();
    changed.read(&mut params)?;
    changed.updated = account.now;
    account.change(id, |configuration: &mut Configuration| *configuration = changed);
    Ok(account.shown::<Configuration>(id))
}

/// `GET /v1/billing_portal/configurations`
pub(crate) fn configuration_index(account: &Account, mut params: Params) -> Result<Value> {
    let (active, default) = (params.flag("active")?, params.flag("is_default")?);
    list::list(account, &mut params, "/v1/billing_portal/configurations", |each: &Configuration| {
        active.is_none_or(|active| active == each.active) && default.is_none_or(|default| default == each.is_default)
    })
}

/// `POST /v1/billing_portal/sessions`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let customer = params.need("customer")?;
    let configuration = params.text("configuration")?;
    let (return_url, locale) = (params.text("return_url")?, params.text("locale")?);
    let flow =
        params.map("flow_data")?.map(|flow| flow_read(account, flow, &customer)).transpose()?.unwrap_or_default();
    params.done()?;
    customer::live(account, &customer, "customer")?;
    let configuration = match configuration {
        Some(id) => account.named::<Configuration>(&id, "configuration")?.id.clone(),
        None => default_configuration(account),
    };
    let default_url = account.get::<Configuration>(&configuration)?.default_return_url.clone();
    let id = account.id("bps");
    let session = PortalSession {
        url: format!("{}/p/session/{id}", account.base_url),
        id,
        created: account.now,
        configuration,
        customer,
        return_url: return_url.or(default_url),
        flow,
        locale,
        pending_card: None,
    };
    let shown = session.json();
    account.portal_sessions.insert(&session.id.clone(), session);
    account.emit("billing_portal.session.created", shown.clone(), None);
    Ok(shown)
}
