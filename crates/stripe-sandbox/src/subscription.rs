//! Subscriptions: recurring payments of a customer, and their status.

pub(crate) mod create;
pub(crate) mod cycle;
pub(crate) mod due;
pub(crate) mod end;
pub(crate) mod item;
pub(crate) mod mode;
pub(crate) mod proration;
pub(crate) mod resume;
pub(crate) mod update;

use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    account::{Account, noun},
    customer, discount,
    discount::{Discount, Place},
    error::{Result, StripeError},
    form::Params,
    list, search, tax_rate,
    tax_rate::TaxRate,
};
pub(crate) use item::Item;
pub(crate) use mode::BillingMode;

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

noun!(Subscription, subscriptions, "subscription", "customer.subscription.updated");

impl Subscription {
    /// Its current period, in seconds since 1970.
    pub(crate) fn span(&self) -> Range<i64> {
        self.period.0..self.period.1
    }

    pub(crate) fn to_json(&self) -> Value {
        let items: Vec<Value> = self.items.iter().map(|item| item.json(self)).collect();
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
fn fixed() -> Value {
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

/// Returns a subscription that can still be changed, and switches to its customer's time.
pub(crate) fn live(account: &mut Account, id: &str) -> Result<Subscription> {
    let subscription = account.get::<Subscription>(id)?.clone();
    account.enter(subscription.test_clock.as_deref());
    if subscription.status.is_over() {
        let mut error = StripeError::coded("resource_missing", format!("No such subscription: '{id}'")).at("id");
        error.status = 404;
        return Err(error);
    }
    Ok(subscription)
}

/// Ends all subscriptions of a customer at once.
pub(crate) fn end_all(account: &mut Account, customer: &str) {
    let all = account.subscriptions.iter().filter(|each| each.customer == customer && !each.status.is_over());
    let all: Vec<String> = all.map(|subscription| subscription.id.clone()).collect();
    for id in all {
        end::end(account, &id, None);
    }
}

/// `GET /v1/subscriptions`: without subscriptions that have ended, unless `status` asks for them.
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let words = [
        "active",
        "past_due",
        "unpaid",
        "canceled",
        "incomplete",
        "incomplete_expired",
        "trialing",
        "paused",
        "all",
        "ended",
    ];
    let status = params.one_of("status", &words)?;
    let (customer, price, clock) = (params.text("customer")?, params.text("price")?, params.text("test_clock")?);
    let method = params.one_of("collection_method", &["charge_automatically", "send_invoice"])?;
    account.customer_check(customer.as_deref())?;
    list::list(account, &mut params, "/v1/subscriptions", |subscription: &Subscription| {
        let state = match status.as_deref() {
            None => subscription.status != Status::Canceled && subscription.status != Status::IncompleteExpired,
            Some("all") => true,
            Some("ended") => subscription.status.is_over(),
            Some(word) => subscription.status.word() == word,
        };
        state
            && method.as_ref().is_none_or(|method| (method == "send_invoice") == subscription.days_until_due.is_some())
            && customer.as_ref().is_none_or(|customer| *customer == subscription.customer)
            && price.as_ref().is_none_or(|price| subscription.items.iter().any(|item| item.price.id == *price))
            // As at Stripe, subscriptions of test clocks are listed only by their clock or their customer.
            && (clock == subscription.test_clock || (clock.is_none() && customer.is_some()))
    })
}

/// `GET /v1/subscriptions/search`
pub(crate) fn find(account: &Account, params: Params) -> Result<Value> {
    search::search(params, "subscriptions", account.subscriptions.iter().map(Subscription::to_json))
}

/// The subscriptions of a customer, which are shown only if they are expanded.
pub(crate) fn of_customer(account: &Account, customer: &str) -> Value {
    let of = account.subscriptions.iter().rev().filter(|each| each.customer == customer && !each.status.is_over());
    list::of(of.map(Subscription::to_json).collect(), &format!("/v1/customers/{customer}/subscriptions"), false)
}

/// Reads when a subscription ends. Returns whether that is the end of its period, which the same request may move: then
/// [`end_follow`] sets the time.
fn read_end(params: &mut Params, subscription: &mut Subscription, now: i64) -> Result<bool> {
    if let Some(mut details) = params.map("cancellation_details")? {
        details.set("comment", &mut subscription.cancel_comment)?;
        details.set_one_of("feedback", FEEDBACK, &mut subscription.cancel_feedback)?;
        details.done()?;
    }
    let (at, at_period_end) = (params.text("cancel_at")?, params.flag("cancel_at_period_end")?);
    if at.as_ref().is_some_and(|at| !at.is_empty()) && at_period_end == Some(true) {
        let message = "You may only specify one of these parameters: cancel_at, cancel_at_period_end.";
        return Err(StripeError::invalid(message).at("cancel_at"));
    }
    let mut follows = at_period_end == Some(true);
    let end = match (at.as_deref(), at_period_end) {
        (None | Some(""), Some(true)) => Some(subscription.period.1),
        (Some(""), _) | (None, Some(false)) => None,
        (None, None) => return Ok(subscription.cancel_at_period_end),
        (Some(word @ ("min_period_end" | "max_period_end")), _) => {
            if subscription.billing_mode == BillingMode::Classic {
                let message = format!("`{word}` is only supported for subscriptions with billing_mode[type]=flexible.");
                return Err(StripeError::invalid(message).at("cancel_at"));
            }
            follows = true;
            Some(subscription.period.1)
        }
        (Some("max_billed_until"), _) => {
            return Err(StripeError::not_modelled("cancel_at=max_billed_until", "cancel_at"));
        }
        (Some(text), _) => {
            let at =
                text.parse().map_err(|_| StripeError::invalid(format!("Invalid timestamp: {text}")).at("cancel_at"))?;
            if at <= now {
                return Err(StripeError::invalid("cancel_at must be in the future.").at("cancel_at"));
            }
            Some(at)
        }
    };
    subscription.cancel_at = end;
    subscription.cancel_at_period_end = end.is_some() && at_period_end == Some(true);
    subscription.canceled_at = end.map(|_| now);
    subscription.cancel_reason = end.map(|_| "cancellation_requested".to_owned());
    if end.is_none() {
        (subscription.cancel_comment, subscription.cancel_feedback) = (None, None);
    }
    Ok(follows)
}

/// Moves the end of the subscription with the period, if it is the period's end.
fn end_follow(subscription: &mut Subscription, follows: bool) {
    if follows && subscription.cancel_at.is_some() {
        subscription.cancel_at = Some(subscription.period.1);
    }
}

/// The reasons of customers for a cancellation, with Stripe's names.
pub(crate) const FEEDBACK: &[&str] = &[
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
];

/// Reads how a subscription is paid, what happens without a card, and its metadata.
fn read_terms(account: &mut Account, params: &mut Params, subscription: &mut Subscription) -> Result<()> {
    if let Some(mut settings) = params.map("payment_settings")? {
        if let Some(save) = settings.one_of("save_default_payment_method", &["on_subscription", "off"])? {
            subscription.saves_method = save == "on_subscription";
        }
        settings.cards_only("payment_method_types")?;
        settings.done()?;
    }
    if let Some(mut settings) = params.map("trial_settings")? {
        if let Some(mut end) = settings.map("end_behavior")? {
            let missing = end.one_of("missing_payment_method", &["create_invoice", "cancel", "pause"])?;
            subscription.missing_method = missing.unwrap_or_else(|| "create_invoice".to_owned());
            end.done()?;
        }
        settings.done()?;
    }
    let collection = params.one_of("collection_method", &["charge_automatically", "send_invoice"])?;
    let days = params.int_from("days_until_due", 0)?;
    match collection.as_deref() {
        Some("send_invoice") => {
            subscription.days_until_due = Some(days.ok_or_else(|| StripeError::missing("days_until_due"))?);
        }
        Some(_) => subscription.days_until_due = None,
        None => {}
    }
    params.set("description", &mut subscription.description)?;
    params.metadata(&mut subscription.metadata)?;
    if let Some(method) = params.text("default_payment_method")? {
        let named = (!method.is_empty()).then_some(method);
        let param = "default_payment_method";
        let customer = subscription.customer.clone();
        subscription.default_payment_method =
            named.map(|method| crate::payment_method::resolve_for(account, &method, &customer, param)).transpose()?;
    }
    let rates = tax_rate::read_list(account, params, "default_tax_rates")?;
    subscription.default_tax_rates = rates.unwrap_or_else(|| std::mem::take(&mut subscription.default_tax_rates));
    let place = Place {
        customer: &subscription.customer,
        subscription: Some(&subscription.id),
        invoice: None,
        currency: &subscription.currency,
        subtotal: subscription.amount(),
        there: &subscription.discounts,
    };
    if let Some(discounts) = discount::read(account, params, &place)? {
        subscription.discounts = discounts;
    }
    params.automatic_tax()?;
    customer::live(account, &subscription.customer.clone(), "customer").map(|_| ())
}
