//! Which mails are due: computed from facts and time, so that a late check sends the mails that are still relevant and
//! no outdated ones.

use freehold_core::Plan;
use jiff::Timestamp;

use super::{
    ARCHIVE_REMINDER, Decision, Facts, PAYMENT_REMINDER, State, Terms, Why, earlier, ended, trial_reminder,
    unpaid_since,
};
pub use crate::mail::{Became, BillingMail as Template};
use crate::subscription::Subscription;

/// A mail to the organization's owners and administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Template of the mail.
    pub template: Template,
    /// Identifies the occasion within the tenant: the mail is sent once for each cause.
    pub cause: String,
    /// The plan that the mail is about.
    pub plan: Plan,
    /// The date in the mail: when what it announces happens. None: it has no date.
    pub until: Option<Timestamp>,
    /// URL where the open invoice can be paid.
    pub pay_url: Option<String>,
    /// The state afterwards, if the mail says it.
    pub became: Option<Became>,
}

/// The state of an organization at the last check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// State of the organization at that check.
    pub state: State,
    /// When the state began.
    pub since: Timestamp,
}

/// The mails that are due at `now`. `decision` is the result of [`decide`](super::decide) for the same facts, terms and
/// time. A mail that was sent before is returned again with the same cause, as long as it is still relevant.
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

/// Whether the organization is in good standing again because of a payment or an operator's grant.
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
    /// The mail that is sent once when a state begins.
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

    /// The mail that is sent some days before time ends a state.
    fn reminder(&self) -> Option<Notice> {
        let until = self.decision.until.filter(|until| self.now < *until)?;
        let (template, due) = match self.decision.state {
            State::Trialing => (Template::TrialEnding, trial_reminder(until, self.terms)?),
            State::PastDue => (Template::PaymentReminder, earlier(until, PAYMENT_REMINDER)),
            State::Suspended | State::Cancelled => (Template::ArchiveReminder, earlier(until, ARCHIVE_REMINDER)),
            State::Free | State::Active | State::Archived => return None,
        };
        // When the state is shorter than that, the mail at its beginning has said everything.
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

    /// A subscription that was cancelled and still runs: its plan continues until the end.
    fn goes_on_until(&self) -> Option<Notice> {
        let subscription = self.subscription().filter(|_| self.facts.granted.is_none())?;
        if !matches!(subscription.status.as_str(), "trialing" | "active" | "past_due") {
            return None;
        }
        let until = subscription.ends_at().filter(|until| self.now < *until)?;
        // A subscription that is cancelled, resumed and cancelled again gives two occasions.
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

    /// A mail about an open invoice.
    fn payable(&self, template: Template, occasion: Timestamp, until: Option<Timestamp>) -> Notice {
        let subscription = self.subscription();
        let since = subscription.map_or(occasion, |subscription| unpaid_since(self.facts, subscription));
        let pay_url = subscription.and_then(|subscription| subscription.pay_url.clone());
        Notice { until, pay_url, ..self.notice(template, since) }
    }

    /// A mail about an end: with the former plan, and until when data is kept.
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

/// A time in the form that causes contain.
fn seconds(time: Timestamp) -> i64 {
    time.as_second()
}
