//! `/billing/change` and `/billing/cancel`: what it means, before it is done.

use askama::Template;

use crate::Brand;

/// Asks before something changes what is paid.
#[derive(Clone, Debug, Template)]
#[template(path = "billing_confirm.html")]
pub struct BillingConfirmPage {
    /// Whose page it is.
    pub brand: Brand,
    /// What it is about: `Change to Pro?`
    pub title: String,
    /// What happens, a sentence each.
    pub sentences: Vec<String>,
    /// What it costs; empty: nothing is to be paid for it.
    pub costs: Vec<BillingCost>,
    /// Why it cannot be done, where that is known.
    pub trouble: Option<String>,
    /// Where the form goes, on this site; none: there is nothing to confirm.
    pub action: Option<String>,
    /// What the form carries: name and value.
    pub fields: Vec<(String, String)>,
    /// What stands on the button.
    pub button: String,
    /// Whether it takes something away.
    pub grave: bool,
    /// A second, smaller button of the same form, with the name and the value that it sends: `Cancel now`.
    pub other: Option<(String, String, String)>,
    /// Where whoever turns back is led.
    pub back: String,
}

/// A line of what it costs.
#[derive(Clone, Debug)]
pub struct BillingCost {
    /// What for: `Now`.
    pub what: String,
    /// How much: `$35.42`.
    pub amount: String,
    /// More about it: `for the days that are left until 1 December`.
    pub note: String,
}

impl BillingConfirmPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
