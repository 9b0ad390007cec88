//! Operations on a paying tenant, and faults of its webhooks.

use freehold_billing::{
    Interval,
    account::account_put_customer,
    checkout::{CheckoutWanted, checkout_create},
    customer::Payer as BillingPayer,
    settle::sweep::sweep,
};
use freehold_core::codes;
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::Value;

use super::lane::{Lane, Payer, text};

/// Plans of both products; their prices do not matter here.
const PLANS: [&str; 2] = ["starter", "pro"];
/// A card that pays.
const GOOD: &str = "pm_card_visa";
/// A card that is accepted, and never pays.
const BAD: &str = "pm_card_chargeCustomerFail";
/// Card numbers for pages: pays, is declined, pays only once.
const NUMBERS: [&str; 3] = ["4242424242424242", "4000000000000002", "4000000000007767"];
/// What happens to a subscription that is still unpaid after the last attempt.
const AFTER: [&str; 3] = ["cancel", "unpaid", "past_due"];

/// An operation at Stripe. `which`: index of the customer's subscriptions; it wraps around.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// A checkout on Stripe's page.
    Checkout { plan: usize, yearly: bool, card: usize, seats: u8 },
    /// A subscription made in Stripe's dashboard, with a card or without.
    Subscribe { plan: usize, yearly: bool, trial_days: u16, card: bool, seats: u8 },
    /// Two users start a checkout at the same moment, and each pays on the page that they got.
    Race { plans: [usize; 2], yearly: bool, card: usize },
    /// A deal: an operator creates a subscription at Stripe with a custom price.
    Deal { plan: usize },
    /// The subscription is set to end: after this many hours, or with its period.
    CancelAt { which: usize, hours: Option<u16> },
    /// A coupon reduces the next invoices, if the sandbox has coupons.
    Coupon { which: usize, percent: u8 },
    /// A change to another plan or interval.
    Change { which: usize, plan: usize, yearly: bool, at_once: bool },
    /// A change of the quantity.
    Seats { which: usize, seats: u8 },
    /// The card fails from now on, and a renewal comes; then this many days pass.
    Fail { which: usize, days: u16 },
    /// Another card pays everything that is owed.
    Recover { which: usize },
    /// The subscription is cancelled with its period.
    CancelAtEnd { which: usize },
    /// The subscription is cancelled at once.
    Cancel { which: usize, prorate: bool },
    /// A cancellation is taken back, or a subscription resumes after a trial that ended without a card.
    Resume { which: usize },
    /// A payment is refunded.
    Refund,
    /// Time passes.
    Wait { hours: u16 },
    /// The sweep processes the accounts that are due.
    Look,
}

/// Faults of webhooks, in percent.
#[derive(Clone, Debug)]
pub(super) struct Chaos {
    pub(super) duplicate: u8,
    pub(super) reorder: u8,
    pub(super) delay: u8,
    pub(super) drop: u8,
    pub(super) wrong_signature: u8,
    /// How many are delivered at the same time.
    pub(super) at_once: u8,
    pub(super) seed: u16,
}

/// A whole history.
#[derive(Clone, Debug)]
pub(super) struct History {
    /// Whether the customer's tenant is stored; if not, only the customer's metadata name it.
    pub(super) known: bool,
    /// Whether the tenant began with a trial of its own.
    pub(super) trial: bool,
    pub(super) after_retries: usize,
    pub(super) chaos: Chaos,
    pub(super) ops: Vec<Op>,
}

