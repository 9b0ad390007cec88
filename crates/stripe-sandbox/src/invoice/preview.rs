//! The preview of the next invoice: computed on a copy of the customer by the code that creates real invoices.

use serde_json::{Value, json};

use crate::{
    account::{Account, Noun},
    coupon::Duration,
    customer,
    customer::Customer,
    error::{Result, StripeError},
    form::Params,
    schedule::{Schedule, advance},
    subscription::{Subscription, cancel, create, cycle, live, update},
    table::Table,
};

impl Account {
    /// A copy that contains only this customer, and in which nothing is charged and no event is published.
    pub(crate) fn ghost(&self, customer: &str) -> Self {
        let mut ghost = Self::new(&self.key, 0);
        ghost.preview = true;
        (ghost.now, ghost.sandbox_now, ghost.sandbox_ms) = (self.now, self.sandbox_now, self.sandbox_ms);
        ghost.random = self.random.clone();
        ghost.billing = self.billing.clone();
        (ghost.prices, ghost.products, ghost.meters) =
            (self.prices.clone(), self.products.clone(), self.meters.clone());
        ghost.clocks = self.clocks.clone();
        (ghost.coupons, ghost.promotion_codes, ghost.tax_rates) =
            (self.coupons.clone(), self.promotion_codes.clone(), self.tax_rates.clone());
        ghost.meter_events = self.meter_events.iter().filter(|event| event.customer == customer).cloned().collect();
        if let Some(customer) = self.customers.get(customer) {
            ghost.customers.insert(&customer.id, customer.clone());
        }
        for method in self.payment_methods.iter().filter(|method| method.customer.as_deref() == Some(customer)) {
            ghost.payment_methods.insert(&method.id, method.clone());
        }
        for item in self.invoice_items.iter().filter(|item| item.customer == customer && item.invoice.is_none()) {
            ghost.invoice_items.insert(&item.id, item.clone());
        }
        for subscription in self.subscriptions.iter().filter(|each| each.customer == customer) {
            ghost.subscriptions.insert(&subscription.id, subscription.clone());
        }
        for schedule in self.schedules.iter().filter(|each| each.customer == customer) {
            ghost.schedules.insert(&schedule.id, schedule.clone());
        }
        ghost
    }

    fn ghost_invoice(&self) -> Option<Value> {
        let mut json = self.invoices.iter().next_back().map(Noun::json)?;
        let id = format!("upcoming_in_{}", json["id"].as_str().unwrap_or_default().trim_start_matches("in_"));
        for line in json["lines"]["data"].as_array_mut().into_iter().flatten() {
            line["invoice"] = json!(id);
        }
        json["id"] = json!(id);
        Some(json)
    }
}

/// The invoice of the next period; none if there will be none.
pub(crate) fn next(account: &Account, subscription: &str) -> Option<Value> {
    let customer = account.subscriptions.get(subscription)?.customer.clone();
    next_in(&mut account.ghost(&customer), subscription)
}

fn next_in(ghost: &mut Account, id: &str) -> Option<Value> {
    let subscription = ghost.subscriptions.get(id)?;
    let end = subscription.period.1;
    if subscription.status.is_over() || subscription.cancel_at.is_some_and(|at| at <= end) {
        return None;
    }
    // A phase that starts before then is applied first.
    let schedule = subscription.schedule.clone();
    let turns = schedule.filter(|id| {
        let running = ghost.schedules.get(id).and_then(Schedule::running);
        running.is_some_and(|phase| phase.end <= end)
    });
    if let Some(schedule) = turns {
        let at = ghost.schedules.get(&schedule).and_then(Schedule::running).map_or(end, |phase| phase.end);
        (ghost.now, ghost.sandbox_now) = (at, at);
        let before = ghost.invoices.len();
        advance::next(ghost, &schedule);
        if ghost.invoices.len() > before {
            return ghost.ghost_invoice();
        }
        if ghost.subscriptions.get(id)?.status.is_over() {
            return None;
        }
    }
    (ghost.now, ghost.sandbox_now) = (end, end);
    cycle::roll(ghost, id);
    ghost.ghost_invoice()
}

fn none_upcoming() -> StripeError {
    let mut error = StripeError::coded("invoice_upcoming_none", "No upcoming invoices for customer.");
    error.status = 404;
    error
}

