//! The API requests for invoices.

use serde_json::{Value, json};

use crate::{
    account::{Account, Noun},
    customer, discount,
    discount::{Discount, Place},
    error::{Result, StripeError},
    form::Params,
    invoice::{Invoice, Status, close, make, pay},
    list,
    payment_intent::{Outcome, PaymentIntent},
    payment_method,
    subscription::Subscription,
    tax_rate,
};

/// Returns an invoice in one of these states, and switches to its customer's time.
fn in_state(account: &mut Account, id: &str, states: &[Status]) -> Result<Invoice> {
    let invoice = account.get::<Invoice>(id)?.clone();
    account.enter(invoice.test_clock.as_deref());
    if states.contains(&invoice.status) {
        return Ok(invoice);
    }
    let code = if invoice.status == Status::Paid { "invoice_already_paid" } else { "invoice_not_editable" };
    let message = match invoice.status {
        Status::Paid => "Invoice is already paid".to_owned(),
        status => format!("The invoice is {} and cannot be changed that way.", status.word()),
    };
    Err(StripeError::coded(code, message))
}

/// `POST /v1/invoices`: creates a draft of the customer's waiting items.
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let customer = params.need("customer")?;
    let subscription = params.text("subscription")?;
    let (description, advance) = (params.text("description")?, params.flag("auto_advance")?.unwrap_or(false));
    let sends = params.one_of("collection_method", &["charge_automatically", "send_invoice"])?;
    let days = params.int_from("days_until_due", 0)?;
    let includes = params.one_of("pending_invoice_items_behavior", &["include", "exclude"])?;
    let mut metadata = serde_json::Map::new();
    params.metadata(&mut metadata)?;
    let currency = params.currency("currency")?;
    let mut shown = serde_json::Map::new();
    params.keep(&["footer", "statement_descriptor"], &mut shown)?;
    params.automatic_tax()?;
    let owner = customer::live(account, &customer, "customer")?;
    let subscription =
        subscription.map(|id| account.named::<Subscription>(&id, "subscription").cloned()).transpose()?;
    let id = account.id("in");
    let own = currency.clone().or(owner.currency).unwrap_or_else(|| "usd".to_owned());
    let place = place(&id, &customer, &own, &[], 0);
    let discounts = discount::read(account, &mut params, &place)?;
    let rates = tax_rate::read_list(account, &mut params, "default_tax_rates")?;
    params.done()?;
    let kept = (includes.as_deref() != Some("include")).then(|| account.invoice_items.clone());
    if kept.is_some() {
        account.invoice_items = crate::table::Table::default();
    }
    make::draft(account, &id, &customer, subscription.as_ref(), "manual", Vec::new());
    if let Some(kept) = kept {
        account.invoice_items = kept;
    }
    let now = account.now;
    account.change_quietly(&id, |invoice: &mut Invoice| {
        (invoice.description, invoice.metadata, invoice.auto_advance) = (description, metadata, advance);
        invoice.finalizes_at = advance.then_some(now + 3600);
        invoice.next_payment_attempt = invoice.finalizes_at;
        invoice.sends = sends.as_deref() == Some("send_invoice");
        invoice.due_date = days.map(|days| now + days * 86_400);
        invoice.currency = currency.unwrap_or_else(|| invoice.currency.clone());
        invoice.shown_as_given = shown;
        invoice.default_tax_rates = rates.unwrap_or_else(|| std::mem::take(&mut invoice.default_tax_rates));
    });
    if let Some(discounts) = discounts {
        discounts_set(account, &id, discounts);
    }
    account.change_quietly(&id, Invoice::recompute);
    Ok(account.shown::<Invoice>(&id))
}

fn place<'a>(id: &'a str, customer: &'a str, currency: &'a str, there: &'a [Discount], subtotal: i64) -> Place<'a> {
    Place { customer, subscription: None, invoice: Some(id), currency, subtotal, there }
}

