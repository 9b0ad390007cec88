//! What people and programs see of an account: where it stands, what is used beyond the plan, and which plans there are
//! for it. Only reading; nobody is asked but the database.

use freehold_catalog::{Plan as Offer, Price, Product};
use freehold_core::{Caller, Plan, Result, Standing};
use freehold_metering::usage::{Usage, usage_list};
use jiff::Timestamp;

use crate::{
    Billing,
    account::{Account, account_get},
    lifecycle::{Facts, State, Terms, Why, decide},
    subscription::{Subscription, counting, subscription_list},
};

/// Where an organization stands with its money, at this moment.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Its state.
    pub state: State,
    /// Since when; none: its account was never looked at, because it is older than billing.
    pub since: Option<Timestamp>,
    /// When time alone ends the state: the trial, the days of grace, or those that data is kept.
    pub until: Option<Timestamp>,
    /// Why it can only be read.
    pub why: Option<Why>,
    /// What it may do.
    pub standing: Standing,
    /// The plan it is on, in the version it bought.
    pub plan: Plan,
    /// An operator gave it the plan, whatever is paid.
    pub granted: bool,
    /// The subscription that counts, also one that is over.
    pub subscription: Option<Subscription>,
    /// Whether it is known at Stripe, which it is since somebody first wanted to pay.
    pub has_customer: bool,
    /// What is used.
    pub usage: Vec<Usage>,
}

impl Overview {
    /// The subscription, while it goes on.
    pub fn running(&self) -> Option<&Subscription> {
        self.subscription.as_ref().filter(|subscription| subscription.is_running())
    }

    /// Where what is owed can be paid; none: nothing is.
    pub fn pay_url(&self) -> Option<&str> {
        self.running().and_then(|subscription| subscription.pay_url.as_deref())
    }

    /// When the subscription ends; none: it goes on.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.running().and_then(Subscription::ends_at)
    }

    /// When the next payment is due; none: no other comes, or an open invoice comes first.
    pub fn next_payment_at(&self) -> Option<Timestamp> {
        self.running().and_then(Subscription::next_payment_at)
    }

    /// When the days of grace are over.
    pub fn grace_ends_at(&self) -> Option<Timestamp> {
        self.until.filter(|_| self.state == State::PastDue)
    }

    /// Until when its data is kept as it is, before it goes to the archive.
    pub fn kept_until(&self) -> Option<Timestamp> {
        self.until.filter(|_| matches!(self.state, State::Suspended | State::Cancelled))
    }

    /// When its trial ends, the one without a card or the one of its subscription.
    pub fn trial_ends_at(&self) -> Option<Timestamp> {
        let paid = self.running().and_then(|subscription| subscription.trial_end);
        self.until.or(paid).filter(|_| self.state == State::Trialing)
    }

    /// What is used beyond the plan, as it can be after a change to a smaller one. Nothing of it is deleted; there can only be
    /// no more.
    pub fn over(&self) -> impl Iterator<Item = &Usage> {
        self.usage.iter().filter(|usage| usage.limit.is_some_and(|limit| usage.used > limit))
    }

    /// What each plan that is sold means to this organization, in the order in which they are sold.
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
            // Only the other interval is left to change to.
            (Price::Paid { year: None, .. }, Some(_)) if step == Move::Current => None,
            (Price::Paid { .. }, Some(_)) => Some(Way::Change),
        }
    }
}

/// What changing to a plan means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// It is the one that the organization is on.
    Current,
    /// It costs more.
    Upgrade,
    /// It costs less.
    Downgrade,
    /// Its price is agreed by people.
    Contact,
}

impl Move {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
            Self::Contact => "contact",
        }
    }
}

/// How a plan is come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By paying on a page, because nothing is paid yet.
    Checkout,
    /// By changing what is paid.
    Change,
    /// By cancelling what is paid.
    Cancel,
    /// By talking to people.
    Contact,
}

impl Way {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Change => "change",
            Self::Cancel => "cancel",
            Self::Contact => "contact",
        }
    }
}

/// What it costs by the month; what is agreed costs most.
fn rank(offer: &Offer) -> i64 {
    match &offer.price {
        Price::Free => 0,
        Price::Paid { month, .. } => month.minor,
        Price::ContactSales => i64::MAX,
    }
}

/// Where the caller's organization stands.
pub async fn overview(billing: &Billing, caller: &Caller) -> Result<Overview> {
    let now = billing.clock.now();
    let mut tx = billing.db.tenant(caller).begin().await?;
    let account = account_get(&mut tx).await?;
    let subscription = counting(&subscription_list(&mut tx).await?).cloned();
    drop(tx);
    let usage = usage_list(&billing.db, &billing.entitlements, caller, now).await?;
    let stands = stands(billing, account.as_ref(), subscription.as_ref(), now);
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

/// What holds now, however long ago somebody looked.
fn stands(billing: &Billing, account: Option<&Account>, subscription: Option<&Subscription>, now: Timestamp) -> Stands {
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
    // What was written down knows better since when a state goes on that was there before.
    let known = account.state == decision.state.name();
    let since = if known { account.state_since } else { decision.since };
    Stands { state: decision.state, since: Some(since), until: decision.until, why: decision.why }
}
