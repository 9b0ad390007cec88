//! One plan as somebody sees it who is on one.

use super::PlanPrice;
use crate::PlanCard;

/// A plan, with what can be done about it.
#[derive(Clone, Debug)]
pub struct BillingPlan {
    /// What it costs and contains.
    pub card: PlanCard,
    /// Whether the organization is on it.
    pub current: bool,
    /// The price is for each member.
    pub per_member: bool,
    /// The one thing that can be done; none: nothing can.
    pub button: Option<BillingButton>,
    /// A line instead of a button: `Your plan until 21 December`.
    pub note: Option<String>,
}

/// What a button does.
#[derive(Clone, Debug)]
pub enum BillingButton {
    /// Posts a form to `/billing/checkout`: pays on a page for what is not paid yet.
    Checkout {
        /// What stands on it: `Choose Pro`.
        label: String,
    },
    /// Leads to a page that says what a change costs, and asks.
    Look {
        /// What stands on it: `Change to Pro`.
        label: String,
        /// Where it leads, on this site.
        to: String,
        /// Whether it costs less than now.
        down: bool,
    },
    /// Writes a mail to people.
    Mail {
        /// What stands on it: `Talk to us`.
        label: String,
        /// To whom.
        address: String,
    },
}

/// How often a price is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayBy {
    /// Every month.
    Month,
    /// Every year.
    Year,
}

impl PayBy {
    /// `month` or `year`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

impl BillingPlan {
    /// The amount and how often it is paid, in the interval that is shown, or by the month where there is no other.
    pub(super) fn amount(&self, pay_by: Option<PayBy>) -> (&str, &'static str) {
        match (&self.card.price, pay_by) {
            (PlanPrice::Free, _) => ("Free", ""),
            (PlanPrice::ContactSales, _) => ("Contact sales", ""),
            (PlanPrice::Paid { year: Some(year), .. }, Some(PayBy::Year)) => (year, "a year"),
            (PlanPrice::Paid { month, .. }, _) => (month, "a month"),
        }
    }

    /// How often it is paid when its button is used.
    pub(super) fn interval(&self, pay_by: Option<PayBy>) -> &'static str {
        match (&self.card.price, pay_by) {
            (PlanPrice::Paid { year: Some(_), .. }, Some(PayBy::Year)) => PayBy::Year.name(),
            _ => PayBy::Month.name(),
        }
    }

    pub(super) fn below(&self, pay_by: Option<PayBy>) -> String {
        let each = if self.per_member { "for each member" } else { "" };
        match (&self.card.price, pay_by) {
            (PlanPrice::Free, _) => "For as long as you like.".to_owned(),
            (PlanPrice::ContactSales, _) => "The price is agreed with you.".to_owned(),
            (PlanPrice::Paid { year: None, .. }, Some(PayBy::Year)) => join(each, "only by the month"),
            (PlanPrice::Paid { month, .. }, Some(PayBy::Year)) => join(each, &format!("or {month} a month")),
            (PlanPrice::Paid { year: Some(year), .. }, _) => join(each, &format!("or {year} a year")),
            (PlanPrice::Paid { year: None, .. }, _) => join(each, "paid by the month"),
        }
    }
}

fn join(first: &str, second: &str) -> String {
    if first.is_empty() { second.to_owned() } else { format!("{first}, {second}") }
}
