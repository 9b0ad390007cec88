//! The page on which an operator enters the token of a session in an organization.

use askama::Template;

use crate::Shell;

/// Asks an operator for the token of a session in an organization.
#[derive(Clone, Debug, Template)]
#[template(path = "impersonation.html")]
pub struct ImpersonationPage {
    /// The frame of the page.
    pub shell: Shell,
    /// What was wrong with the last token; empty for nothing.
    pub error: String,
}

impl ImpersonationPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