fn op() -> impl Strategy<Value = Op> {
    let which = 0..3_usize;
    let (plan, card, seats) = (0..PLANS.len(), 0..NUMBERS.len(), 1..5_u8);
    let yearly = || prop::bool::weighted(0.3);
    prop_oneof![
        3 => (plan.clone(), yearly(), card, seats.clone())
            .prop_map(|(plan, yearly, card, seats)| Op::Checkout { plan, yearly, card, seats }),
        3 => (plan.clone(), yearly(), prop_oneof![Just(0_u16), 1..40_u16], prop::bool::weighted(0.8), seats.clone())
            .prop_map(|(plan, yearly, trial_days, card, seats)| Op::Subscribe { plan, yearly, trial_days, card, seats }),
        2 => ([plan.clone(), plan.clone()], yearly(), 0..NUMBERS.len())
            .prop_map(|(plans, yearly, card)| Op::Race { plans, yearly, card }),
        1 => plan.clone().prop_map(|plan| Op::Deal { plan }),
        1 => (which.clone(), proptest::option::of(1..1_500_u16))
            .prop_map(|(which, hours)| Op::CancelAt { which, hours }),
        1 => (which.clone(), 1..=100_u8).prop_map(|(which, percent)| Op::Coupon { which, percent }),
        3 => (which.clone(), plan, yearly(), any::<bool>())
            .prop_map(|(which, plan, yearly, at_once)| Op::Change { which, plan, yearly, at_once }),
        1 => (which.clone(), seats).prop_map(|(which, seats)| Op::Seats { which, seats }),
        3 => (which.clone(), prop_oneof![0..8_u16, 0..70_u16]).prop_map(|(which, days)| Op::Fail { which, days }),
        2 => which.clone().prop_map(|which| Op::Recover { which }),
        1 => which.clone().prop_map(|which| Op::CancelAtEnd { which }),
        1 => (which.clone(), any::<bool>()).prop_map(|(which, prorate)| Op::Cancel { which, prorate }),
        1 => which.prop_map(|which| Op::Resume { which }),
        1 => Just(Op::Refund),
        2 => prop_oneof![0..48_u16, 0..1_500_u16].prop_map(|hours| Op::Wait { hours }),
        1 => Just(Op::Look),
    ]
}

/// Histories in which at most this many percent of the webhooks are dropped.
pub(super) fn histories(drop: u8) -> impl Strategy<Value = History> {
    let percent = |most: u8| prop_oneof![Just(0), 0..=most];
    let chaos = (percent(50), percent(80), percent(50), percent(drop), percent(30), 1..5_u8, any::<u16>()).prop_map(
        |(duplicate, reorder, delay, drop, wrong_signature, at_once, seed)| Chaos {
            duplicate,
            reorder,
            delay,
            drop,
            wrong_signature,
            at_once,
            seed,
        },
    );
    // The operations come first, because they are shrunk first.
    let ops = prop::collection::vec(op(), 1..=10);
    (ops, any::<bool>(), any::<bool>(), 0..AFTER.len(), chaos)
        .prop_map(|(ops, known, trial, after_retries, chaos)| History { known, trial, after_retries, chaos, ops })
}

impl History {
    /// Applies the settings to the lane's sandbox.
    pub(super) async fn knobs(&self, lane: &Lane) {
        let Chaos { duplicate, reorder, delay, drop, wrong_signature, at_once, seed } = &self.chaos;
        let share = |percent: &u8| (f64::from(*percent) / 100.0).to_string();
        let (duplicate, reorder, delay) = (share(duplicate), share(reorder), share(delay));
        let (drop, wrong_signature) = (share(drop), share(wrong_signature));
        let (at_once, seed) = (at_once.to_string(), seed.to_string());
        let knobs = [
            ("duplicate", duplicate.as_str()),
            ("reorder", &reorder),
            ("delay", &delay),
            ("delay_ms", "3600000"),
            ("drop", &drop),
            ("wrong_signature", &wrong_signature),
            ("concurrency", &at_once),
            ("seed", &seed),
        ];
        lane.post("/_sandbox/chaos", &knobs).await.unwrap();
        lane.post("/_sandbox/billing", &[("after_retries", AFTER[self.after_retries])]).await.unwrap();
    }
}

/// The tenant and customer of a history.
pub(super) struct Play<'a> {
    lane: &'a Lane,
    payer: &'a Payer,
    /// Ids of the two plans that the lane sells.
    plans: [&'static str; 2],
}

impl<'a> Play<'a> {
    pub(super) fn of(lane: &'a Lane, payer: &'a Payer) -> Self {
        let professional = lane.billing.product.plan("professional").is_some();
        let plans = if professional { ["starter", "professional"] } else { PLANS };
        Self { lane, payer, plans }
    }

