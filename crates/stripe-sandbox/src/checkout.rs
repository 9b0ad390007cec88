//! Checkout sessions: a page on which a customer starts a subscription or saves a card.

pub(crate) mod complete;
pub(crate) mod page;
pub(crate) mod request;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub(crate) use request::{create, expire, expire_now, index, update};

use crate::{
    account::{Account, Noun, noun},
    customer, discount,
    error::{Result, StripeError},
    form::Params,
    invoice::sum::{self, Sums},
    list,
    price::Price,
    subscription::{Subscription, create, item},
    tax_rate::TaxRate,
};

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
    fn pair(&self) -> (&'static str, &str) {
        match self {
            Self::Coupon(id) => ("discounts[0][coupon]", id),
            Self::PromotionCode(id) => ("discounts[0][promotion_code]", id),
        }
    }

    fn json(&self) -> Value {
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
    subscription_data: Params,
    pub(crate) customer: Option<String>,
    pub(crate) customer_email: Option<String>,
    pub(crate) customer_name: Option<String>,
    pub(crate) subscription: Option<String>,
    pub(crate) invoice: Option<String>,
    pub(crate) setup_intent: Option<String>,
    pub(crate) payment_status: String,
    client_reference_id: Option<String>,
    pub(crate) success_url: Option<String>,
    pub(crate) cancel_url: Option<String>,
    expires_at: i64,
    metadata: Map<String, Value>,
    /// Whether the page asks for a card even if nothing is due.
    always_card: bool,
    locale: Option<String>,
    promotion_codes: Option<bool>,
    /// The tax rates of each price.
    #[serde(default)]
    tax_rates: Vec<Vec<TaxRate>>,
    #[serde(default)]
    pub(crate) discount: Option<Redeemed>,
    /// The amounts that are due today.
    #[serde(default)]
    pub(crate) sums: Sums,
    /// The amounts for each price.
    #[serde(default)]
    item_sums: Vec<Sums>,
    currency: Option<String>,
    url: String,
}

noun!(Session, sessions, "checkout.session", "");

impl Session {
    /// When the session expires by itself; none once it has ended.
    pub(crate) fn due(&self) -> Option<i64> {
        (self.status == Status::Open).then_some(self.expires_at)
    }

    fn to_json(&self) -> Value {
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

    fn changing(&self) -> Value {
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
    fn subscription_params(&self, customer: &str) -> Params {
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

    /// The subscription that the session will create, with today's prices.
    pub(crate) fn described(&self, account: &Account) -> Result<Subscription> {
        let customer = self.customer.clone().unwrap_or_else(|| "cus_nobody".to_owned());
        let mut ghost = account.ghost(&customer);
        if self.customer.is_none() {
            let mut nobody = customer::Customer::default();
            nobody.id.clone_from(&customer);
            ghost.customers.insert(&customer, nobody);
        }
        ghost.enter(account.customers.get(&customer).and_then(|customer| customer.test_clock.as_deref()));
        create::read(&mut ghost, self.subscription_params(&customer)).map(|(subscription, _)| subscription)
    }

    /// Computes what is due. Fails if these prices cannot be bought together.
    fn reckon(&mut self, account: &Account) -> Result<()> {
        if self.setup {
            return Ok(());
        }
        let described = self.described(account)?;
        let exempt = exempt_of(account, &described);
        self.sums = due_today(account, &described);
        self.item_sums = sum::by_item(&described, exempt).0;
        Ok(())
    }

    /// Redeems the promotion code that a visitor entered. An empty code removes the present one.
    pub(crate) fn redeem(&mut self, account: &Account, code: &str) -> Result<()> {
        self.discount = None;
        self.reckon(account)?;
        if code.is_empty() {
            return Ok(());
        }
        let currency = self.currency.clone().unwrap_or_default();
        let subtotal = self.item_sums.iter().map(|sums| sums.subtotal).sum();
        let found = discount::typed(account, code, self.customer.as_deref(), subtotal, &currency);
        let found = found.map_err(|why| StripeError::invalid(why).at("promotion_code"))?;
        self.discount = Some(Redeemed::PromotionCode(found));
        self.reckon(account)
    }

    /// Whether visitors can enter a promotion code.
    pub(crate) fn takes_codes(&self) -> bool {
        self.promotion_codes == Some(true)
    }

    /// The promotion code that was entered.
    pub(crate) fn code(&self, account: &Account) -> Option<String> {
        match self.discount.as_ref()? {
            Redeemed::PromotionCode(id) => account.promotion_codes.get(id).map(|code| code.code.clone()),
            Redeemed::Coupon(_) => None,
        }
    }

    /// Whether the page asks for a card if this amount is due today.
    pub(crate) fn asks_card(&self, due: i64) -> bool {
        self.setup || self.always_card || due > 0
    }
}

/// The amounts that are due on a subscription's first day.
pub(crate) fn due_today(account: &Account, subscription: &Subscription) -> Sums {
    if subscription.trial.is_some() {
        return Sums::default();
    }
    sum::period(subscription, exempt_of(account, subscription))
}

/// The tax exemption of the subscription's customer; none: they pay taxes.
pub(crate) fn exempt_of<'a>(account: &'a Account, subscription: &Subscription) -> Option<&'a str> {
    account.customers.get(&subscription.customer).and_then(|customer| customer.tax_exempt.as_deref())
}

/// `GET /v1/checkout/sessions/{id}/line_items`
pub(crate) fn line_items_index(account: &Account, id: &str, mut params: Params) -> Result<Value> {
    account.get::<Session>(id)?;
    let all = line_items(account, id)["data"].as_array().cloned().unwrap_or_default();
    let all = all.iter().map(|item| (item["id"].as_str().unwrap_or_default(), item));
    list::page(all, &mut params, &format!("/v1/checkout/sessions/{id}/line_items"), |item| (*item).clone())
}

/// The line items of a session, which are shown only if they are expanded.
pub(crate) fn line_items(account: &Account, id: &str) -> Value {
    let session = account.sessions.get(id);
    let sums = session.map(|session| session.item_sums.clone()).unwrap_or_default();
    let data = session.into_iter().flat_map(|session| &session.prices).enumerate().map(|(index, (price, quantity))| {
        let sums = sums.get(index).copied().unwrap_or_default();
        json!({
            "id": format!("li_{}_{index}", id.trim_start_matches("cs_test_")),
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": sums.discount,
            "amount_subtotal": sums.subtotal,
            "amount_tax": sums.tax,
            "amount_total": sums.total(),
            "currency": price.currency,
            "description": item::name(account, price),
            "metadata": {},
            "price": price.json(),
            "quantity": quantity,
        })
    });
    list::of(data.collect(), &format!("/v1/checkout/sessions/{id}/line_items"), false)
}
