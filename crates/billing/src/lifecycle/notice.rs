//! Which mails are due: computed from facts and time, so that whoever looks late sends what still means something and
//! nothing that is stale.

use freehold_core::Plan;
use jiff::Timestamp;

use super::{
    ARCHIVE_REMINDER, Decision, Facts, PAYMENT_REMINDER, State, Terms, Why, earlier, ended, trial_reminder,
    unpaid_since,
};
use crate::subscription::Subscription;

/// Which mail, by the name that `freehold.mails.template` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Template {
    /// The trial ends in a few days.
    TrialEnding,
    /// The trial has ended.
    TrialEnded,
    /// A payment failed; the days of grace begin.
    PaymentFailed,
    /// The days of grace end soon.
    PaymentReminder,
    /// The days of grace are over.
    Suspended,
    /// The subscription is cancelled: it ends at a date, or has ended.
    SubscriptionCancelled,
    /// The data goes to the archive soon.
    ArchiveReminder,
    /// The data is in the archive.
    Archived,
    /// After trouble all is well again.
    PaymentReceived,
}

impl Template {
    /// What the queue of mails names: `trial_ending`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TrialEnding => "trial_ending",
            Self::TrialEnded => "trial_ended",
            Self::PaymentFailed => "payment_failed",
            Self::PaymentReminder => "payment_reminder",
            Self::Suspended => "suspended",
            Self::SubscriptionCancelled => "subscription_cancelled",
            Self::ArchiveReminder => "archive_reminder",
            Self::Archived => "archived",
            Self::PaymentReceived => "payment_received",
        }
    }
}

/// What an organization is, or will be, without a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// On the plan that costs nothing.
    Free,
    /// Only to be read.
    ReadOnly,
}

impl Became {
    /// As the data of mails names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::ReadOnly => "read_only",
        }
    }
}

/// A mail to the organization's owners and administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which.
    pub template: Template,
    /// With the tenant it names the occasion: however often it comes up, the mail goes out once.
    pub cause: String,
    /// The plan it is about.
    pub plan: Plan,
    /// The date it speaks of: when what it announces happens. None: it speaks of none.
    pub until: Option<Timestamp>,
    /// Where the open invoice can be paid.
    pub pay_url: Option<String>,
    /// What the organization is afterwards, where the mail says it.
    pub became: Option<Became>,
}

/// Where an organization stood when somebody last looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// Its state then.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
}

/// The mails that are due at `now`. `decision` is what [`decide`](super::decide) made of the same facts, terms and time.
/// What was sent before comes again with the same cause, as long as it still means something.
pub fn notices(before: Before, decision: &Decision, facts: &Facts, terms: &Terms, now: Timestamp) -> Vec<Notice> {
    let look = Look { decision, facts, terms, now };
    let entered = before.state != decision.state || before.since != decision.since;
    let mut found = Vec::new();
    if before.state != decision.state && restored(before.state, decision, facts) {
        found.push(look.notice(Template::PaymentReceived, before.since));
    } else if entered {
        found.extend(look.entered(before.state));
    }
    found.extend(look.reminder());
    found.extend(look.goes_on_until());
    found
}

/// Whether trouble is over because somebody paid, or an operator helped.
fn restored(before: State, decision: &Decision, facts: &Facts) -> bool {
    let trouble = matches!(before, State::PastDue | State::Suspended | State::Cancelled | State::Archived);
    let paid = facts.granted.is_some() || decision.bought && decision.state != State::PastDue;
    trouble && paid && matches!(decision.state, State::Active | State::Trialing)
}

struct Look<'a> {
    decision: &'a Decision,
    facts: &'a Facts,
    terms: &'a Terms,
    now: Timestamp,
}

