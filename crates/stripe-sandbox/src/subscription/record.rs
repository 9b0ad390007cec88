//! A subscription, as it is stored and shown.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    discount,
    discount::Discount,
    subscription::{BillingMode, Item, item},
    tax_rate,
    tax_rate::TaxRate,
};

/// The status of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    /// Its first invoice has not been paid; the customer has 23 hours for that.
    Incomplete,
    IncompleteExpired,
    Trialing,
    Active,
    PastDue,
    Unpaid,
    Canceled,
    /// Its trial ended without a card.
    Paused,
}

impl Status {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Canceled => "canceled",
            Self::Paused => "paused",
        }
    }

    /// Whether the status is final.
    pub(crate) const fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

/// What happens with invoices while collection is paused.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pause {
    /// `keep_as_draft`, `mark_uncollectible` or `void`.
    pub(crate) behavior: String,
    pub(crate) resumes_at: Option<i64>,
}

/// A subscription. Times are seconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) customer: String,
    pub(crate) currency: String,
    pub(crate) status: Status,
    pub(crate) items: Vec<Item>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) anchor: i64,
    /// The present period of every item: their prices have the same interval.
    pub(crate) period: (i64, i64),
    pub(crate) cancel_at: Option<i64>,
    pub(crate) cancel_at_period_end: bool,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) cancel_reason: Option<String>,
    pub(crate) cancel_comment: Option<String>,
    pub(crate) cancel_feedback: Option<String>,
    /// Set if invoices are sent to the customer and not charged.
    pub(crate) days_until_due: Option<i64>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) latest_invoice: Option<String>,
    pub(crate) pause: Option<Pause>,
    pub(crate) paused_at: Option<i64>,
    pub(crate) saves_method: bool,
    pub(crate) pending_setup_intent: Option<String>,
    pub(crate) trial: Option<(i64, i64)>,
    /// What happens when the trial ends without a card: `create_invoice`, `cancel` or `pause`.
    pub(crate) missing_method: String,
    pub(crate) test_clock: Option<String>,
    /// Whether `trial_will_end` was sent.
    pub(crate) trial_told: bool,
    /// Whether `invoice.upcoming` was sent for this period.
    pub(crate) upcoming_told: bool,
    /// The discounts of its invoices.
    #[serde(default)]
    pub(crate) discounts: Vec<Discount>,
    /// The discounts when this period was charged: unused time is credited at that price.
    #[serde(default)]
    pub(crate) period_discounts: Vec<Discount>,
    #[serde(default)]
    pub(crate) default_tax_rates: Vec<TaxRate>,
    /// The schedule that changes it.
    #[serde(default)]
    pub(crate) schedule: Option<String>,
    #[serde(default)]
    pub(crate) billing_mode: BillingMode,
    /// When the billing mode was changed; none: never.
    #[serde(default)]
    pub(crate) migrated_at: Option<i64>,
}

impl Subscription {
    /// Its current period, in seconds since 1970.
    pub(crate) fn span(&self) -> Range<i64> {
        self.period.0..self.period.1
    }

    pub(crate) fn to_json(&self) -> Value {
        let items: Vec<Value> =
            self.items.iter().map(|item| item.json(&self.id, self.period.0, self.period.1)).collect();
        let url = format!("/v1/subscription_items?subscription={}", self.id);
        let mut json = json!({
            "id": self.id,
            "object": "subscription",
            "billing_cycle_anchor": self.anchor,
            "billing_mode": self.billing_mode.json(self.migrated_at),
            "cancel_at": self.cancel_at,
            "cancel_at_period_end": self.cancel_at_period_end,
            "canceled_at": self.canceled_at,
            "cancellation_details": {
                "comment": self.cancel_comment,
                "feedback": self.cancel_feedback,
                "reason": self.cancel_reason,
            },
            "collection_method": if self.days_until_due.is_some() { "send_invoice" } else { "charge_automatically" },
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "days_until_due": self.days_until_due,
            "default_payment_method": self.default_payment_method,
            "default_tax_rates": tax_rate::shown(&self.default_tax_rates),
            "description": self.description,
            "discounts": discount::ids(&self.discounts),
            "ended_at": self.ended_at,
            "items": { "object": "list", "data": items, "has_more": false, "total_count": items.len(), "url": url },
            "latest_invoice": self.latest_invoice,
            "metadata": self.metadata,
            "pause_collection": self.pause.as_ref().map(|pause| json!({ "behavior": pause.behavior, "resumes_at": pause.resumes_at })),
            "payment_settings": {
                "payment_method_options": null,
                "payment_method_types": null,
                "save_default_payment_method": if self.saves_method { "on_subscription" } else { "off" },
            },
            "pending_setup_intent": self.pending_setup_intent,
            "schedule": self.schedule,
            "start_date": self.created,
            "status": self.status.word(),
            "test_clock": self.test_clock,
            "trial_end": self.trial.map(|(_, end)| end),
            "trial_settings": { "end_behavior": { "billing_cycle_anchor": null, "missing_payment_method": self.missing_method } },
            "trial_start": self.trial.map(|(start, _)| start),
        });
        if let (Value::Object(fields), Value::Object(fixed)) = (&mut json, fixed()) {
            fields.extend(fixed);
        }
        if let Some(at) = self.paused_at {
            json["status_details"] = json!({ "paused": {
                "subscription": { "type": "trial_end_without_payment_method" },
                "transitioned_at": at,
                "type": "subscription",
            } });
        }
        json
    }

    /// What a period costs; usage is not known yet and counts as zero.
    pub(crate) fn amount(&self) -> i64 {
        self.items.iter().map(Item::amount).sum()
    }

    /// The end of the period that starts at `start`.
    pub(crate) fn period_end(&self, start: i64) -> i64 {
        item::period_end(&self.items, self.anchor, start)
    }
}

/// Fields that are the same for all subscriptions of the sandbox.
pub(super) fn fixed() -> Value {
    json!({
        "application": null,
        "application_fee_percent": null,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
        "billing_cycle_anchor_config": null,
        "billing_schedules": [],
        "billing_thresholds": null,
        "customer_account": null,
        "default_source": null,
        "invoice_settings": { "account_tax_ids": null, "issuer": { "type": "self" } },
        "livemode": false,
        "managed_payments": null,
        "next_pending_invoice_item_invoice": null,
        "on_behalf_of": null,
        "pending_invoice_item_interval": null,
        "pending_update": null,
        "transfer_data": null,
    })
}
