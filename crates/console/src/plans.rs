//! `/plans`: what is sold.

use askama::Template;

use crate::{
    Brand,
    prose::{Block, Prose, Span},
};

/// The pricing page.
#[derive(Clone, Debug, Template)]
#[template(path = "plans.html")]
pub struct PlansPage {
    /// Whose page it is.
    pub brand: Brand,
    /// In the order of the catalog.
    pub plans: Vec<PlanCard>,
    /// The id of the plan the reader is on, if that is known.
    pub current: Option<String>,
    /// How to change it, with `code` and links.
    pub how_to_change: String,
    /// Where a plan is chosen, on this site; none: nothing is sold here.
    pub choose_at: Option<String>,
}

/// One plan.
#[derive(Clone, Debug)]
pub struct PlanCard {
    /// `pro`.
    pub id: String,
    /// `Pro`.
    pub name: String,
    /// What it costs.
    pub price: PlanPrice,
    /// How much it contains, a line a meter.
    pub limits: Vec<PlanLimit>,
    /// What else it brings, a line each: `Advanced analytics`, `Priority support`.
    pub features: Vec<String>,
}

/// What a plan costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanPrice {
    /// Nothing.
    Free,
    /// An amount.
    Paid {
        /// For a month: `$29`.
        month: String,
        /// For a year: `$290`, if it can be paid so.
        year: Option<String>,
    },
    /// It is agreed with each customer.
    ContactSales,
}

/// How much of a meter a plan contains.
#[derive(Clone, Debug)]
pub struct PlanLimit {
    /// The meter's name for people: `calls`.
    pub meter: String,
    /// How much, without the name: `500 a month`, `unlimited`, `none`.
    pub amount: String,
}

impl PlansPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    fn is_current(&self, plan: &PlanCard) -> bool {
        self.current.as_deref() == Some(&plan.id)
    }

    /// Where this plan is chosen; none: not by a click.
    fn choose_at(&self, plan: &PlanCard) -> Option<&String> {
        self.choose_at.as_ref().filter(|_| matches!(plan.price, PlanPrice::Paid { .. }))
    }

    fn how_to_change(&self) -> Prose {
        Prose::parse(&self.how_to_change)
    }
}