    fn price(&self, plan: usize, yearly: bool) -> String {
        let product = &self.lane.billing.product.id;
        let interval = if yearly { "year" } else { "month" };
        let key = format!("freehold_{product}_{}_v1_{interval}", self.plans[plan]);
        let found = self.lane.prices.iter().find(|price| price["lookup_key"] == key);
        text(&found.unwrap_or_else(|| panic!("no price {key}"))["id"])
    }

    /// The customer's subscriptions, the oldest first.
    async fn subscriptions(&self) -> Vec<Value> {
        let path = format!("/v1/subscriptions?customer={}&status=all&limit=100", self.payer.customer);
        self.lane.get(&path).await["data"].as_array().unwrap().iter().rev().cloned().collect()
    }

    async fn one(&self, which: usize) -> Option<Value> {
        let all = self.subscriptions().await;
        all.get(which % all.len().max(1)).cloned()
    }

    /// Runs the operation. An operation that Stripe rejects has no effect.
    pub(super) async fn op(&self, op: &Op) {
        match *op {
            Op::Checkout { plan, yearly, card, seats } => {
                self.checkout(&self.price(plan, yearly), NUMBERS[card], seats).await;
            }
            Op::Subscribe { plan, yearly, trial_days, card, seats } => {
                if card {
                    self.card(GOOD).await;
                }
                let (price, days, seats) = (self.price(plan, yearly), trial_days.to_string(), seats.to_string());
                let mut form = vec![
                    ("customer", self.payer.customer.as_str()),
                    ("items[0][price]", &price),
                    ("items[0][quantity]", &seats),
                ];
                if trial_days > 0 {
                    form.push(("trial_period_days", &days));
                    form.push(("trial_settings[end_behavior][missing_payment_method]", "pause"));
                }
                self.lane.post("/v1/subscriptions", &form).await;
            }
            Op::Race { plans, yearly, card } => self.race(plans, yearly, NUMBERS[card]).await,
            Op::Deal { plan } => {
                self.card(GOOD).await;
                let form = [("customer", self.payer.customer.as_str()), ("items[0][price]", &self.lane.deals[plan])];
                self.lane.post("/v1/subscriptions", &form).await;
            }
            Op::Refund => self.refund().await,
            Op::Wait { hours } => self.lane.wait(SignedDuration::from_hours(hours.into())),
            Op::Look => _ = sweep(&self.lane.billing).await.unwrap(),
            Op::Change { which, .. }
            | Op::Seats { which, .. }
            | Op::Fail { which, .. }
            | Op::Recover { which }
            | Op::CancelAtEnd { which }
            | Op::CancelAt { which, .. }
            | Op::Coupon { which, .. }
            | Op::Cancel { which, .. }
            | Op::Resume { which } => {
                if let Some(found) = self.one(which).await {
                    self.op_on(op, &found).await;
                }
            }
        }
    }

