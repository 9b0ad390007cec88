//! `/plans`: the pricing page.

use askama::Template;

use crate::{
    Shell,
    prose::{Block, Prose, Span},
};

/// The pricing page.
#[derive(Clone, Debug, Template)]
#[template(path = "plans.html")]
pub struct PlansPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The plans, in the order of the catalog.
    pub plans: Vec<PlanCard>,
    /// Id of the visitor's plan; none when it is not known.
    pub current: Option<String>,
    /// How to change the plan, with `code` and links.
    pub how_to_change: String,
    /// Path of the page to choose a plan; none when billing is off.
    pub choose_at: Option<String>,
}

/// One plan.
#[derive(Clone, Debug)]
pub struct PlanCard {
    /// Id of the plan: `pro`.
    pub id: String,
    /// Name of the plan: `Pro`.
    pub name: String,
    /// Price of the plan.
    pub price: PlanPrice,
    /// Limits, one line per meter.
    pub limits: Vec<PlanLimit>,
    /// Features, one line each: `Advanced analytics`, `Priority support`.
    pub features: Vec<String>,
}

/// Price of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanPrice {
    /// Free of charge.
    Free,
    /// A price.
    Paid {
        /// Monthly price: `$29`.
        month: String,
        /// Yearly price: `$290`; none when the plan is only paid monthly.
        year: Option<String>,
    },
    /// The price is agreed with each customer.
    ContactSales,
}

/// Limit of a meter in a plan.
#[derive(Clone, Debug)]
pub struct PlanLimit {
    /// Name of the meter: `calls`.
    pub meter: String,
    /// Amount without the name: `500 a month`, `unlimited`, `none`.
    pub amount: String,
}

impl PlansPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    fn is_current(&self, plan: &PlanCard) -> bool {
        self.current.as_deref() == Some(&plan.id)
    }

    /// Path of the page to choose this plan; none for plans that have no price.
    fn choose_at(&self, plan: &PlanCard) -> Option<&String> {
        self.choose_at.as_ref().filter(|_| matches!(plan.price, PlanPrice::Paid { .. }))
    }

    fn how_to_change(&self) -> Prose {
        Prose::parse(&self.how_to_change)
    }
}