/// Replaces the subscription's discounts on a draft by others.
fn discounts_set(account: &mut Account, id: &str, discounts: Vec<Discount>) {
    discount::begin(account, &[], &discounts);
    account.change_quietly(id, |invoice: &mut Invoice| invoice.discounts = discounts);
}

/// `POST /v1/invoices/{id}`
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<Invoice>(id)?.clone();
    account.enter(changed.test_clock.as_deref());
    params.set("description", &mut changed.description)?;
    params.metadata(&mut changed.metadata)?;
    if let Some(advance) = params.flag("auto_advance")? {
        changed.auto_advance = advance;
        changed.finalizes_at = (advance && changed.status == Status::Draft).then_some(account.now + 3600);
        changed.next_payment_attempt = if advance { changed.finalizes_at } else { None };
    }
    if let Some(method) = params.text("default_payment_method")? {
        let param = "default_payment_method";
        changed.default_payment_method = Some(payment_method::resolve_for(account, &method, &changed.customer, param)?);
    }
    changed.due_date = params.int("due_date")?.or(changed.due_date);
    params.keep(&["footer", "statement_descriptor"], &mut changed.shown_as_given)?;
    params.automatic_tax()?;
    let sums = params.has("discounts") || params.has("default_tax_rates");
    if sums && changed.status != Status::Draft {
        return Err(StripeError::coded("invoice_not_editable", "Only the sums of drafts can be changed."));
    }
    let there = changed.discounts.clone();
    let place = place(id, &changed.customer, &changed.currency, &there, changed.sums().subtotal);
    let discounts = discount::read(account, &mut params, &place)?;
    if let Some(rates) = tax_rate::read_list(account, &mut params, "default_tax_rates")? {
        changed.default_tax_rates = rates;
    }
    params.done()?;
    if let Some(discounts) = discounts {
        discount::begin(account, &there, &discounts);
        changed.discounts = discounts;
    }
    if sums {
        changed.recompute();
    }
    account.change(id, |invoice: &mut Invoice| *invoice = changed);
    Ok(account.shown::<Invoice>(id))
}

/// `DELETE /v1/invoices/{id}`: only for drafts without a subscription.
pub(crate) fn delete(account: &mut Account, id: &str) -> Result<Value> {
    let invoice = in_state(account, id, &[Status::Draft])?;
    if invoice.subscription.is_some() {
        return Err(StripeError::invalid("You cannot delete invoices of subscriptions; void them after finalizing."));
    }
    account.invoices.remove(id);
    for item in account.invoice_items.iter_mut() {
        item.invoice.take_if(|other| other == id);
    }
    account.emit("invoice.deleted", invoice.json(), None);
    Ok(json!({ "id": id, "object": "invoice", "deleted": true }))
}

/// `POST /v1/invoices/{id}/finalize`, and `…/send`, which finalizes a draft.
pub(crate) fn finalize(account: &mut Account, id: &str, mut params: Params, send: bool) -> Result<Value> {
    let advance = if send { None } else { params.flag("auto_advance")? };
    params.done()?;
    let states: &[Status] = if send { &[Status::Draft, Status::Open] } else { &[Status::Draft] };
    let invoice = in_state(account, id, states)?;
    make::finalize(account, id);
    if let Some(advance) = advance {
        account.change(id, |invoice: &mut Invoice| invoice.auto_advance = advance && invoice.status == Status::Open);
    }
    if send && !invoice.sends {
        let json = account.shown::<Invoice>(id);
        account.emit("invoice.sent", json, None);
    }
    Ok(account.shown::<Invoice>(id))
}