    async fn op_on(&self, op: &Op, found: &Value) {
        let path = format!("/v1/subscriptions/{}", text(&found["id"]));
        let item = text(&found["items"]["data"][0]["id"]);
        match *op {
            Op::Change { plan, yearly, at_once, .. } => {
                let price = self.price(plan, yearly);
                let behavior = if at_once { "always_invoice" } else { "create_prorations" };
                let form =
                    [("items[0][id]", item.as_str()), ("items[0][price]", &price), ("proration_behavior", behavior)];
                self.lane.post(&path, &form).await;
            }
            Op::Seats { seats, .. } => {
                let seats = seats.to_string();
                self.lane.post(&path, &[("items[0][id]", &item), ("items[0][quantity]", &seats)]).await;
            }
            Op::Fail { days, .. } => {
                self.card(BAD).await;
                let end = found["items"]["data"][0]["current_period_end"].as_i64().unwrap();
                let left = (end - self.lane.now().as_second()).max(0);
                // Invoices are drafts for an hour before payment is attempted.
                self.lane.wait(SignedDuration::from_secs(left + 4_000));
                self.lane.wait(SignedDuration::from_hours(24 * i64::from(days)));
            }
            Op::Recover { .. } => {
                self.card(GOOD).await;
                let path = format!("/v1/invoices?subscription={}&status=open&limit=100", text(&found["id"]));
                for invoice in self.lane.get(&path).await["data"].as_array().unwrap() {
                    self.lane.post(&format!("/v1/invoices/{}/pay", text(&invoice["id"])), &[]).await;
                }
            }
            Op::CancelAtEnd { .. } => _ = self.lane.post(&path, &[("cancel_at_period_end", "true")]).await,
            Op::CancelAt { hours, .. } => {
                let end = found["items"]["data"][0]["current_period_end"].as_i64().unwrap();
                let at = hours.map_or(end, |hours| self.lane.now().as_second() + 3_600 * i64::from(hours));
                self.lane.post(&path, &[("cancel_at", &at.to_string())]).await;
            }
            Op::Coupon { percent, .. } => {
                let percent = percent.to_string();
                let form = [("percent_off", percent.as_str()), ("duration", "repeating"), ("duration_in_months", "3")];
                if let Some(coupon) = self.lane.post("/v1/coupons", &form).await {
                    self.lane.post(&path, &[("discounts[0][coupon]", &text(&coupon["id"]))]).await;
                }
            }
            Op::Cancel { prorate, .. } => {
                let query = if prorate { "?prorate=true&invoice_now=true" } else { "" };
                self.lane.delete(&format!("{path}{query}")).await;
            }
            Op::Resume { .. } if found["status"] == "paused" => {
                self.lane.post(&format!("{path}/resume"), &[("billing_cycle_anchor", "now")]).await;
            }
            Op::Resume { .. } => _ = self.lane.post(&path, &[("cancel_at_period_end", "false")]).await,
            Op::Checkout { .. }
            | Op::Subscribe { .. }
            | Op::Race { .. }
            | Op::Deal { .. }
            | Op::Refund
            | Op::Wait { .. }
            | Op::Look => {}
        }
    }

    async fn race(&self, plans: [usize; 2], yearly: bool, card: &str) {
        let (billing, tenant) = (&self.lane.billing, self.payer.tenant);
        // A customer who starts a checkout is stored.
        account_put_customer(billing, tenant, &self.payer.customer).await.unwrap();
        let interval = if yearly { Interval::Year } else { Interval::Month };
        let begin = async |plan: usize| {
            let plan = self.plans[plan].to_owned();
            let wanted = CheckoutWanted { plan, interval, success_url: None, cancel_url: None };
            match checkout_create(billing, tenant, &BillingPayer::default(), &wanted).await {
                Ok(page) => Some(page.url),
                Err(error) => {
                    assert!(error.is(codes::CONFLICT), "{error:?}");
                    None
                }
            }
        };
        let (one, other) = tokio::join!(begin(plans[0]), begin(plans[1]));
        let pay = async |page: Option<String>| {
            if let Some(page) = page {
                self.lane.try_to_fill(&page, card).await;
            }
        };
        tokio::join!(pay(one), pay(other));
    }

    async fn checkout(&self, price: &str, card: &str, seats: u8) {
        let seats = seats.to_string();
        let form = [
            ("mode", "subscription"),
            ("customer", self.payer.customer.as_str()),
            ("line_items[0][price]", price),
            ("line_items[0][quantity]", &seats),
            ("success_url", "https://app.example.org/billing"),
        ];
        let session = self.lane.post("/v1/checkout/sessions", &form).await.unwrap();
        self.lane.fill(&text(&session["url"]), card).await;
    }

    /// Makes this card the default for all payments.
    async fn card(&self, card: &str) {
        let customer = &self.payer.customer;
        let attach = format!("/v1/payment_methods/{card}/attach");
        let method = text(&self.lane.post(&attach, &[("customer", customer)]).await.unwrap()["id"]);
        let default = [("invoice_settings[default_payment_method]", method.as_str())];
        self.lane.post(&format!("/v1/customers/{customer}"), &default).await.unwrap();
        for each in self.subscriptions().await {
            if each["default_payment_method"].is_string() {
                let path = format!("/v1/subscriptions/{}", text(&each["id"]));
                self.lane.post(&path, &[("default_payment_method", &method)]).await;
            }
        }
    }

    async fn refund(&self) {
        let path = format!("/v1/charges?customer={}&limit=1", self.payer.customer);
        if let Some(charge) = self.lane.get(&path).await["data"][0]["id"].as_str() {
            self.lane.post("/v1/refunds", &[("charge", charge)]).await;
        }
    }
}
