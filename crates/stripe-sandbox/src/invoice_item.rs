//! Invoice items: amounts that wait for the next invoice, such as prorations.

mod record;

use serde_json::{Map, Value, json};

pub(crate) use record::InvoiceItem;

use crate::{
    account::Account,
    customer,
    error::{Result, StripeError},
    form::{MOST_AMOUNT, MOST_QUANTITY, Params},
    invoice::{Invoice, Line, Status, line::Origin},
    list,
    price::Price,
    subscription::Subscription,
    tax_rate,
};

/// Stores a line for the customer's next invoice.
pub(crate) fn keep(account: &mut Account, customer: &str, line: Line) {
    let (Origin::InvoiceItem { invoice_item, .. }, test_clock) =
        (&line.origin, account.customers.get(customer).and_then(|customer| customer.test_clock.clone()))
    else {
        return;
    };
    let (id, created) = (invoice_item.clone(), account.now);
    account.add(
        "invoiceitem.created",
        InvoiceItem { id, created, customer: customer.to_owned(), invoice: None, line, test_clock },
    );
}

/// Takes the lines that wait for this customer: those of the subscription and those without one.
pub(crate) fn waiting_take(
    account: &mut Account,
    customer: &str,
    subscription: Option<&str>,
    invoice: &str,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for item in account.invoice_items.iter_mut() {
        let joins = item.subscription().is_none() || item.subscription() == subscription;
        if item.invoice.is_none() && item.customer == customer && joins {
            item.invoice = Some(invoice.to_owned());
            lines.push(item.line.clone());
        }
    }
    lines
}

/// `POST /v1/invoiceitems`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let customer = params.need("customer")?;
    let (amount, currency) = (params.int_within("amount", -MOST_AMOUNT, MOST_AMOUNT)?, params.currency("currency")?);
    let quantity = params.int_within("quantity", 0, MOST_QUANTITY)?.unwrap_or(1);
    let (description, subscription) = (params.text("description")?, params.text("subscription")?);
    let invoice = params.text("invoice")?;
    let mut pricing = params.map("pricing")?.unwrap_or_default();
    let price = pricing.text("price")?;
    pricing.done()?;
    let mut metadata = Map::new();
    params.metadata(&mut metadata)?;
    let discountable = params.flag("discountable")?.unwrap_or(true);
    let tax_rates = tax_rate::read_list(account, &mut params, "tax_rates")?.unwrap_or_default();
    params.done()?;
    customer::live(account, &customer, "customer")?;
    if let Some(subscription) = &subscription {
        account.named::<Subscription>(subscription, "subscription")?;
    }
    if let Some(invoice) = &invoice
        && account.named::<Invoice>(invoice, "invoice")?.status != Status::Draft
    {
        return Err(StripeError::coded("invoice_not_editable", "Only drafts can be changed.").at("invoice"));
    }
    let price = price.map(|price| account.named::<Price>(&price, "pricing[price]").cloned()).transpose()?;
    let unit =
        price.as_ref().map(|price| price.unit_amount).or(amount).ok_or_else(|| StripeError::missing("amount"))?;
    let currency = price
        .as_ref()
        .map(|price| price.currency.clone())
        .or(currency)
        .ok_or_else(|| StripeError::missing("currency"))?;
    let id = account.id("ii");
    let line = Line {
        id: account.id("il"),
        amount: unit * quantity,
        currency: currency.to_lowercase(),
        description: description.unwrap_or_default(),
        metadata,
        period: (account.now, account.now),
        price: price.map(|price| (price.id, price.product)),
        unit_amount: unit,
        quantity,
        origin: Origin::InvoiceItem { invoice_item: id.clone(), subscription, item: None, proration: false },
        discountable,
        tax_rates,
        discounts: Vec::new(),
        taxes: Vec::new(),
    };
    keep(account, &customer, line.clone());
    if let Some(invoice) = invoice {
        account.change_quietly(&id, |item: &mut InvoiceItem| item.invoice = Some(invoice.clone()));
        account.change(&invoice, |invoice: &mut Invoice| {
            invoice.lines.push(line);
            invoice.recompute();
        });
    }
    Ok(account.shown::<InvoiceItem>(&id))
}

/// `DELETE /v1/invoiceitems/{id}`
pub(crate) fn delete(account: &mut Account, id: &str) -> Result<Value> {
    let item = account.get::<InvoiceItem>(id)?.clone();
    if let Some(invoice) = &item.invoice {
        if account.get::<Invoice>(invoice)?.status != Status::Draft {
            return Err(StripeError::invalid(
                "This invoice item cannot be deleted: its invoice is not a draft any more.",
            ));
        }
        account.change(invoice, |invoice: &mut Invoice| {
            invoice.lines.retain(|line| line.id != item.line.id);
            invoice.recompute();
        });
    }
    account.invoice_items.remove(id);
    account.emit("invoiceitem.deleted", item.to_json(), None);
    Ok(json!({ "id": id, "object": "invoiceitem", "deleted": true }))
}

/// `GET /v1/invoiceitems`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let (customer, invoice, pending) = (params.text("customer")?, params.text("invoice")?, params.flag("pending")?);
    list::list(account, &mut params, "/v1/invoiceitems", |item: &InvoiceItem| {
        customer.as_ref().is_none_or(|customer| *customer == item.customer)
            && (invoice.is_none() || invoice == item.invoice)
            && pending.is_none_or(|pending| pending == item.invoice.is_none())
    })
}
