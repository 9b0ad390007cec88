//! Where an organization stands with its money: one pure function of what is known and of the time.
//!
//! Nothing here asks a clock or a database. [`decide`] answers the same for the same facts, however often and however
//! late somebody looks; [`Decision::next`] says when time alone changes the answer. [`notices`] says which mails that
//! makes due, [`fn@settle`] writes it all down in one transaction, and [`mod@sweep`] looks at those whose time has come.

use std::{fmt, str::FromStr};

use freehold_catalog::{Lifecycle, Price, Product};
use freehold_core::{Error, Plan, Result, Standing};
use jiff::{SignedDuration, Timestamp};

use crate::subscription::Subscription;

mod notice;
mod settle;
mod store;
pub mod sweep;

pub use notice::{Became, Before, Notice, Template, notices};
pub use settle::{Settled, settle};
pub use store::STATEMENTS;
pub use sweep::{SCHEDULE, SWEEP, Swept, handler, sweep};

/// How long before the suspension of an organization that has not paid its administrators are reminded.
pub const PAYMENT_REMINDER: SignedDuration = days(2);
/// How long before an organization goes to the archive its administrators are reminded.
pub const ARCHIVE_REMINDER: SignedDuration = days(7);

/// Where an organization stands with its money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// On a plan that costs nothing.
    Free,
    /// Tries a paid plan.
    Trialing,
    /// Has paid, or an operator gave it a plan.
    Active,
    /// A payment failed; it works on until the days of grace are over.
    PastDue,
    /// Can only be read: the days of grace are over, or nobody paid after the trial.
    Suspended,
    /// Can only be read: the subscription is over, and its data is kept for a while.
    Cancelled,
    /// Nothing but paying and leaving.
    Archived,
}

/// What is known of an organization that decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// When it was made.
    pub created_at: Timestamp,
    /// When its own trial, the one without a card, ends; none: it has none.
    pub trial_ends_at: Option<Timestamp>,
    /// The plan that an operator gave it by hand.
    pub granted: Option<Plan>,
    /// Of its subscriptions the one that counts.
    pub subscription: Option<Subscription>,
}

/// What the product promises, from `product.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Where an organization is that has bought nothing.
    pub default_plan: Plan,
    /// Whether that costs nothing.
    pub default_is_free: bool,
    /// What can be tried, if something can.
    pub trial: Option<TrialTerms>,
    /// The days of grace, and those that data is kept.
    pub lifecycle: Lifecycle,
}

/// What can be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialTerms {
    /// Which plan.
    pub plan: Plan,
    /// How long, from 1.
    pub days: i32,
    /// How many days before the end the mail goes out; 0: never.
    pub reminder_days: i32,
}

/// What follows from facts and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Where the organization stands.
    pub state: State,
    /// The plan that requests see.
    pub plan: Plan,
    /// Whether the plan was bought or granted in this very version. One that came by itself keeps the version that the
    /// organization has of it.
    pub bought: bool,
    /// What it may do.
    pub standing: Standing,
    /// When the state began, from facts and not from when somebody looked.
    pub since: Timestamp,
    /// When time alone ends the state; none: it waits for somebody.
    pub until: Option<Timestamp>,
    /// When to look again, because time alone changes something or makes a mail due. After the time of the decision.
    pub next: Option<Timestamp>,
    /// Why it can only be read; none: it can do everything.
    pub why: Option<Why>,
}

/// Why an organization can only be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// An invoice was not paid.
    Unpaid,
    /// A trial ended, and nobody paid.
    TrialOver,
    /// A subscription ended.
    Ended,
    /// Nobody ever paid, and there was no trial.
    NeverPaid,
}

impl State {
    /// All of them, the best first.
    pub const ALL: [Self; 7] =
        [Self::Free, Self::Trialing, Self::Active, Self::PastDue, Self::Suspended, Self::Cancelled, Self::Archived];

    /// The state's name in the database, in events and in JSON: `past_due`.
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

    /// What an organization in this state may do.
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
    /// What this product promises, with its plans in their versions of today.
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

    /// When the own trial of an organization ends that was made then; none: the product has none.
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

/// Where an organization stands at `now`. The first rule that holds decides.
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

/// A state that only somebody ends, not time.
fn resting(state: State, plan: Plan, since: Timestamp) -> Decision {
    Decision { state, plan, bought: true, standing: state.standing(), since, until: None, next: None, why: None }
}

/// An invoice is open: grace, and then only reading.
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

/// The trial without a card runs.
fn own_trial(facts: &Facts, end: Timestamp, terms: &Terms, now: Timestamp) -> Decision {
    let plan = terms.trial.as_ref().map_or(&terms.default_plan, |trial| &trial.plan).clone();
    // A subscription that ended while the trial still runs gives way to it.
    let since = facts.subscription.as_ref().and_then(ended).map_or(facts.created_at, |at| at.max(facts.created_at));
    Decision {
        bought: false,
        until: Some(end),
        next: soonest([trial_reminder(end, terms), Some(end)], now),
        ..resting(State::Trialing, plan, since)
    }
}

/// No subscription that counts, no trial.
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

/// When the open invoice was finalized; where that is not known, when its period began.
fn unpaid_since(facts: &Facts, subscription: &Subscription) -> Timestamp {
    subscription.unpaid_since.unwrap_or_else(|| begun(facts, subscription))
}

/// When the subscription began to count, as far as it tells.
fn begun(facts: &Facts, subscription: &Subscription) -> Timestamp {
    subscription.period_start.map_or(facts.created_at, |start| start.max(facts.created_at))
}

/// When the subscription stopped to be worth something; none: it never was.
fn ended(subscription: &Subscription) -> Option<Timestamp> {
    match subscription.status.as_str() {
        "canceled" => subscription.ended_at.or(subscription.canceled_at),
        "paused" => subscription.trial_end,
        _ => None,
    }
}

/// When the mail about the end of the own trial is due; none: never.
fn trial_reminder(end: Timestamp, terms: &Terms) -> Option<Timestamp> {
    let days_before = terms.trial.as_ref().map_or(0, |trial| trial.reminder_days);
    (days_before > 0).then(|| earlier(end, days(days_before)))
}

/// The first of these that is still to come.
fn soonest(times: [Option<Timestamp>; 2], now: Timestamp) -> Option<Timestamp> {
    times.into_iter().flatten().filter(|time| *time > now).min()
}

/// A day is 24 hours here: time zones and their changes are not asked.
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