/// `POST /v1/invoices/{id}/pay`
pub(crate) fn pay_now(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let (method, outside) = (params.text("payment_method")?, params.flag("paid_out_of_band")?.unwrap_or(false));
    let off_session = params.flag("off_session")?.unwrap_or(true);
    params.done()?;
    let invoice = in_state(account, id, &[Status::Draft, Status::Open, Status::Uncollectible])?;
    make::finalize(account, id);
    account.change(id, |invoice: &mut Invoice| {
        if invoice.status == Status::Uncollectible {
            invoice.status = Status::Open;
        }
    });
    if outside {
        let due = account.get::<Invoice>(id)?.amount_due();
        if let Some(intent) = account.get::<Invoice>(id)?.payment_intent.clone() {
            crate::payment_intent::cancel(account, &intent, Some("void_invoice".to_owned()));
        }
        pay::settle(account, id, due);
        return Ok(account.shown::<Invoice>(id));
    }
    let param = "payment_method";
    let method =
        method.map(|method| payment_method::resolve_for(account, &method, &invoice.customer, param)).transpose()?;
    match pay::collect(account, id, method, off_session) {
        Outcome::Succeeded => Ok(account.shown::<Invoice>(id)),
        Outcome::Declined(refusal) => Err(with_intent(account, id, refusal)),
        Outcome::ActionNeeded => {
            let message = "This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice.";
            Err(with_intent(account, id, StripeError::card("invoice_payment_intent_requires_action", None, message)))
        }
    }
}

fn with_intent(account: &Account, id: &str, refusal: StripeError) -> StripeError {
    let intent = account.invoices.get(id).and_then(|invoice| invoice.payment_intent.clone());
    intent.map_or(refusal.clone(), |intent| refusal.with("payment_intent", account.shown::<PaymentIntent>(&intent)))
}

/// `POST /v1/invoices/{id}/void`
pub(crate) fn void(account: &mut Account, id: &str, params: Params) -> Result<Value> {
    params.done()?;
    in_state(account, id, &[Status::Open, Status::Uncollectible])?;
    close::void(account, id);
    Ok(account.shown::<Invoice>(id))
}

/// `POST /v1/invoices/{id}/mark_uncollectible`
pub(crate) fn mark_uncollectible(account: &mut Account, id: &str, params: Params) -> Result<Value> {
    params.done()?;
    in_state(account, id, &[Status::Open])?;
    close::mark_uncollectible(account, id);
    Ok(account.shown::<Invoice>(id))
}

/// `GET /v1/invoices`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let (customer, subscription) = (params.text("customer")?, params.text("subscription")?);
    let status = params.one_of("status", &["draft", "open", "paid", "uncollectible", "void"])?;
    let method = params.one_of("collection_method", &["charge_automatically", "send_invoice"])?;
    account.customer_check(customer.as_deref())?;
    if let Some(subscription) = &subscription {
        account.named::<Subscription>(subscription, "subscription")?;
    }
    list::list(account, &mut params, "/v1/invoices", |invoice: &Invoice| {
        method.as_ref().is_none_or(|method| (method == "send_invoice") == invoice.sends)
            && customer.as_ref().is_none_or(|customer| *customer == invoice.customer)
            && (subscription.is_none() || subscription == invoice.subscription)
            && status.as_ref().is_none_or(|status| status == invoice.status.word())
    })
}

/// `GET /v1/invoices/{id}/lines`
pub(crate) fn lines(account: &Account, id: &str, mut params: Params) -> Result<Value> {
    let invoice = account.get::<Invoice>(id)?;
    let all = invoice.lines.iter().map(|line| (line.id.as_str(), line));
    list::page(all, &mut params, &format!("/v1/invoices/{id}/lines"), |line| line.json(id))
}

/// `GET /v1/invoice_payments?invoice=…`
pub(crate) fn payments(account: &Account, mut params: Params) -> Result<Value> {
    let invoice = params.need("invoice")?;
    let status = params.one_of("status", &["open", "paid", "canceled"])?;
    account.named::<Invoice>(&invoice, "invoice")?;
    let all = super::payments(account, &invoice)["data"].as_array().cloned().unwrap_or_default();
    let all = all.iter().filter(|each| status.as_ref().is_none_or(|status| each["status"] == **status));
    let all = all.map(|each| (each["id"].as_str().unwrap_or_default(), each));
    list::page(all, &mut params, "/v1/invoice_payments", |each| (*each).clone())
}
