//! `/plans`: the pricing page.

use askama::Template;
use freehold_core::percent_encode;

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
    /// Where the buttons of the plans lead.
    pub links: PlanLinks,
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

    fn how_to_change(&self) -> Prose {
        Prose::parse(&self.how_to_change)
    }
}

impl PlanCard {
    pub(crate) fn is_paid(&self) -> bool {
        matches!(self.price, PlanPrice::Paid { .. })
    }
}

/// Where the buttons of plans lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanLinks {
    /// How a visitor comes to the payment for a plan; none when billing is off.
    pub choose: Option<ChoosePlan>,
    /// Path of the page to start with a free plan; none for users who have an account.
    pub start: Option<String>,
    /// Address of the operator, for plans whose price is agreed; none when the operator names none.
    pub contact: Option<String>,
}

/// How a visitor comes to the payment for a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChoosePlan {
    /// By the billing page, where visitors who have an account sign in if they have to.
    AtBilling,
    /// By creating an account, which ends at the billing page.
    AfterSignUp {
        /// This site, without a slash at the end: `https://app.example.org`.
        site_url: String,
    },
}

impl ChoosePlan {
    /// Path of the page that the button of the plan with this id opens.
    fn path(&self, plan: &str) -> String {
        let billing = billing_path(plan);
        match self {
            Self::AtBilling => billing,
            Self::AfterSignUp { site_url } => {
                format!("/sign-up?redirect_to={}", percent_encode(&format!("{site_url}{billing}")))
            }
        }
    }
}

/// Path of the billing page that offers the plan with this id first.
pub(crate) fn billing_path(plan: &str) -> String {
    format!("/billing?plan={}", percent_encode(plan))
}

impl PlanLinks {
    /// Label and target of the button of a plan; none for no button.
    pub(crate) fn of(&self, plan: &PlanCard) -> Option<(String, String)> {
        let (label, to) = match plan.price {
            PlanPrice::Free => ("Start for free".to_owned(), self.start.clone()),
            PlanPrice::Paid { .. } => {
                (format!("Choose {}", plan.name), self.choose.as_ref().map(|choose| choose.path(&plan.id)))
            }
            PlanPrice::ContactSales => ("Contact us".to_owned(), self.contact.clone()),
        };
        Some((label, to.filter(|to| freehold_pages::component::is_link(to))?))
    }
}
