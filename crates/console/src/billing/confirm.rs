//! `/billing/change` and `/billing/cancel`: the pages that ask for confirmation.

use askama::Template;

use crate::Shell;

/// Asks for confirmation before a plan or subscription changes.
#[derive(Clone, Debug, Template)]
#[template(path = "billing_confirm.html")]
pub struct BillingConfirmPage {
    /// The frame of the page.
    pub shell: Shell,
    /// Title: `Change to Pro?`
    pub title: String,
    /// The consequences, one sentence each.
    pub sentences: Vec<String>,
    /// The costs; empty when the change costs nothing.
    pub costs: Vec<BillingCost>,
    /// Why the change is not possible; none when it is.
    pub trouble: Option<String>,
    /// Path of the form on this site; none when there is nothing to confirm.
    pub action: Option<String>,
    /// Hidden fields of the form: name and value.
    pub fields: Vec<(String, String)>,
    /// Label of the button.
    pub button: String,
    /// Whether the button ends something, so that it is shown as a warning.
    pub grave: bool,
    /// A second button of the same form: the field and value that it sends, and its label. None for no second button.
    pub other: Option<(String, String, String)>,
    /// Path of the link that goes back without a change.
    pub back: String,
}

/// A line of the costs.
#[derive(Clone, Debug)]
pub struct BillingCost {
    /// What the amount is for: `Now`.
    pub what: String,
    /// Amount: `$35.42`.
    pub amount: String,
    /// Note below the line: `every month, next on 1 December 2026`; may be empty.
    pub note: String,
}

impl BillingConfirmPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
