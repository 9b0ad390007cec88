//! Requests about customers.

use serde_json::Value;

use super::live;
use crate::{
    account::Account, clock::TestClock, customer::Customer, error::Result, form::Params, list, payment_method, search,
    subscription::end,
};

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
    end::end_all(account, id);
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
