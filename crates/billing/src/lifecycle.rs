//! The billing state of an organization: one pure function of facts and time.
//!
//! This module reads no clock and no database. [`decide`] returns the same for the same facts, however often and
//! however late it is called; [`Decision::next`] is the time when time alone changes the result. [`notices`] returns
//! the mails that are due; [`crate::settle`] stores everything in one transaction.

use std::{fmt, str::FromStr};

use freehold_catalog::{Lifecycle, Price, Product};
use freehold_core::{Error, Plan, Result, Standing};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::subscription::Subscription;

mod notice;

pub use notice::{Became, Before, Notice, Template, notices};

/// How long before an unpaid organization is suspended its administrators are reminded.
pub const PAYMENT_REMINDER: SignedDuration = days(2);
/// How long before an organization is archived its administrators are reminded.
pub const ARCHIVE_REMINDER: SignedDuration = days(7);

/// Billing state of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SubscriptionState)]
pub enum State {
    /// On a free plan.
    Free,
    /// On trial of a paid plan.
    Trialing,
    /// Paid, or on a plan that an operator granted.
    Active,
    /// A payment failed; everything works until the days of grace are over.
    PastDue,
    /// Read-only: the days of grace are over, or the trial ended without a payment.
    Suspended,
    /// Read-only: the subscription has ended, and the data is kept for a while.
    Cancelled,
    /// Only paying and leaving work.
    Archived,
}

/// The facts about an organization that decide its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// When it was created.
    pub created_at: Timestamp,
    /// When its trial without a card ends; none: it has none.
    pub trial_ends_at: Option<Timestamp>,
    /// The plan that an operator granted; none: no plan was granted.
    pub granted: Option<Plan>,
    /// The subscription that counts; none: there is none.
    pub subscription: Option<Subscription>,
}

/// The product's terms, from `product.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Plan of an organization that has bought nothing.
    pub default_plan: Plan,
    /// Whether that plan is free.
    pub default_is_free: bool,
    /// Terms of the trial; none: the product has no trial.
    pub trial: Option<TrialTerms>,
    /// Number of days of grace, and of days that data is kept.
    pub lifecycle: Lifecycle,
}

/// Terms of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialTerms {
    /// The plan on trial.
    pub plan: Plan,
    /// Length in days, from 1.
    pub days: i32,
    /// Number of days before the end when the reminder is sent; 0: never.
    pub reminder_days: i32,
}

/// What follows from the facts and the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The state of the organization.
    pub state: State,
    /// The plan that requests see.
    pub plan: Plan,
    /// Whether the plan was bought or granted in exactly this version. A default plan keeps the version that the
    /// organization has of it.
    pub bought: bool,
    /// What the organization may do.
    pub standing: Standing,
    /// When the state began, derived from the facts and not from the time of a check.
    pub since: Timestamp,
    /// When time alone ends the state; none: only an action ends it.
    pub until: Option<Timestamp>,
    /// When to decide again, because time alone changes the state or makes a mail due; after the time of this decision.
    /// None: never.
    pub next: Option<Timestamp>,
    /// Why the organization is read-only; none: it is not.
    pub why: Option<Why>,
}

/// Why an organization is read-only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// An invoice was not paid.
    Unpaid,
    /// A trial ended without a payment.
    TrialOver,
    /// A subscription ended.
    Ended,
    /// The organization never paid, and there was no trial.
    NeverPaid,
}

impl State {
    /// All states, the best first.
    pub const ALL: [Self; 7] =
        [Self::Free, Self::Trialing, Self::Active, Self::PastDue, Self::Suspended, Self::Cancelled, Self::Archived];

    /// Name of the state in the database, in events and in JSON: `past_due`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Suspended => "suspended",
            Self::Cancelled => "cancelled",
            Self::Archived => "archived",
        }
    }

    /// Standing of an organization in this state.
    pub const fn standing(self) -> Standing {
        match self {
            Self::Free | Self::Trialing | Self::Active | Self::PastDue => Standing::Good,
            Self::Suspended | Self::Cancelled => Standing::Suspended,
            Self::Archived => Standing::Archived,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for State {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|state| state.name() == name);
        found.ok_or_else(|| Error::internal(format!("unknown state of an account {name:?}")))
    }
}

impl Terms {
    /// The terms of this product, with its plans in their present versions.
    pub fn of(product: &Product) -> Self {
        let default = product.default_plan();
        let trial = product.trial.as_ref().and_then(|trial| {
            let plan = product.plan(&trial.plan)?;
            let plan = Plan { id: plan.id.clone(), version: plan.version };
            Some(TrialTerms { plan, days: trial.days, reminder_days: trial.reminder_days })
        });
        Self {
            default_plan: Plan { id: default.id.clone(), version: default.version },
            default_is_free: default.price == Price::Free,
            trial,
            lifecycle: product.lifecycle,
        }
    }

    /// When the trial of an organization created at this time ends; none: the product has none.
    pub fn trial_ends_at(&self, created_at: Timestamp) -> Option<Timestamp> {
        self.trial.as_ref().map(|trial| later(created_at, days(trial.days)))
    }

    fn grace(&self) -> SignedDuration {
        days(self.lifecycle.grace_days)
    }

