//! Any requests in any order: sums are right, states are consistent, and a reader of the events knows the whole state.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::{Bench, DAY};

/// An action of a customer, of their card, or of time.
#[derive(Clone, Debug)]
enum Act {
    Subscribe { card: usize, plan: usize, trial: bool, quantity: i64 },
    Change { which: usize, plan: usize, behavior: usize },
    Seats { which: usize, quantity: i64 },
    Card { card: usize },
    CancelAtEnd { which: usize, yes: bool },
    Cancel { which: usize, prorate: bool },
    Pause { which: usize, behavior: usize },
    Resume { which: usize },
    Pay { which: usize, card: usize },
    Refund { which: usize },
    Wait { days: i64 },
}

const CARDS: [&str; 5] = [
    "pm_card_visa",
    "pm_card_chargeCustomerFail",
    "pm_card_sandboxFailsOnRenewal",
    "pm_card_authenticationRequired",
    "pm_card_mastercard",
];

fn act() -> impl Strategy<Value = Act> {
    let which = 0..4_usize;
    prop_oneof![
        3 => (0..CARDS.len(), 0..4_usize, any::<bool>(), 1..5_i64)
            .prop_map(|(card, plan, trial, quantity)| Act::Subscribe { card, plan, trial, quantity }),
        3 => (which.clone(), 0..4_usize, 0..3_usize).prop_map(|(which, plan, behavior)| Act::Change { which, plan, behavior }),
        1 => (which.clone(), 1..9_i64).prop_map(|(which, quantity)| Act::Seats { which, quantity }),
        1 => (0..CARDS.len()).prop_map(|card| Act::Card { card }),
        1 => (which.clone(), any::<bool>()).prop_map(|(which, yes)| Act::CancelAtEnd { which, yes }),
        1 => (which.clone(), any::<bool>()).prop_map(|(which, prorate)| Act::Cancel { which, prorate }),
        1 => (which.clone(), 0..4_usize).prop_map(|(which, behavior)| Act::Pause { which, behavior }),
        1 => which.clone().prop_map(|which| Act::Resume { which }),
        1 => (which.clone(), 0..CARDS.len()).prop_map(|(which, card)| Act::Pay { which, card }),
        1 => which.prop_map(|which| Act::Refund { which }),
        4 => (1..40_i64).prop_map(|days| Act::Wait { days }),
    ]
}

struct Play {
    bench: Bench,
    customer: String,
    plans: Vec<String>,
    subscriptions: Vec<String>,
}

impl Play {
    fn new() -> Self {
        let mut bench = Bench::new();
        let plans = [(0, "month"), (2_900, "month"), (9_999, "month"), (29_000, "year")]
            .map(|(amount, interval)| bench.price("Plan", amount, interval))
            .to_vec();
        let customer = bench.customer(CARDS[0]);
        Self { bench, customer, plans, subscriptions: Vec::new() }
    }

    fn which(&self, which: usize) -> Option<String> {
        self.subscriptions.get(which % self.subscriptions.len().max(1)).cloned()
    }

