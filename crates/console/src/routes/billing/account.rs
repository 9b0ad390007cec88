//! Writes what billing knows of an organization as the texts of its page.

use freehold_billing::{
    lifecycle::{State, Why},
    overview::{Move, Overview, Way},
};
use freehold_catalog::{Plan, Price, Product};
use freehold_metering::usage::Usage;
use freehold_pages::{Banner, Progress, Tone, times::day};

use super::super::plan_cards::card;
use crate::{BillingButton, BillingPlan, PayBy};

/// The text for an organization whose trial or subscription has ended.
const READ_ONLY: &str = "You can read everything, but change nothing. Choosing a plan restores full access at once.";

/// The organization of the page and what is known of it.
pub(super) struct Subject<'a> {
    pub(super) product: &'a Product,
    /// The organization's name.
    pub(super) name: &'a str,
    /// The organization's id.
    pub(super) id: String,
    pub(super) overview: &'a Overview,
    /// Whether the user may change plan and payments.
    pub(super) may_change: bool,
}

impl Subject<'_> {
    fn plan_name(&self) -> &str {
        let id = &self.overview.plan.id;
        self.product.plan(id).map_or(id, |plan| &plan.name)
    }

    /// Plan and state of the organization, in one or two sentences.
    pub(super) fn sentence(&self) -> String {
        let (name, plan, seen) = (self.name, self.plan_name(), self.overview);
        if seen.granted {
            return format!("{name} is on the {plan} plan, granted by the operator of this server.");
        }
        match seen.state {
            State::Free if self.is_free() => format!("{name} is on the {plan} plan, which costs nothing."),
            State::Free => format!("{name} is on the {plan} plan."),
            State::Trialing => match (seen.trial_ends_at(), seen.running()) {
                (_, Some(paid)) if paid.ends_unrenewed() => {
                    let end = paid.ends_at();
                    let end = end.map_or_else(String::new, |end| format!(" The subscription ends on {}.", day(end)));
                    format!("{name} is trying the {plan} plan.{end}")
                }
                (Some(end), Some(_)) => {
                    format!("{name} is trying the {plan} plan. The first payment is on {}.", day(end))
                }
                (Some(end), None) => format!("{name} is trying the {plan} plan until {}, without a card.", day(end)),
                (None, _) => format!("{name} is trying the {plan} plan."),
            },
            State::Active => self.paid(),
            State::PastDue => format!("{name} is on the {plan} plan, and the last payment failed."),
            State::Suspended => format!("{name} is read-only at the moment."),
            State::Cancelled => format!("{name} is read-only: its subscription has ended."),
            State::Archived => format!("{name} is archived. A payment restores it."),
        }
    }

    fn is_free(&self) -> bool {
        self.product.plan(&self.overview.plan.id).is_some_and(|plan| plan.price == Price::Free)
    }

    fn paid(&self) -> String {
        let (name, plan) = (self.name, self.plan_name());
        let Some(paid) = self.overview.running() else { return format!("{name} is on the {plan} plan.") };
        let members = if paid.per_member {
            let plural = if paid.seats == 1 { "" } else { "s" };
            format!(" for {} member{plural}", paid.seats)
        } else {
            String::new()
        };
        let next = match (paid.next_payment_at(), paid.ends_at()) {
            (Some(next), Some(end)) => {
                format!(" The next payment is on {}, and the subscription ends on {}.", day(next), day(end))
            }
            (Some(next), None) => format!(" The next payment is on {}.", day(next)),
            (None, Some(end)) => format!(" The subscription ends on {}.", day(end)),
            (None, None) => String::new(),
        };
        let paid = if paid.interval == PayBy::Year.name() { "yearly" } else { "monthly" };
        format!("{name} is on the {plan} plan, paid {paid}{members}.{next}")
    }

    /// The notices above everything else.
    pub(super) fn banners(&self) -> Vec<Banner> {
        let mut banners: Vec<Banner> = self.of_state().into_iter().collect();
        if let Some(end) = self.overview.ends_at().filter(|_| self.overview.state != State::PastDue) {
            let text = "Nothing changes until then. To keep the subscription, use the button below.";
            banners.push(banner(Tone::Warn, format!("The subscription ends on {}", day(end)), text));
        }
        let over: Vec<&str> = self.overview.over().map(|usage| usage.name.as_str()).collect();
        if !over.is_empty() {
            let text = "Nothing is deleted, but you cannot add more until usage is below the limit.";
            let title = format!("Over the limits of the {} plan: {}", self.plan_name(), over.join(", "));
            banners.push(banner(Tone::Warn, title, text));
        }
        banners
    }

    fn of_state(&self) -> Option<Banner> {
        let seen = self.overview;
        let kept = seen.kept_until();
        let kept =
            kept.map_or_else(String::new, |end| format!(" Everything is kept until {}, then archived.", day(end)));
        let pay = || seen.pay_url().map(|to| ("Pay now".to_owned(), to.to_owned()));
        let found = match (seen.state, seen.why) {
            (State::Trialing, _) if seen.running().is_none() => {
                let end = day(seen.trial_ends_at()?);
                let text = "Choose a plan before that day, and everything keeps working.";
                banner(Tone::Good, format!("The trial ends on {end}"), text)
            }
            (State::PastDue, _) => {
                let until = seen.grace_ends_at().map_or_else(String::new, |end| format!(" until {}", day(end)));
                let text = format!("Everything works{until}. After that the organization is read-only.");
                Banner { link: pay(), ..banner(Tone::Warn, "A payment did not go through", text) }
            }
            (State::Suspended, Some(Why::Unpaid)) => {
                let text = "You can read everything, but change nothing. Paying the invoice restores full access.";
                Banner { link: pay(), ..banner(Tone::Bad, "An invoice was not paid", text) }
            }
            (State::Suspended, Some(Why::TrialOver)) => {
                let text = format!("{READ_ONLY}{kept}");
                banner(Tone::Bad, "The trial has ended", text)
            }
            (State::Suspended, _) => {
                banner(Tone::Bad, "There is no paid plan", format!("Choose a plan to restore full access.{kept}"))
            }
            (State::Cancelled, _) => {
                let text = format!("{READ_ONLY}{kept}");
                banner(Tone::Bad, "The subscription has ended", text)
            }
            (State::Archived, _) => {
                let text = "Its data is kept. Paying for a plan restores everything at once.";
                banner(Tone::Bad, "The organization is archived", text)
            }
            _ => return None,
        };
        Some(found)
    }

    /// The plans, each with the button that fits it. `chosen` is the id of the plan that the user came for.
    pub(super) fn plans(&self, pay_by: Option<PayBy>, chosen: Option<&str>) -> Vec<BillingPlan> {
        let plans = self.overview.moves(self.product).map(|(plan, step, way)| self.plan(plan, step, way, pay_by));
        plans
            .map(|plan| BillingPlan { chosen: chosen == Some(&plan.card.id) && plan.button.is_some(), ..plan })
            .collect()
    }

    fn plan(&self, plan: &Plan, step: Move, way: Option<Way>, pay_by: Option<PayBy>) -> BillingPlan {
        let way = way.filter(|_| self.may_change);
        let (button, note) = match way {
            Some(Way::Checkout) => {
                let label = if step == Move::Current { "Pay for" } else { "Choose" };
                (Some(BillingButton::Checkout { label: format!("{label} {}", plan.name) }), None)
            }
            Some(Way::Change) => self.change(plan, step, pay_by),
            Some(Way::Cancel) => {
                let to = format!("/billing/cancel?organization={}", self.id);
                (Some(BillingButton::Look { label: format!("Downgrade to {}", plan.name), to, down: true }), None)
            }
            Some(Way::Contact) => match &self.product.brand.support {
                Some(address) => {
                    (Some(BillingButton::Mail { label: "Contact us".to_owned(), address: address.clone() }), None)
                }
                None => (None, Some("Contact the operator of this server.".to_owned())),
            },
            None => (None, None),
        };
        BillingPlan {
            card: card(self.product, plan),
            current: step == Move::Current,
            chosen: false,
            per_member: plan.per_member(),
            button,
            note,
        }
    }

    fn change(&self, plan: &Plan, step: Move, pay_by: Option<PayBy>) -> (Option<BillingButton>, Option<String>) {
        let yearly = matches!(plan.price, Price::Paid { year: Some(_), .. }) && pay_by == Some(PayBy::Year);
        let interval = if yearly { PayBy::Year } else { PayBy::Month };
        let same = self.overview.running().is_some_and(|paid| paid.interval == interval.name());
        if step == Move::Current && same {
            return (None, None);
        }
        let label = match (step, interval) {
            (Move::Current, PayBy::Year) => "Pay yearly".to_owned(),
            (Move::Current, PayBy::Month) => "Pay monthly".to_owned(),
            _ => format!("Change to {}", plan.name),
        };
        let to = format!("/billing/change?organization={}&plan={}&interval={}", self.id, plan.id, interval.name());
        (Some(BillingButton::Look { label, to, down: step == Move::Downgrade }), None)
    }
}

/// One line for each meter.
pub(super) fn usage(used: &[Usage]) -> Vec<Progress> {
    let line = |usage: &Usage| Progress {
        name: usage.name.clone(),
        used: usage.used,
        limit: usage.limit,
        resets_on: usage.period_end.map(day),
    };
    used.iter().map(line).collect()
}

/// A banner without a link.
pub(super) fn banner(tone: Tone, title: impl Into<String>, text: impl Into<String>) -> Banner {
    Banner { tone, title: title.into(), text: text.into(), link: None }
}
