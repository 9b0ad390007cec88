//! `/billing`: what an organization pays, and how that is changed.

mod confirm;
mod leave;
mod plan;

use askama::Template;
pub use confirm::{BillingConfirmPage, BillingCost};
pub use leave::BillingLeavePage;
pub use plan::{BillingButton, BillingPlan, PayBy};

use crate::{Brand, PlanPrice, prose::is_web_address};

/// What an organization pays.
#[derive(Clone, Debug, Template)]
#[template(path = "billing.html")]
pub struct BillingPage {
    /// Whose page it is.
    pub brand: Brand,
    /// The reader.
    pub email: String,
    /// What he sends with a form; see `Visitor::form_token`.
    pub token: String,
    /// The organizations he belongs to, the shown one among them.
    pub organizations: Vec<BillingOrganization>,
    /// What is said first.
    pub content: BillingContent,
}

/// One of the reader's organizations.
#[derive(Clone, Debug)]
pub struct BillingOrganization {
    /// Its id, for `?organization=`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is the one that is shown.
    pub shown: bool,
}

/// What there is to show.
#[derive(Clone, Debug)]
pub enum BillingContent {
    /// Billing is switched off here.
    Off,
    /// The reader belongs to no organization.
    Nowhere,
    /// An organization's account.
    Account(Box<BillingAccount>),
}

/// An organization's account.
#[derive(Clone, Debug)]
pub struct BillingAccount {
    /// Where it stands, in a sentence: `Riverside Dental is on the plan Pro, paid by the month.`
    pub sentence: String,
    /// What just happened, or goes wrong.
    pub banners: Vec<BillingBanner>,
    /// Whether the reader may change any of it.
    pub may_change: bool,
    /// What is used, a line each.
    pub usage: Vec<BillingUsage>,
    /// The plans.
    pub plans: Vec<BillingPlan>,
    /// By which interval the prices are shown; none: no plan has a price by the year.
    pub pay_by: Option<PayBy>,
    /// Whether what is paid can be cancelled.
    pub can_cancel: bool,
    /// Whether a cancellation can be taken back.
    pub can_resume: bool,
    /// Whether there is somebody at Stripe whose card and invoices can be looked after.
    pub has_portal: bool,
    /// The next payment; none: there is none, or the reader may not see it.
    pub next_payment: Option<BillingNextPayment>,
    /// The invoices, the newest first; none: the reader may not see them.
    pub invoices: Option<Vec<BillingInvoice>>,
    /// Load the page again after so many seconds, at this place of ours: something is still on its way.
    pub again: Option<(u32, String)>,
}

/// Something the reader should know first.
#[derive(Clone, Debug)]
pub struct BillingBanner {
    /// How bad it is.
    pub tone: BillingTone,
    /// A few words.
    pub title: String,
    /// A sentence or two.
    pub text: String,
    /// A way out: its words, and where it leads.
    pub link: Option<(String, String)>,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillingTone {
    /// Not at all.
    Good,
    /// Something is to be done.
    Warn,
    /// Something does not work.
    Bad,
}

/// What is used of a meter.
#[derive(Clone, Debug)]
pub struct BillingUsage {
    /// Its name: `calls`.
    pub name: String,
    /// How much is used.
    pub used: i64,
    /// What the plan has; none: no end.
    pub limit: Option<i64>,
    /// When it counts from zero again: `1 December`.
    pub again_on: Option<String>,
}

/// What is paid next.
#[derive(Clone, Debug)]
pub struct BillingNextPayment {
    /// When: `21 December 2026`.
    pub date: String,
    /// What it adds up to before it is paid, a name and an amount each: `Subtotal`, discounts, `Tax`.
    pub parts: Vec<(String, String)>,
    /// What is paid, after discounts and with tax: `$29`.
    pub total: String,
}

/// An invoice.
#[derive(Clone, Debug)]
pub struct BillingInvoice {
    /// Its number: `F00D-0001`.
    pub number: String,
    /// When it was made: `21 November 2026`.
    pub date: String,
    /// What it is over, after discounts and with tax: `$29`.
    pub amount: String,
    /// Discount and tax, where there are any: `Spring (20% off), $4.63 tax`.
    pub details: String,
    /// `paid`, `open`, `void`, `uncollectible` or `draft`.
    pub status: String,
    /// Where it can be looked at and paid.
    pub page: Option<String>,
    /// The same on paper.
    pub pdf: Option<String>,
}

impl BillingPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The organization that is shown.
    fn shown(&self) -> &str {
        self.organizations.iter().find(|each| each.shown).map_or("", |each| each.id.as_str())
    }

    /// Whether there is a choice.
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

    /// The link, where it leads to a page.
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

/// `12,345`.
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
    fn what_is_used_is_said_with_what_there_is() {
        let usage = |used, limit| BillingUsage { name: String::new(), used, limit, again_on: None };
        assert_eq!(usage(0, Some(0)).words(), "not in your plan");
        assert_eq!(usage(1_200, Some(500)).words(), "1,200 of 500");
        assert_eq!((usage(1_200, Some(500)).is_over(), usage(500, Some(500)).is_over()), (true, false));
        assert_eq!(usage(3, None).words(), "3 used, no limit");
    }
}
