//! A plan on the billing page.

use super::PlanPrice;
use crate::PlanCard;

/// A plan with the button to choose or leave it.
#[derive(Clone, Debug)]
pub struct BillingPlan {
    /// Price and contents of the plan.
    pub card: PlanCard,
    /// Whether the organization is on this plan.
    pub current: bool,
    /// Whether the user chose this plan before they came to the page.
    pub chosen: bool,
    /// Whether the price is per member.
    pub per_member: bool,
    /// The button; none when nothing can be done.
    pub button: Option<BillingButton>,
    /// A line in place of the button: `Contact the operator of this server.`; none for no line.
    pub note: Option<String>,
}

/// The button of a plan.
#[derive(Clone, Debug)]
pub enum BillingButton {
    /// Posts a form to `/billing/checkout`, which leads to the payment page.
    Checkout {
        /// Label: `Choose Pro`.
        label: String,
    },
    /// Links to the page that shows the costs of a change and asks for confirmation.
    Look {
        /// Label: `Change to Pro`.
        label: String,
        /// Path of the page on this site.
        to: String,
        /// Whether the plan costs less than the current one.
        down: bool,
    },
    /// Opens a new mail.
    Mail {
        /// Label: `Contact us`.
        label: String,
        /// E-mail address of the recipient.
        address: String,
    },
}

/// Billing interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayBy {
    /// Monthly.
    Month,
    /// Yearly.
    Year,
}

impl PayBy {
    /// Name of the interval: `month` or `year`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

impl BillingPlan {
    /// The price and its unit, in the interval shown; monthly when the plan has no yearly price.
    pub(super) fn amount(&self, pay_by: Option<PayBy>) -> (&str, &'static str) {
        match (&self.card.price, pay_by) {
            (PlanPrice::Free, _) => ("Free", ""),
            (PlanPrice::ContactSales, _) => ("Contact sales", ""),
            (PlanPrice::Paid { year: Some(year), .. }, Some(PayBy::Year)) => (year, "a year"),
            (PlanPrice::Paid { month, .. }, _) => (month, "a month"),
        }
    }

    /// Name of the interval that the button of the plan sends.
    pub(super) fn interval(&self, pay_by: Option<PayBy>) -> &'static str {
        match (&self.card.price, pay_by) {
            (PlanPrice::Paid { year: Some(_), .. }, Some(PayBy::Year)) => PayBy::Year.name(),
            _ => PayBy::Month.name(),
        }
    }

    /// The line below the price.
    pub(super) fn below(&self, pay_by: Option<PayBy>) -> String {
        let each = if self.per_member { "per member" } else { "" };
        match (&self.card.price, pay_by) {
            (PlanPrice::Free, _) => "No time limit.".to_owned(),
            (PlanPrice::ContactSales, _) => "We agree on a price with you.".to_owned(),
            (PlanPrice::Paid { year: None, .. }, Some(PayBy::Year)) => join(each, "monthly only"),
            (PlanPrice::Paid { month, .. }, Some(PayBy::Year)) => join(each, &format!("or {month} a month")),
            (PlanPrice::Paid { year: Some(year), .. }, _) => join(each, &format!("or {year} a year")),
            (PlanPrice::Paid { year: None, .. }, _) => join(each, "paid monthly"),
        }
    }
}

fn join(first: &str, second: &str) -> String {
    if first.is_empty() { second.to_owned() } else { format!("{first}, {second}") }
}
