//! Credit notes, which reduce an invoice before or after it is paid.

mod record;

use serde_json::{Map, Value};

pub(crate) use record::CreditNote;

use crate::{
    account::Account,
    customer::Customer,
    error::{Result, StripeError},
    form::Params,
    invoice::{Invoice, Status, pay},
    list,
    payment_intent::PaymentIntent,
    refund,
};

/// `POST /v1/credit_notes`: by amount only.
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let invoice = account.named::<Invoice>(&params.need("invoice")?, "invoice")?.clone();
    let refund_amount = params.int_from("refund_amount", 0)?;
    let (credit, outside) =
        (params.int_from("credit_amount", 0)?, params.int_from("out_of_band_amount", 0)?.unwrap_or(0));
    let amount =
        params.int_from("amount", 1)?.or(refund_amount).or(credit).ok_or_else(|| StripeError::missing("amount"))?;
    let memo = params.text("memo")?;
    let reasons = ["duplicate", "fraudulent", "order_change", "product_unsatisfactory"];
    let reason = params.one_of("reason", &reasons)?;
    let mut metadata = Map::new();
    params.metadata(&mut metadata)?;
    params.done()?;
    account.enter(invoice.test_clock.as_deref());
    let paid = invoice.status == Status::Paid;
    let most = if paid { invoice.total() - invoice.credited_after } else { invoice.amount_remaining() };
    if !matches!(invoice.status, Status::Paid | Status::Open) || amount > most {
        let message =
            format!("The credit note's amount ({amount}) exceeds what the invoice has left to credit ({most}).");
        return Err(StripeError::invalid(message).at("amount"));
    }
    let (refund_amount, credit) = (refund_amount.unwrap_or(0), credit.unwrap_or(0));
    if paid && refund_amount + credit + outside != amount {
        let message =
            "The sum of refund_amount, credit_amount and out_of_band_amount must equal the credit note amount.";
        return Err(StripeError::invalid(message).at("amount"));
    }
    let refund = paid_back(account, &invoice, refund_amount)?;
    let made = account.credit_notes.iter().filter(|note| note.invoice == invoice.id).count() + 1;
    let note = CreditNote {
        id: account.id("cn"),
        created: account.now,
        amount,
        currency: invoice.currency.clone(),
        customer: invoice.customer.clone(),
        invoice: invoice.id.clone(),
        number: format!("{}-CN-{made:02}", invoice.number.clone().unwrap_or_default()),
        memo,
        metadata,
        reason,
        refund,
        paid_before: paid,
        void: false,
        outside,
    };
    let shown = account.add("credit_note.created", note);
    account.change(&invoice.id, |invoice: &mut Invoice| {
        *(if paid { &mut invoice.credited_after } else { &mut invoice.credited_before }) += amount;
    });
    if credit > 0 && paid {
        account.change(&invoice.customer, |customer: &mut Customer| customer.balance -= credit);
    }
    if !paid && account.get::<Invoice>(&invoice.id)?.amount_remaining() == 0 {
        pay::settle(account, &invoice.id, 0);
    }
    Ok(shown)
}

fn paid_back(account: &mut Account, invoice: &Invoice, amount: i64) -> Result<Option<(String, i64)>> {
    if amount == 0 {
        return Ok(None);
    }
    let intent = invoice.payment_intent.as_ref().and_then(|id| account.payment_intents.get(id));
    let charge = intent.and_then(|intent: &PaymentIntent| intent.latest_charge.clone());
    let charge =
        charge.ok_or_else(|| StripeError::invalid("The invoice has no payment to refund.").at("refund_amount"))?;
    Ok(Some((refund::of_charge(account, &charge, Some(amount), None)?, amount)))
}

/// `GET /v1/credit_notes`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let (customer, invoice) = (params.text("customer")?, params.text("invoice")?);
    account.customer_check(customer.as_deref())?;
    list::list(account, &mut params, "/v1/credit_notes", |note: &CreditNote| {
        customer.as_ref().is_none_or(|customer| *customer == note.customer)
            && invoice.as_ref().is_none_or(|invoice| *invoice == note.invoice)
    })
}