impl Look<'_> {
    /// What is said once when a state begins.
    fn entered(&self, from: State) -> Option<Notice> {
        let decision = self.decision;
        let paying = self.subscription().is_some_and(|subscription| ended(subscription).is_some());
        match decision.state {
            State::PastDue => Some(self.payable(Template::PaymentFailed, decision.since, decision.until)),
            State::Suspended if decision.why == Some(Why::Unpaid) => {
                Some(self.payable(Template::Suspended, decision.since, None))
            }
            State::Suspended if decision.why == Some(Why::TrialOver) => {
                Some(self.ended(Template::TrialEnded, Became::ReadOnly))
            }
            State::Suspended => Some(self.notice(Template::Suspended, decision.since)),
            State::Cancelled => Some(self.ended(Template::SubscriptionCancelled, Became::ReadOnly)),
            State::Archived => Some(self.notice(Template::Archived, decision.since)),
            State::Free if from == State::Trialing && !paying => Some(self.ended(Template::TrialEnded, Became::Free)),
            State::Free if from != State::Free && paying => {
                Some(self.ended(Template::SubscriptionCancelled, Became::Free))
            }
            State::Free | State::Trialing | State::Active => None,
        }
    }

    /// What is said some days before a state ends by itself.
    fn reminder(&self) -> Option<Notice> {
        let until = self.decision.until.filter(|until| self.now < *until)?;
        let (template, due) = match self.decision.state {
            State::Trialing => (Template::TrialEnding, trial_reminder(until, self.terms)?),
            State::PastDue => (Template::PaymentReminder, earlier(until, PAYMENT_REMINDER)),
            State::Suspended | State::Cancelled => (Template::ArchiveReminder, earlier(until, ARCHIVE_REMINDER)),
            State::Free | State::Active | State::Archived => return None,
        };
        // Where there are fewer days than that, the mail that announced the state has said it all.
        if self.now < due || (due <= self.decision.since && self.decision.state != State::Trialing) {
            return None;
        }
        Some(match template {
            Template::PaymentReminder => self.payable(template, self.decision.since, Some(until)),
            Template::TrialEnding => {
                let became = if self.terms.default_is_free { Became::Free } else { Became::ReadOnly };
                Notice { until: Some(until), became: Some(became), ..self.notice(template, until) }
            }
            _ => Notice { until: Some(until), ..self.notice(template, until) },
        })
    }

    /// A subscription that was cancelled and still runs: its plan goes on until then.
    fn goes_on_until(&self) -> Option<Notice> {
        let subscription = self.subscription().filter(|_| self.facts.granted.is_none())?;
        if !matches!(subscription.status.as_str(), "trialing" | "active" | "past_due") {
            return None;
        }
        let until = subscription.ends_at().filter(|until| self.now < *until)?;
        // Cancelled, taken up again and cancelled once more are two occasions.
        let cancelled = subscription.canceled_at.unwrap_or(until);
        let cause =
            format!("{}/until/{}/{}", Template::SubscriptionCancelled.name(), seconds(until), seconds(cancelled));
        let plan = subscription.plan.clone();
        let base = self.notice(Template::SubscriptionCancelled, cancelled);
        Some(Notice { cause, plan, until: Some(until), became: None, ..base })
    }

    fn notice(&self, template: Template, occasion: Timestamp) -> Notice {
        Notice {
            template,
            cause: format!("{}/{}", template.name(), seconds(occasion)),
            plan: self.decision.plan.clone(),
            until: None,
            pay_url: None,
            became: None,
        }
    }

    /// About an invoice that is open.
    fn payable(&self, template: Template, occasion: Timestamp, until: Option<Timestamp>) -> Notice {
        let subscription = self.subscription();
        let since = subscription.map_or(occasion, |subscription| unpaid_since(self.facts, subscription));
        let pay_url = subscription.and_then(|subscription| subscription.pay_url.clone());
        Notice { until, pay_url, ..self.notice(template, since) }
    }

    /// About what has ended: the plan that was there, and until when data is kept.
    fn ended(&self, template: Template, became: Became) -> Notice {
        let tried = self.terms.trial.as_ref().map(|trial| &trial.plan).filter(|_| template == Template::TrialEnded);
        let plan = self.subscription().map(|subscription| &subscription.plan).or(tried);
        let plan = plan.unwrap_or(&self.decision.plan).clone();
        let base = self.notice(template, self.decision.since);
        Notice { plan, until: self.decision.until, became: Some(became), ..base }
    }

    fn subscription(&self) -> Option<&Subscription> {
        self.facts.subscription.as_ref()
    }
}

/// A time as causes name it.
fn seconds(time: Timestamp) -> i64 {
    time.as_second()
}
