//! On the way to a page of Stripe's. A page of our own stands between, because browsers do not let a form of ours be answered
//! by another site, and that is how it should be.

use askama::Template;

use crate::{Brand, prose::is_web_address};

/// Leads on to another site at once.
#[derive(Clone, Debug, Template)]
#[template(path = "billing_leave.html")]
pub struct BillingLeavePage {
    /// Whose page it is.
    pub brand: Brand,
    /// What opens: `The payment page opens`.
    pub title: String,
    /// Where it is.
    pub to: String,
}

impl BillingLeavePage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    fn followed(&self) -> Option<&str> {
        Some(self.to.as_str()).filter(|to| is_web_address(to))
    }
}