    fn keep(&self) -> SignedDuration {
        days(self.lifecycle.keep_days)
    }
}

/// The state of an organization at `now`. The first rule that applies decides.
pub fn decide(facts: &Facts, terms: &Terms, now: Timestamp) -> Decision {
    if let Some(plan) = &facts.granted {
        return resting(State::Active, plan.clone(), facts.created_at);
    }
    if let Some(subscription) = &facts.subscription {
        match subscription.status.as_str() {
            "trialing" => return resting(State::Trialing, subscription.plan.clone(), begun(facts, subscription)),
            "active" => return resting(State::Active, subscription.plan.clone(), begun(facts, subscription)),
            "past_due" | "unpaid" => return unpaid(facts, subscription, terms, now),
            _ => {}
        }
    }
    match facts.trial_ends_at {
        Some(end) if now < end => own_trial(facts, end, terms, now),
        _ => unsubscribed(facts, terms, now),
    }
}

/// A state that only an action ends, not time.
fn resting(state: State, plan: Plan, since: Timestamp) -> Decision {
    Decision { state, plan, bought: true, standing: state.standing(), since, until: None, next: None, why: None }
}

/// An invoice is open: days of grace, and then read-only.
fn unpaid(facts: &Facts, subscription: &Subscription, terms: &Terms, now: Timestamp) -> Decision {
    let since = unpaid_since(facts, subscription);
    let end = later(since, terms.grace());
    let plan = subscription.plan.clone();
    if now < end {
        let reminder = earlier(end, PAYMENT_REMINDER);
        return Decision {
            until: Some(end),
            next: soonest([(reminder > since).then_some(reminder), Some(end)], now),
            ..resting(State::PastDue, plan, since)
        };
    }
    Decision { why: Some(Why::Unpaid), ..resting(State::Suspended, plan, end) }
}

/// The trial without a card is running.
fn own_trial(facts: &Facts, end: Timestamp, terms: &Terms, now: Timestamp) -> Decision {
    let plan = terms.trial.as_ref().map_or(&terms.default_plan, |trial| &trial.plan).clone();
    // During the trial, a subscription that has ended gives way to it.
    let since = facts.subscription.as_ref().and_then(ended).map_or(facts.created_at, |at| at.max(facts.created_at));
    Decision {
        bought: false,
        until: Some(end),
        next: soonest([trial_reminder(end, terms), Some(end)], now),
        ..resting(State::Trialing, plan, since)
    }
}

/// No running subscription and no trial.
fn unsubscribed(facts: &Facts, terms: &Terms, now: Timestamp) -> Decision {
    let subscription_end = facts.subscription.as_ref().and_then(ended);
    let over = [facts.trial_ends_at, subscription_end].into_iter().flatten().max().unwrap_or(facts.created_at);
    let plan = terms.default_plan.clone();
    if terms.default_is_free {
        return Decision { bought: false, ..resting(State::Free, plan, over) };
    }
    let cancelled = facts.subscription.as_ref().is_some_and(|subscription| subscription.status == "canceled");
    let why = match facts.trial_ends_at {
        _ if cancelled => Why::Ended,
        None if subscription_end.is_none() => Why::NeverPaid,
        _ => Why::TrialOver,
    };
    let archive = later(over, terms.keep());
    if now >= archive {
        return Decision { bought: false, why: Some(why), ..resting(State::Archived, plan, archive) };
    }
    let reminder = earlier(archive, ARCHIVE_REMINDER);
    let state = if cancelled { State::Cancelled } else { State::Suspended };
    Decision {
        bought: false,
        until: Some(archive),
        next: soonest([(reminder > over).then_some(reminder), Some(archive)], now),
        why: Some(why),
        ..resting(state, plan, over)
    }
}

/// When the open invoice was finalized; if that is unknown, when its period began.
fn unpaid_since(facts: &Facts, subscription: &Subscription) -> Timestamp {
    subscription.unpaid_since.unwrap_or_else(|| begun(facts, subscription))
}

/// When the subscription began to count, as far as it is known.
fn begun(facts: &Facts, subscription: &Subscription) -> Timestamp {
    subscription.period_start.map_or(facts.created_at, |start| start.max(facts.created_at))
}

/// When the subscription, or the trial of a paused one, ended; none: it never gave the organization a plan.
fn ended(subscription: &Subscription) -> Option<Timestamp> {
    match subscription.status.as_str() {
        "canceled" => subscription.ended_at.or(subscription.canceled_at),
        "paused" => subscription.trial_end,
        _ => None,
    }
}

/// When the mail about the end of the trial is due; none: never.
fn trial_reminder(end: Timestamp, terms: &Terms) -> Option<Timestamp> {
    let days_before = terms.trial.as_ref().map_or(0, |trial| trial.reminder_days);
    (days_before > 0).then(|| earlier(end, days(days_before)))
}

/// The earliest of these times that is still to come.
fn soonest(times: [Option<Timestamp>; 2], now: Timestamp) -> Option<Timestamp> {
    times.into_iter().flatten().filter(|time| *time > now).min()
}

/// A day is always 24 hours: time zones do not matter here.
const fn days(count: i32) -> SignedDuration {
    SignedDuration::from_hours(count as i64 * 24)
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn earlier(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_sub(by).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
