//! `/billing`: plan, usage, payments and invoices of an organization.

mod confirm;
mod leave;
mod plan;

use askama::Template;
pub use confirm::{BillingConfirmPage, BillingCost};
pub use leave::BillingLeavePage;
pub use plan::{BillingButton, BillingPlan, PayBy};

use freehold_pages::{Banner, Progress};

use crate::{PlanPrice, Shell, prose::is_web_address};

/// The billing page of an organization.
#[derive(Clone, Debug, Template)]
#[template(path = "billing.html")]
pub struct BillingPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The content below the heading.
    pub content: BillingContent,
}

/// The content of the page.
#[derive(Clone, Debug)]
pub enum BillingContent {
    /// Billing is switched off on this server.
    Off,
    /// The user belongs to no organization.
    Nowhere,
    /// The billing account of an organization.
    Account(Box<BillingAccount>),
}

/// The billing account of an organization.
#[derive(Clone, Debug)]
pub struct BillingAccount {
    /// Plan and state, in a sentence: `Riverside Dental is on the Pro plan, paid monthly.`
    pub sentence: String,
    /// Notices above everything else: what just happened, or what is wrong.
    pub banners: Vec<Banner>,
    /// Whether the user may change plan and payments.
    pub may_change: bool,
    /// Usage, one entry per meter.
    pub usage: Vec<Progress>,
    /// The plans, in the order of the catalog.
    pub plans: Vec<BillingPlan>,
    /// Interval of the prices shown; none when no plan has a yearly price.
    pub pay_by: Option<PayBy>,
    /// Whether the subscription can be cancelled.
    pub can_cancel: bool,
    /// Whether a cancellation can be undone.
    pub can_resume: bool,
    /// Whether to offer Stripe's portal, where card and billing address are changed.
    pub has_portal: bool,
    /// The next payment; none when there is none, or the user may not see it.
    pub next_payment: Option<BillingNextPayment>,
    /// The invoices, the newest first; none when the user may not see them.
    pub invoices: Option<Vec<BillingInvoice>>,
    /// Seconds after which the page reloads, and the path to load, while a payment is still to arrive; none for no
    /// reload.
    pub again: Option<(u32, String)>,
}

/// The next payment.
#[derive(Clone, Debug)]
pub struct BillingNextPayment {
    /// Date of the payment: `21 December 2026`.
    pub date: String,
    /// Lines above the total, each a name and an amount: `Subtotal`, discounts, `Tax`.
    pub parts: Vec<(String, String)>,
    /// Amount to pay, after discounts and with tax: `$29`.
    pub total: String,
}

/// An invoice.
#[derive(Clone, Debug)]
pub struct BillingInvoice {
    /// Number of the invoice: `F00D-0001`.
    pub number: String,
    /// Date of the invoice: `21 November 2026`.
    pub date: String,
    /// Amount of the invoice, after discounts and with tax: `$29`.
    pub amount: String,
    /// Discounts and tax: `Spring (20% off), $4.63 tax`; empty when there are none.
    pub details: String,
    /// Status of the invoice: `paid`, `open`, `void`, `uncollectible` or `draft`.
    pub status: String,
    /// Web page of the invoice, where it can be paid; none when Stripe has none.
    pub page: Option<String>,
    /// URL of the invoice as a PDF; none when Stripe has none.
    pub pdf: Option<String>,
}

impl BillingPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}

impl BillingInvoice {
    fn page(&self) -> Option<&String> {
        self.page.as_ref().filter(|to| is_web_address(to))
    }

    fn pdf(&self) -> Option<&String> {
        self.pdf.as_ref().filter(|to| is_web_address(to))
    }

    fn tag(&self) -> &'static str {
        match self.status.as_str() {
            "paid" => "tag good",
            "open" | "uncollectible" => "tag warn",
            _ => "tag",
        }
    }
}
