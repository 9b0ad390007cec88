//! Credit notes, which reduce an invoice before or after it is paid.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    account::{Account, noun},
    customer::Customer,
    error::{Result, StripeError},
    form::Params,
    invoice::{Invoice, Status, pay},
    list,
    payment_intent::PaymentIntent,
    refund,
};

/// A credit note.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CreditNote {
    pub(crate) id: String,
    pub(crate) created: i64,
    amount: i64,
    currency: String,
    customer: String,
    invoice: String,
    number: String,
    memo: Option<String>,
    metadata: Map<String, Value>,
    reason: Option<String>,
    refund: Option<(String, i64)>,
    paid_before: bool,
    void: bool,
    outside: i64,
}

noun!(CreditNote, credit_notes, "credit_note", "credit_note.updated");

impl CreditNote {
    fn to_json(&self) -> Value {
        let refunds: Vec<Value> = self
            .refund
            .iter()
            .map(|(id, amount)| json!({ "amount_refunded": amount, "refund": id, "type": "refund" }))
            .collect();
        let line = json!({
            "id": self.id.replacen("cn_", "cnli_", 1),
            "object": "credit_note_line_item",
            "amount": self.amount,
            "description": self.memo,
            "quantity": 1,
            "type": "custom_line_item",
            "unit_amount": self.amount,
        });
        json!({
            "id": self.id,
            "object": "credit_note",
            "amount": self.amount,
            "amount_shipping": 0,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "customer_balance_transaction": null,
            "discount_amount": 0,
            "discount_amounts": [],
            "effective_at": self.created,
            "invoice": self.invoice,
            "lines": list::of(vec![line], &format!("/v1/credit_notes/{}/lines", self.id), false),
            "livemode": false,
            "memo": self.memo,
            "metadata": self.metadata,
            "number": self.number,
            "out_of_band_amount": self.outside,
            "pdf": null,
            "post_payment_amount": if self.paid_before { self.amount } else { 0 },
            "pre_payment_amount": if self.paid_before { 0 } else { self.amount },
            "pretax_credit_amounts": [],
            "reason": self.reason,
            "refunds": refunds,
            "shipping_cost": null,
            "status": if self.void { "void" } else { "issued" },
            "subtotal": self.amount,
            "subtotal_excluding_tax": self.amount,
            "total": self.amount,
            "total_excluding_tax": self.amount,
            "total_taxes": [],
            "type": if self.paid_before { "post_payment" } else { "pre_payment" },
            "voided_at": null,
        })
    }
}

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
