//! `/billing`: plan, usage, payments and invoices of an organization.

mod confirm;
mod leave;
mod plan;

use askama::Template;
pub use confirm::{BillingConfirmPage, BillingCost};
pub use leave::BillingLeavePage;
pub use plan::{BillingButton, BillingPlan, PayBy};

use crate::{PlanPrice, Shell, prose::is_web_address};

/// The billing page of an organization.
#[derive(Clone, Debug, Template)]
#[template(path = "billing.html")]
pub struct BillingPage {
    /// The frame of the page.
    pub shell: Shell,
    /// E-mail address of the signed-in user.
    pub email: String,
    /// Token that every form sends; see `Visitor::form_token`.
    pub token: String,
    /// The organizations of the user, including the one shown.
    pub organizations: Vec<BillingOrganization>,
    /// The content below the heading.
    pub content: BillingContent,
}

/// An organization of the user.
#[derive(Clone, Debug)]
pub struct BillingOrganization {
    /// Id of the organization, for `?organization=`.
    pub id: String,
    /// Name of the organization.
    pub name: String,
    /// Whether the page shows this organization.
    pub shown: bool,
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
    pub banners: Vec<BillingBanner>,
    /// Whether the user may change plan and payments.
    pub may_change: bool,
    /// Usage, one entry per meter.
    pub usage: Vec<BillingUsage>,
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

/// A notice above everything else.
#[derive(Clone, Debug)]
pub struct BillingBanner {
    /// Severity of the notice.
    pub tone: BillingTone,
    /// Title, a few words.
    pub title: String,
    /// Text, one or two sentences.
    pub text: String,
    /// Label and target of a button; none for no button.
    pub link: Option<(String, String)>,
}

/// Severity of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillingTone {
    /// Good news.
    Good,
    /// The user should act.
    Warn,
    /// Something does not work until the user acts.
    Bad,
}

/// Usage of a meter.
#[derive(Clone, Debug)]
pub struct BillingUsage {
    /// Name of the meter: `calls`.
    pub name: String,
    /// Amount used.
    pub used: i64,
    /// Limit of the plan; none for unlimited.
    pub limit: Option<i64>,
    /// First day of the next period, UTC: `1 December 2026`; none for meters without a period.
    pub resets_on: Option<String>,
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

    /// Id of the organization shown; empty when there is none.
    fn shown(&self) -> &str {
        self.organizations.iter().find(|each| each.shown).map_or("", |each| each.id.as_str())
    }

    /// Whether the user has several organizations.
    fn several(&self) -> bool {
        self.organizations.len() > 1
    }
}

impl BillingBanner {
    fn class(&self) -> &'static str {
        match self.tone {
            BillingTone::Good => "banner good",
            BillingTone::Warn => "banner warn",
            BillingTone::Bad => "banner bad",
        }
    }

    /// The link, if its target is a web page.
    fn followed(&self) -> Option<&(String, String)> {
        self.link.as_ref().filter(|(_, to)| is_web_address(to) || crate::prose::is_link(to))
    }
}

impl BillingUsage {
    fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.used > limit)
    }

    fn is_full(&self) -> bool {
        self.limit.is_some_and(|limit| limit > 0 && self.used >= limit)
    }

    fn shown(&self) -> i64 {
        self.limit.map_or(self.used, |limit| self.used.min(limit))
    }

    fn words(&self) -> String {
        match self.limit {
            Some(0) if self.used == 0 => "not in your plan".to_owned(),
            Some(limit) => format!("{} of {}", grouped(self.used), grouped(limit)),
            None => format!("{} used, no limit", grouped(self.used)),
        }
    }

    fn excess(&self) -> String {
        grouped(self.limit.map_or(0, |limit| self.used.saturating_sub(limit)))
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

/// A number with separators: `12,345`.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("{}{}", if number < 0 { "-" } else { "" }, groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn usage_is_shown_with_its_limit() {
        let usage = |used, limit| BillingUsage { name: String::new(), used, limit, resets_on: None };
        assert_eq!(usage(0, Some(0)).words(), "not in your plan");
        assert_eq!(usage(1_200, Some(500)).words(), "1,200 of 500");
        assert_eq!((usage(1_200, Some(500)).is_over(), usage(500, Some(500)).is_over()), (true, false));
        assert_eq!(usage(3, None).words(), "3 used, no limit");
    }
}
