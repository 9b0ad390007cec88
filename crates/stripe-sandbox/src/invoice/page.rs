//! The hosted page of an invoice.

use askama::Template;

use crate::{
    account::Account,
    card::TestCard,
    form::Params,
    invoice::{Invoice, Status, pay, pdf, sum},
    money,
    page::{self, Answer, CardRow},
    payment_intent::Outcome,
    payment_method,
};

struct Row {
    description: String,
    period: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "invoice.html")]
struct Page {
    title: String,
    path: String,
    number: String,
    who: String,
    day: String,
    status: &'static str,
    open: bool,
    rows: Vec<Row>,
    /// Discounts and taxes, with their names.
    extras: Vec<(String, String)>,
    total: String,
    balance: Option<String>,
    due: String,
    paid_on: Option<String>,
    error: Option<String>,
    confirm: Option<String>,
    cards: Vec<CardRow>,
}

fn find(account: &Account, path: &str) -> Option<String> {
    account
        .invoices
        .iter()
        .find(|invoice| invoice.path == path && invoice.finalized_at.is_some())
        .map(|invoice| invoice.id.clone())
}

/// `GET /i/{account}/{token}`, and `…/pdf`
pub(crate) fn show(account: &Account, path: &str, as_pdf: bool) -> Answer {
    let Some(invoice) = find(account, path).and_then(|id| account.invoices.get(&id)) else { return page::not_found() };
    if as_pdf {
        let name = format!("Invoice-{}.pdf", invoice.number.as_deref().unwrap_or("draft"));
        return Answer::Pdf(name, pdf::invoice(invoice, &extras(account, invoice)));
    }
    draw(account, invoice, None, 200)
}

/// The names and amounts of discounts and taxes.
pub(crate) fn extras(account: &Account, invoice: &Invoice) -> Vec<(String, String)> {
    let mut extras = Vec::new();
    for amount in sum::discount_amounts(&invoice.lines).as_array().into_iter().flatten() {
        let discount = amount["discount"].as_str().and_then(|id| account.discounts.get(id));
        let name = discount.map_or_else(|| "Discount".to_owned(), crate::discount::Discount::words);
        extras.push((name, money::words(-amount["amount"].as_i64().unwrap_or(0), &invoice.currency)));
    }
    for tax in sum::tax_amounts(&invoice.lines) {
        let name = account.tax_rates.get(&tax.rate).map_or_else(|| "Tax".to_owned(), crate::tax_rate::TaxRate::words);
        extras.push((name, money::words(tax.amount, &invoice.currency)));
    }
    extras
}

fn draw(account: &Account, invoice: &Invoice, error: Option<String>, status: u16) -> Answer {
    let words = |amount| money::words(amount, &invoice.currency);
    let row = |line: &crate::invoice::Line| Row {
        description: line.description.clone(),
        period: format!("{} – {}", page::day(line.period.0), page::day(line.period.1)),
        amount: words(line.amount),
    };
    let waits = page::waits(account, invoice.payment_intent.as_ref());
    let confirm = invoice.payment_intent.as_ref().filter(|_| waits);
    let used = invoice.amount_due() - invoice.total();
    page::html(
        status,
        &Page {
            title: format!("Invoice {}", invoice.number.as_deref().unwrap_or_default()),
            path: invoice.path.clone(),
            number: invoice.number.clone().unwrap_or_default(),
            who: invoice
                .customer_name
                .clone()
                .or_else(|| invoice.customer_email.clone())
                .unwrap_or_else(|| invoice.customer.clone()),
            day: page::day(invoice.created),
            status: invoice.status.word(),
            open: invoice.status == Status::Open,
            rows: invoice.lines.iter().map(row).collect(),
            extras: extras(account, invoice),
            total: words(invoice.total()),
            balance: (used != 0).then(|| words(used)),
            due: words(invoice.amount_due()),
            paid_on: invoice.paid_at.map(page::day),
            error,
            confirm: confirm.map(|intent| format!("/authenticate/{intent}?then={}", invoice.path)),
            cards: page::cards(),
        },
    )
}

/// `POST /i/{account}/{token}`: pays with the card in the form.
pub(crate) fn submit(account: &mut Account, path: &str, params: &mut Params) -> Answer {
    let Some(invoice) = find(account, path).and_then(|id| account.invoices.get(&id).cloned()) else {
        return page::not_found();
    };
    account.enter(invoice.test_clock.as_deref());
    let number = params.text("card_number").ok().flatten().unwrap_or_default();
    let refused = match TestCard::find(&number) {
        None if invoice.status == Status::Open => Some(payment_method::unknown_number()),
        Some(card) if invoice.status == Status::Open => {
            let method = payment_method::of_card(account, card, None);
            match pay::collect(account, &invoice.id, Some(method), false) {
                Outcome::Declined(refusal) => Some(refusal),
                _ => None,
            }
        }
        _ => None,
    };
    let Some(now) = account.invoices.get(&invoice.id) else { return page::not_found() };
    match refused {
        Some(refusal) => draw(account, now, Some(refusal.message().to_owned()), 402),
        None if page::waits(account, now.payment_intent.as_ref()) => {
            let intent = now.payment_intent.clone().unwrap_or_default();
            Answer::Redirect(format!("/authenticate/{intent}?then={path}"))
        }
        None => Answer::Redirect(path.to_owned()),
    }
}
