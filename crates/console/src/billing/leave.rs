//! The page before one of Stripe's pages. Our content security policy does not let a form redirect to another site, so
//! the form answers with this page, which leads there.

use askama::Template;

use crate::{Shell, prose::is_web_address};

/// Redirects to another site at once.
#[derive(Clone, Debug, Template)]
#[template(path = "billing_leave.html")]
pub struct BillingLeavePage {
    /// The frame of the page.
    pub shell: Shell,
    /// Title: `Opening the payment page`.
    pub title: String,
    /// URL of the other page.
    pub to: String,
}

impl BillingLeavePage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    fn followed(&self) -> Option<&str> {
        Some(self.to.as_str()).filter(|to| is_web_address(to))
    }
}