    /// Sends a request; a refusal is an acceptable response.
    fn ask(&mut self, method: &str, path: &str, form: &[(&str, &str)]) -> Option<Value> {
        match self.bench.call(method, path, form) {
            Ok(answer) => Some(answer),
            Err(error) => {
                assert!(matches!(error.status, 400 | 402 | 404), "{}", error.body());
                None
            }
        }
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::Wait { days } => self.bench.advance(days * DAY),
            Act::Card { card } => self.bench.card(&self.customer.clone(), CARDS[card]),
            Act::Subscribe { card, plan, trial, quantity } => self.subscribe(card, plan, trial, quantity),
            Act::Change { which, .. }
            | Act::Seats { which, .. }
            | Act::CancelAtEnd { which, .. }
            | Act::Cancel { which, .. }
            | Act::Pause { which, .. }
            | Act::Resume { which }
            | Act::Pay { which, .. }
            | Act::Refund { which } => {
                if let Some(id) = self.which(which) {
                    self.act_on(act, &id);
                }
            }
        }
    }

    fn subscribe(&mut self, card: usize, plan: usize, trial: bool, quantity: i64) {
        self.bench.card(&self.customer.clone(), CARDS[card]);
        let (customer, plan, quantity) = (self.customer.clone(), self.plans[plan].clone(), quantity.to_string());
        let mut form =
            vec![("customer", customer.as_str()), ("items[0][price]", &plan), ("items[0][quantity]", &quantity)];
        if trial {
            form.push(("trial_period_days", "14"));
        }
        let made = self.ask("POST", "subscriptions", &form);
        self.subscriptions.extend(made.as_ref().map(super::id));
    }

    fn act_on(&mut self, act: &Act, id: &str) {
        let path = format!("subscriptions/{id}");
        let item = super::id(&self.bench.subscription(id)["items"]["data"][0]);
        match *act {
            Act::Change { plan, behavior, .. } => {
                let behavior = ["create_prorations", "always_invoice", "none"][behavior];
                let plan = self.plans[plan].clone();
                let form =
                    [("items[0][id]", item.as_str()), ("items[0][price]", &plan), ("proration_behavior", behavior)];
                self.ask("POST", &path, &form);
            }
            Act::Seats { quantity, .. } => {
                let quantity = quantity.to_string();
                self.ask("POST", &path, &[("items[0][id]", &item), ("items[0][quantity]", &quantity)]);
            }
            Act::CancelAtEnd { yes, .. } => {
                let yes = if yes { "true" } else { "false" };
                self.ask("POST", &path, &[("cancel_at_period_end", yes)]);
            }
            Act::Cancel { prorate, .. } => {
                let prorate = if prorate { "true" } else { "false" };
                self.ask("DELETE", &path, &[("prorate", prorate), ("invoice_now", prorate)]);
            }
            Act::Pause { behavior, .. } => {
                let behavior = ["keep_as_draft", "mark_uncollectible", "void", ""][behavior];
                let form = if behavior.is_empty() {
                    ("pause_collection", "")
                } else {
                    ("pause_collection[behavior]", behavior)
                };
                self.ask("POST", &path, &[form]);
            }
            Act::Resume { .. } => _ = self.ask("POST", &format!("{path}/resume"), &[]),
            Act::Pay { card, .. } => {
                let invoice = super::id(&self.bench.latest_invoice(id));
                self.ask("POST", &format!("invoices/{invoice}/pay"), &[("payment_method", CARDS[card])]);
            }
            Act::Refund { .. } => {
                let charge = self.bench.get("charges")["data"][0]["id"].as_str().unwrap_or("ch_none").to_owned();
                self.ask("POST", "refunds", &[("charge", &charge)]);
            }
            Act::Wait { .. } | Act::Card { .. } | Act::Subscribe { .. } => {}
        }
    }

    fn check(&mut self) {
        for invoice in self.bench.0.invoices.iter().map(crate::account::Noun::json) {
            let lines = invoice["lines"]["data"].as_array().unwrap();
            let sum: i64 = lines.iter().map(|line| line["amount"].as_i64().unwrap()).sum();
            let number = |field: &str| invoice[field].as_i64().unwrap();
            assert_eq!((number("subtotal"), number("total")), (sum, sum), "{invoice:#}");
            assert_eq!(number("amount_due"), (sum + number("starting_balance")).max(0), "{invoice:#}");
            assert_eq!(number("amount_paid") + number("amount_remaining"), number("amount_due"), "{invoice:#}");
            if invoice["status"] == "paid" {
                assert_eq!(number("amount_remaining"), 0, "{invoice:#}");
            }
        }
        for id in self.subscriptions.clone() {
            let subscription = self.bench.subscription(&id);
            let item = &subscription["items"]["data"][0];
            let over = matches!(subscription["status"].as_str().unwrap(), "canceled" | "incomplete_expired");
            assert_eq!(over, subscription["ended_at"].is_i64(), "{subscription:#}");
            let (start, end) =
                (item["current_period_start"].as_i64().unwrap(), item["current_period_end"].as_i64().unwrap());
            assert!(start < end, "{subscription:#}");
            let now = self.bench.0.sandbox_now;
            let runs =
                matches!(subscription["status"].as_str().unwrap(), "active" | "trialing" | "past_due" | "unpaid");
            assert!(!runs || (start..end).contains(&now), "{now} {subscription:#}");
            let invoice = self.bench.latest_invoice(&id);
            if subscription["status"] == "incomplete" {
                assert_eq!(invoice["status"], "open", "{subscription:#}");
            }
        }
        self.replay();
    }

    /// Asserts that a reader of all events knows every object in its present state.
    fn replay(&self) {
        let account = &self.bench.0;
        let mut known: BTreeMap<String, Value> = BTreeMap::new();
        for event in account.events.iter().filter(|event| event.kind != "invoice.upcoming") {
            if let Some(id) = event.object["id"].as_str() {
                known.insert(id.to_owned(), event.object.clone());
            }
        }
        let all = account.subscriptions.iter().map(crate::account::Noun::json);
        let all = all.chain(account.invoices.iter().map(crate::account::Noun::json));
        let all = all.chain(account.customers.iter().map(crate::account::Noun::json));
        let all = all.chain(account.charges.iter().map(crate::account::Noun::json));
        let all = all.chain(account.refunds.iter().map(crate::account::Noun::json));
        for mut object in all {
            let id = object["id"].as_str().unwrap().to_owned();
            let mut told = known.get(&id).cloned().unwrap_or_default();
            // The events of Stripe do not include the next invoice's number, and neither do those of the sandbox.
            for each in [&mut object, &mut told] {
                each.as_object_mut().unwrap().remove("next_invoice_sequence");
            }
            assert_eq!(told, object);
        }
    }
}

/// How many histories: 200 in `make test`, 5,000 in `make soak`.
fn cases() -> u32 {
    if std::env::var_os("FREEHOLD_SOAK").is_some_and(|value| value == "1") { 5_000 } else { 200 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn any_history_keeps_its_sums_and_tells_all_of_it(acts in prop::collection::vec(act(), 1..30)) {
        let mut play = Play::new();
        for act in &acts {
            play.act(act);
            play.check();
        }
    }
}
