//! Invoices: lines, totals, and payments.

pub(crate) mod close;
pub(crate) mod line;
pub(crate) mod make;
pub(crate) mod page;
pub(crate) mod pay;
pub(crate) mod pdf;
pub(crate) mod preview;
mod record;
pub(crate) mod request;
pub(crate) mod sum;
pub(crate) mod tax;

use serde_json::{Value, json};

pub(crate) use line::Line;
pub(crate) use record::{Invoice, Status};

use crate::account::Account;

/// The payments of an invoice, which are shown only if they are expanded.
pub(crate) fn payments(account: &Account, id: &str) -> Value {
    let invoice = account.invoices.get(id);
    let data: Vec<Value> = invoice.and_then(|invoice| payment(account, invoice)).into_iter().collect();
    json!({ "object": "list", "data": data, "has_more": false, "url": "/v1/invoice_payments" })
}

fn payment(account: &Account, invoice: &Invoice) -> Option<Value> {
    let intent = account.payment_intents.get(invoice.payment_intent.as_ref()?)?;
    let paid = invoice.status == Status::Paid;
    let status = match invoice.status {
        Status::Paid => "paid",
        Status::Void => "canceled",
        _ => "open",
    };
    Some(json!({
        "id": intent.id.replacen("pi_", "inpay_", 1),
        "object": "invoice_payment",
        "amount_paid": paid.then_some(invoice.amount_paid),
        "amount_requested": invoice.amount_due(),
        "created": intent.created,
        "currency": invoice.currency,
        "invoice": invoice.id,
        "is_default": true,
        "livemode": false,
        "payment": { "payment_intent": intent.id, "type": "payment_intent" },
        "status": status,
        "status_transitions": { "canceled_at": invoice.voided_at, "paid_at": invoice.paid_at },
    }))
}

/// The secret with which an SDK in a browser would confirm the payment.
pub(crate) fn confirmation_secret(account: &Account, id: &str) -> Value {
    let intent =
        account.invoices.get(id).and_then(|invoice| account.payment_intents.get(invoice.payment_intent.as_ref()?));
    intent.map_or(Value::Null, |intent| json!({ "client_secret": intent.client_secret(), "type": "payment_intent" }))
}