/// `POST /v1/invoices/create_preview`
pub(crate) fn create_preview(account: &mut Account, mut params: Params) -> Result<Value> {
    let (customer, id) = (params.text("customer")?, params.text("subscription")?);
    let mut details = params.map("subscription_details")?;
    params.automatic_tax()?;
    let recurring = params.one_of("preview_mode", &["next", "recurring"])?.is_some_and(|mode| mode == "recurring");
    if params.has("discounts") {
        details.get_or_insert_default().adopt("discounts", &mut params);
    }
    params.done()?;
    if let Some(id) = id {
        let subscription = account.named::<Subscription>(&id, "subscription")?.clone();
        let mut ghost = account.ghost(&subscription.customer);
        ghost.enter(subscription.test_clock.as_deref());
        let details = details.unwrap_or_default();
        let preview = if recurring { regular(&mut ghost, &id, details) } else { changed(&mut ghost, &id, details) };
        return preview.and_then(|preview| preview.ok_or_else(none_upcoming));
    }
    let customer = customer.ok_or_else(|| StripeError::missing("customer"))?;
    if recurring {
        let what = "preview_mode=recurring without a subscription";
        return Err(StripeError::not_modelled(what, "preview_mode"));
    }
    customer::live(account, &customer, "customer")?;
    let mut ghost = account.ghost(&customer);
    ghost.enter(account.get::<Customer>(&customer)?.test_clock.as_deref());
    let Some(mut details) = details else {
        let next = account.subscriptions.iter().find(|each| each.customer == customer && !each.status.is_over());
        let next = next.map(|subscription| subscription.id.clone()).ok_or_else(none_upcoming)?;
        return next_in(&mut ghost, &next).ok_or_else(none_upcoming);
    };
    details.add("customer", &customer);
    create::create(&mut ghost, details)?;
    ghost.ghost_invoice().ok_or_else(none_upcoming)
}

/// The preview after a change: the invoice that the change creates at once, or else the next one.
fn changed(ghost: &mut Account, id: &str, mut details: Params) -> Result<Option<Value>> {
    live(ghost, id)?;
    if details.is_empty() {
        return Ok(next_in(ghost, id));
    }
    if details.flag("cancel_now")?.unwrap_or(false) {
        let behavior = details.one_of("proration_behavior", &["create_prorations", "always_invoice", "none"])?;
        details.done()?;
        let prorate = if behavior.as_deref() == Some("none") { "false" } else { "true" };
        cancel::cancel(ghost, id, Params::of(&[("invoice_now", "true"), ("prorate", prorate)]))?;
        return Ok(ghost.ghost_invoice());
    }
    update::update(ghost, id, details)?;
    match ghost.ghost_invoice() {
        Some(at_once) => Ok(Some(at_once)),
        None => Ok(next_in(ghost, id)),
    }
}

/// The regular invoice after a change, without prorations, waiting items, credits and discounts for one invoice.
fn regular(ghost: &mut Account, id: &str, mut details: Params) -> Result<Option<Value>> {
    live(ghost, id)?;
    details.one_of("proration_behavior", &["create_prorations", "always_invoice", "none"])?;
    details.int("proration_date")?;
    details.add("proration_behavior", "none");
    update::update(ghost, id, details)?;
    (ghost.invoice_items, ghost.invoices) = (Table::default(), Table::default());
    let Some(customer) = ghost.subscriptions.get(id).map(|each| each.customer.clone()) else { return Ok(None) };
    ghost.change_quietly(&customer, |customer: &mut Customer| customer.balance = 0);
    ghost.change_quietly(id, |subscription: &mut Subscription| {
        subscription.discounts.retain(|discount| discount.coupon.duration != Duration::Once);
    });
    Ok(next_in(ghost, id))
}

/// What a change to another price would cost now, for the pages.
pub(crate) fn change_costs(account: &Account, id: &str, item: &str, price: &str) -> Option<i64> {
    let subscription = account.subscriptions.get(id)?;
    let mut ghost = account.ghost(&subscription.customer);
    ghost.enter(subscription.test_clock.as_deref());
    let params =
        Params::of(&[("items[0][id]", item), ("items[0][price]", price), ("proration_behavior", "always_invoice")]);
    update::update(&mut ghost, id, params).ok()?;
    ghost.ghost_invoice().and_then(|invoice| invoice["total"].as_i64())
}

/// The next period starts soon: publishes what it will cost.
pub(crate) fn upcoming(account: &mut Account, id: &str) {
    account.change_quietly(id, |subscription: &mut Subscription| subscription.upcoming_told = true);
    if let Some(mut preview) = next(account, id) {
        if let Some(fields) = preview.as_object_mut() {
            // An invoice that does not exist yet has no id.
            fields.remove("id");
        }
        account.emit("invoice.upcoming", preview, None);
    }
}
