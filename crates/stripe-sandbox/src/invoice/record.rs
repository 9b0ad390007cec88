//! An invoice, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    discount,
    discount::Discount,
    invoice::{Line, sum, sum::Sums, tax::Tax},
    tax_rate,
    tax_rate::TaxRate,
};

/// The status of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Draft,
    Open,
    Paid,
    Uncollectible,
    Void,
}

impl Status {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Uncollectible => "uncollectible",
            Self::Void => "void",
        }
    }
}

/// An invoice. Amounts are in minor units, times in seconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) attempt_count: i64,
    pub(crate) auto_advance: bool,
    pub(crate) finalizes_at: Option<i64>,
    /// `subscription_create`, `subscription_cycle`, `subscription_update`, `manual`.
    pub(crate) billing_reason: String,
    pub(crate) sends: bool,
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) customer_email: Option<String>,
    pub(crate) customer_name: Option<String>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) due_date: Option<i64>,
    pub(crate) overdue: bool,
    pub(crate) starting_balance: i64,
    pub(crate) ending_balance: Option<i64>,
    pub(crate) amount_paid: i64,
    pub(crate) lines: Vec<Line>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) next_payment_attempt: Option<i64>,
    pub(crate) number: Option<String>,
    pub(crate) subscription: Option<String>,
    pub(crate) subscription_metadata: Map<String, Value>,
    pub(crate) payment_intent: Option<String>,
    pub(crate) period: (i64, i64),
    pub(crate) credited_before: i64,
    pub(crate) credited_after: i64,
    pub(crate) status: Status,
    pub(crate) finalized_at: Option<i64>,
    pub(crate) paid_at: Option<i64>,
    pub(crate) uncollectible_at: Option<i64>,
    pub(crate) voided_at: Option<i64>,
    pub(crate) test_clock: Option<String>,
    /// The path of its hosted page, without the sandbox's address.
    pub(crate) path: String,
    pub(crate) base_url: String,
    #[serde(default)]
    pub(crate) discounts: Vec<Discount>,
    #[serde(default)]
    pub(crate) default_tax_rates: Vec<TaxRate>,
    /// The customer's tax exemption: `exempt` or `reverse`; none: not exempt.
    #[serde(default)]
    pub(crate) tax_exempt: Option<String>,
    /// Fields that are only stored and returned.
    #[serde(default)]
    pub(crate) shown_as_given: Map<String, Value>,
}

impl Invoice {
    /// Computes the discounts and taxes of its lines again.
    pub(crate) fn recompute(&mut self) {
        sum::apply(&mut self.lines, &self.discounts, &self.default_tax_rates, self.tax_exempt.as_deref());
    }

    pub(crate) fn sums(&self) -> Sums {
        Sums::of(&self.lines)
    }

    /// The sum of its lines, after discounts and with taxes.
    pub(crate) fn total(&self) -> i64 {
        self.sums().total()
    }

    /// The amount to pay after the customer's balance.
    pub(crate) fn amount_due(&self) -> i64 {
        (self.total() + self.starting_balance - self.credited_before).max(0)
    }

    /// The amount that is still to be paid.
    pub(crate) fn amount_remaining(&self) -> i64 {
        self.amount_due() - self.amount_paid
    }

    pub(crate) fn hosted_url(&self) -> Option<String> {
        self.finalized_at.map(|_| format!("{}{}", self.base_url, self.path))
    }

    pub(super) fn parent(&self) -> Value {
        match &self.subscription {
            None => Value::Null,
            Some(subscription) => json!({
                "quote_details": null,
                "subscription_details": { "metadata": self.subscription_metadata, "subscription": subscription },
                "type": "subscription_details",
            }),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut json = self.amounts();
        if let Value::Object(fields) = &mut json {
            fields.extend(self.fixed());
            fields.extend(self.shown_as_given.clone());
        }
        json
    }

    pub(super) fn amounts(&self) -> Value {
        let sums = self.sums();
        let total = sums.total();
        let in_subtotal = sum::subtotal_tax(&self.lines, &self.default_tax_rates, self.tax_exempt.as_deref());
        let lines: Vec<Value> = self.lines.iter().map(|line| line.json(&self.id)).collect();
        let url = format!("/v1/invoices/{}/lines", self.id);
        json!({
            "id": self.id,
            "object": "invoice",
            "amount_due": self.amount_due(),
            "amount_overpaid": 0,
            "amount_paid": self.amount_paid,
            "amount_remaining": self.amount_remaining(),
            "amount_shipping": 0,
            "attempt_count": self.attempt_count,
            "attempted": self.attempt_count > 0 || self.status == Status::Paid,
            "auto_advance": self.auto_advance,
            "automatically_finalizes_at": self.finalizes_at,
            "billing_reason": self.billing_reason,
            "collection_method": if self.sends { "send_invoice" } else { "charge_automatically" },
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_email": self.customer_email,
            "customer_name": self.customer_name,
            "default_payment_method": self.default_payment_method,
            "description": self.description,
            "due_date": self.due_date,
            "effective_at": self.finalized_at,
            "ending_balance": self.ending_balance,
            "hosted_invoice_url": self.hosted_url(),
            "invoice_pdf": self.hosted_url().map(|url| format!("{url}/pdf")),
            "lines": { "object": "list", "data": lines, "has_more": false, "total_count": lines.len(), "url": url },
            "metadata": self.metadata,
            "next_payment_attempt": self.next_payment_attempt,
            "number": self.number,
            "parent": self.parent(),
            "period_end": self.period.1,
            "period_start": self.period.0,
            "post_payment_credit_notes_amount": self.credited_after,
            "pre_payment_credit_notes_amount": self.credited_before,
            "starting_balance": self.starting_balance,
            "status": self.status.word(),
            "status_transitions": {
                "finalized_at": self.finalized_at,
                "marked_uncollectible_at": self.uncollectible_at,
                "paid_at": self.paid_at,
                "voided_at": self.voided_at,
            },
            "subtotal": sums.subtotal,
            "subtotal_excluding_tax": sums.subtotal - in_subtotal,
            "test_clock": self.test_clock,
            "total": total,
            "total_discount_amounts": sum::discount_amounts(&self.lines),
            "total_excluding_tax": total - sums.tax,
            "total_taxes": sum::tax_amounts(&self.lines).iter().map(Tax::json).collect::<Value>(),
        })
    }

    /// Fields that are the same for all invoices of the sandbox.
    pub(super) fn fixed(&self) -> Map<String, Value> {
        let fixed = json!({
            "account_country": "US",
            "account_name": "Stripe sandbox",
            "account_tax_ids": null,
            "application": null,
            "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null, "provider": null, "status": null },
            "custom_fields": null,
            "customer_account": null,
            "customer_address": null,
            "customer_phone": null,
            "customer_shipping": null,
            "customer_tax_exempt": self.tax_exempt.as_deref().unwrap_or("none"),
            "customer_tax_ids": [],
            "default_source": null,
            "default_tax_rates": tax_rate::shown(&self.default_tax_rates),
            "discounts": discount::ids(&self.discounts),
            "footer": null,
            "from_invoice": null,
            "issuer": { "type": "self" },
            "last_finalization_error": null,
            "latest_revision": null,
            "livemode": false,
            "on_behalf_of": null,
            "payment_settings": { "default_mandate": null, "payment_method_options": null, "payment_method_types": null },
            "receipt_number": null,
            "rendering": null,
            "shipping_cost": null,
            "shipping_details": null,
            "statement_descriptor": null,
            "total_pretax_credit_amounts": [],
            "webhooks_delivered_at": self.finalized_at,
        });
        match fixed {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }
}
