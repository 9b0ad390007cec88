//! The overview of an account for users and programs: its state, what exceeds the plan, and the plans it can change to.
//! Reads only the database.

use freehold_catalog::{Plan as Offer, Price, Product};
use freehold_core::{Caller, Plan, Result, Standing};
use freehold_metering::usage::{Usage, usage_list};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Billing,
    account::{Account, account_get},
    lifecycle::{Facts, State, Terms, Why, decide},
    subscription::{Subscription, counting, subscription_list},
};

/// The billing state of an organization at this moment.
#[derive(Clone, Debug)]
pub struct Overview {
    /// State of the organization.
    pub state: State,
    /// When the state began; none: it has no account yet, because it is older than billing.
    pub since: Option<Timestamp>,
    /// When time alone ends the state: the trial, the days of grace, or the days that data is kept. None: only an
    /// action ends it.
    pub until: Option<Timestamp>,
    /// Why the organization is read-only; none: it is not.
    pub why: Option<Why>,
    /// What the organization may do.
    pub standing: Standing,
    /// Present plan, in the version that was bought.
    pub plan: Plan,
    /// Whether an operator granted the plan, whatever is paid.
    pub granted: bool,
    /// The subscription that counts, including one that has ended; none: there is none.
    pub subscription: Option<Subscription>,
    /// Whether the organization has a customer at Stripe, which is created when it first wants to pay.
    pub has_customer: bool,
    /// Usage of the meters.
    pub usage: Vec<Usage>,
}

impl Overview {
    /// The subscription, if it is running.
    pub fn running(&self) -> Option<&Subscription> {
        self.subscription.as_ref().filter(|subscription| subscription.is_running())
    }

    /// URL where the open invoice can be paid; none: no invoice is open.
    pub fn pay_url(&self) -> Option<&str> {
        self.running().and_then(|subscription| subscription.pay_url.as_deref())
    }

    /// When the subscription ends; none: it continues.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.running().and_then(Subscription::ends_at)
    }

    /// When the next payment is due; none: there is none, or an open invoice comes first.
    pub fn next_payment_at(&self) -> Option<Timestamp> {
        self.running().and_then(Subscription::next_payment_at)
    }

    /// When the days of grace are over; none: there are none.
    pub fn grace_ends_at(&self) -> Option<Timestamp> {
        self.until.filter(|_| self.state == State::PastDue)
    }

    /// Until when the data is kept before the organization is archived; none: it is neither suspended nor cancelled.
    pub fn kept_until(&self) -> Option<Timestamp> {
        self.until.filter(|_| matches!(self.state, State::Suspended | State::Cancelled))
    }

    /// When the trial ends, the one without a card or that of the subscription; none: no trial is running.
    pub fn trial_ends_at(&self) -> Option<Timestamp> {
        let paid = self.running().and_then(|subscription| subscription.trial_end);
        self.until.or(paid).filter(|_| self.state == State::Trialing)
    }

    /// Usage above the plan's limits, which a change to a smaller plan can cause. Nothing is deleted; only new items
    /// are rejected.
    pub fn over(&self) -> impl Iterator<Item = &Usage> {
        self.usage.iter().filter(|usage| usage.limit.is_some_and(|limit| usage.used > limit))
    }

    /// For each plan that is sold, in order: what a change to it means for this organization, and how it is made.
    pub fn moves<'a>(&'a self, product: &'a Product) -> impl Iterator<Item = (&'a Offer, Move, Option<Way>)> {
        let current = product.plan(&self.plan.id).map(rank);
        product.plans().iter().map(move |offer| {
            let step = if offer.id == self.plan.id {
                Move::Current
            } else if offer.price == Price::ContactSales {
                Move::Contact
            } else if current.is_none_or(|current| rank(offer) >= current) {
                Move::Upgrade
            } else {
                Move::Downgrade
            };
            (offer, step, self.way(offer, step))
        })
    }

    fn way(&self, offer: &Offer, step: Move) -> Option<Way> {
        match (&offer.price, self.running()) {
            _ if self.granted => None,
            (Price::ContactSales, _) if step == Move::Contact => Some(Way::Contact),
            (Price::Free, Some(paid)) if !paid.ends_unrenewed() => Some(Way::Cancel),
            (Price::Free | Price::ContactSales, _) => None,
            (Price::Paid { .. }, None) => Some(Way::Checkout),
            // Only a change of the interval is left.
            (Price::Paid { year: None, .. }, Some(_)) if step == Move::Current => None,
            (Price::Paid { .. }, Some(_)) => Some(Way::Change),
        }
    }
}

/// What a change to a plan means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PlanMove)]
pub enum Move {
    /// The present plan.
    Current,
    /// A plan that costs more.
    Upgrade,
    /// A plan that costs less.
    Downgrade,
    /// A plan whose price is agreed individually.
    Contact,
}

impl Move {
    /// Name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
            Self::Contact => "contact",
        }
    }
}

/// How to get a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PlanChangeMethod)]
pub enum Way {
    /// By a checkout, because there is no subscription yet.
    Checkout,
    /// By changing the subscription.
    Change,
    /// By cancelling the subscription.
    Cancel,
    /// By contacting the operator.
    Contact,
}

impl Way {
    /// Name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Change => "change",
            Self::Cancel => "cancel",
            Self::Contact => "contact",
        }
    }
}

/// The price per month; an individual price ranks highest.
fn rank(offer: &Offer) -> i64 {
    match &offer.price {
        Price::Free => 0,
        Price::Paid { month, .. } => month.minor,
        Price::ContactSales => i64::MAX,
    }
}

/// The overview of the caller's organization.
pub async fn overview(billing: &Billing, caller: &Caller) -> Result<Overview> {
    let mut tx = billing.db.tenant(caller).begin().await?;
    let account = account_get(&mut tx).await?;
    let subscription = counting(&subscription_list(&mut tx).await?).cloned();
    drop(tx);
    let usage = usage_list(&billing.db, &billing.entitlements, caller).await?;
    let stands = stands(billing, account.as_ref(), subscription.as_ref());
    Ok(Overview {
        state: stands.state,
        since: stands.since,
        until: stands.until,
        why: stands.why,
        standing: caller.standing(),
        plan: caller.plan().clone(),
        granted: account.as_ref().is_some_and(|account| account.granted_plan.is_some()),
        subscription,
        has_customer: account.is_some_and(|account| account.customer_id.is_some()),
        usage,
    })
}

struct Stands {
    state: State,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    why: Option<Why>,
}

/// The present state, however old the last check is.
fn stands(billing: &Billing, account: Option<&Account>, subscription: Option<&Subscription>) -> Stands {
    let now = billing.clock.now();
    let Some(account) = account else {
        return Stands { state: State::Free, since: None, until: None, why: None };
    };
    let facts = Facts {
        created_at: account.created_at,
        trial_ends_at: account.trial_ends_at,
        granted: account.granted(),
        subscription: subscription.cloned(),
    };
    let decision = decide(&facts, &Terms::of(&billing.product), now);
    // For a state that continues, the stored beginning is more exact.
    let known = account.state == decision.state.name();
    let since = if known { account.state_since } else { decision.since };
    Stands { state: decision.state, since: Some(since), until: decision.until, why: decision.why }
}
