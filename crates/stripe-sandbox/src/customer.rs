//! Customers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    account::{Account, noun},
    clock::TestClock,
    error::{Result, StripeError},
    form::Params,
    list, payment_method, search, subscription,
};

/// A customer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) created: i64,
    address: Value,
    /// The balance in minor units; a negative one is a credit that the next invoice uses.
    pub(crate) balance: i64,
    pub(crate) currency: Option<String>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) delinquent: bool,
    pub(crate) deleted: bool,
    description: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) invoice_prefix: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) name: Option<String>,
    pub(crate) next_invoice: i64,
    phone: Option<String>,
    preferred_locales: Vec<String>,
    shipping: Value,
    pub(crate) tax_exempt: Option<String>,
    pub(crate) test_clock: Option<String>,
    /// Fields that are only stored and returned.
    #[serde(default)]
    shown_as_given: Map<String, Value>,
    /// The same fields of its `invoice_settings`.
    #[serde(default)]
    invoice_settings: Map<String, Value>,
}

noun!(Customer, customers, "customer", "customer.updated");

impl Customer {
    fn to_json(&self) -> Value {
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

    fn read(&mut self, params: &mut Params) -> Result<()> {
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
        if let Some(address) = payment_method::address(params, "address")? {
            self.address = address;
        }
        if let Some(mut shipping) = params.map("shipping")? {
            self.shipping = if shipping.is_empty() {
                Value::Null
            } else {
                let address = payment_method::address(&mut shipping, "address")?;
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

/// Reads the customer's default payment method.
fn default_method(params: &mut Params, target: &mut Customer) -> Result<Option<String>> {
    let Some(mut settings) = params.map("invoice_settings")? else { return Ok(None) };
    let method = settings.text("default_payment_method")?;
    settings.keep(&["footer"], &mut target.invoice_settings)?;
    settings.done()?;
    Ok(method)
}

/// `POST /v1/customers`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let mut customer = Customer { next_invoice: 1, ..Customer::default() };
    customer.read(&mut params)?;
    customer.test_clock = params.text("test_clock")?;
    let default = default_method(&mut params, &mut customer)?;
    let method = params.text("payment_method")?.or(params.text("source")?);
    params.done()?;
    if let Some(clock) = &customer.test_clock {
        account.named::<TestClock>(clock, "test_clock")?;
    }
    account.enter(customer.test_clock.as_deref());
    let method = method.map(|method| payment_method::resolve(account, &method, "payment_method")).transpose()?;
    if let Some(refusal) = method.as_ref().and_then(|id| account.payment_methods.get(id)?.card.attach_refusal()) {
        return Err(refusal);
    }
    (customer.id, customer.created) = (account.random.id("cus"), account.now);
    customer.id.truncate("cus_".len() + 14);
    if customer.invoice_prefix.is_empty() {
        customer.invoice_prefix = account.random.letters(8).to_uppercase();
    }
    let id = customer.id.clone();
    account.add("customer.created", customer);
    if let Some(method) = &method {
        payment_method::attach(account, method, &id)?;
    }
    if let Some(default) = default {
        // If a request contains the same name twice, it means the same card.
        let chosen = match &method {
            Some(method) if default.starts_with("pm_card_") => method.clone(),
            _ => payment_method::resolve_for(account, &default, &id, "invoice_settings[default_payment_method]")?,
        };
        account.change(&id, |customer: &mut Customer| customer.default_payment_method = Some(chosen));
    }
    Ok(account.shown::<Customer>(&id))
}

/// Returns a customer that can still be changed, and switches to the customer's time.
pub(crate) fn live(account: &mut Account, id: &str, param: &str) -> Result<Customer> {
    let customer = account.named::<Customer>(id, param)?.clone();
    if customer.deleted {
        return Err(StripeError::coded("resource_missing", format!("No such customer: '{id}'")).at(param));
    }
    account.enter(customer.test_clock.as_deref());
    Ok(customer)
}

/// `POST /v1/customers/{id}`
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    account.get::<Customer>(id)?;
    let mut changed = live(account, id, "id")?;
    changed.read(&mut params)?;
    let default = default_method(&mut params, &mut changed)?.or(params.text("source")?);
    params.done()?;
    match default.as_deref() {
        None => {}
        Some("") => changed.default_payment_method = None,
        Some(method) => {
            let param = "invoice_settings[default_payment_method]";
            changed.default_payment_method = Some(payment_method::resolve_for(account, method, id, param)?);
        }
    }
    account.change(id, |customer: &mut Customer| *customer = changed);
    Ok(account.shown::<Customer>(id))
}

/// `DELETE /v1/customers/{id}`: ends its subscriptions at once.
pub(crate) fn delete(account: &mut Account, id: &str) -> Result<Value> {
    account.get::<Customer>(id)?;
    live(account, id, "id")?;
    subscription::end_all(account, id);
    let json = account.shown::<Customer>(id);
    account.change_quietly(id, |customer: &mut Customer| customer.deleted = true);
    account.emit("customer.deleted", json, None);
    Ok(account.shown::<Customer>(id))
}

/// `GET /v1/customers`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let email = params.text("email")?;
    let clock = params.text("test_clock")?;
    list::list(account, &mut params, "/v1/customers", |customer: &Customer| {
        // As Stripe does, customers of test clocks are listed only by their clock.
        !customer.deleted && (email.is_none() || email == customer.email) && clock == customer.test_clock
    })
}

/// `GET /v1/customers/search`
pub(crate) fn find(account: &Account, params: Params) -> Result<Value> {
    let live = account.customers.iter().filter(|customer| !customer.deleted);
    search::search(params, "customers", live.map(Customer::to_json))
}
