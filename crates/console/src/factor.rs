//! The second step of a sign-in, for users with a second factor.

use askama::Template;

use crate::{Carried, Shell, form_policy::form_policy};

/// Asks for a code. `POST /sign-in/factor` takes `code` or `recovery_code`, and the `ticket` of the first step.
#[derive(Clone, Debug, Template)]
#[template(path = "factor.html")]
pub struct FactorPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The session of the first step, sealed.
    pub ticket: String,
    /// Whether the user has an authenticator app.
    pub app: bool,
    /// Whether the user has recovery codes.
    pub recovery: bool,
    /// Values that every page of the sign-in passes on.
    pub carried: Carried,
    /// Why the last try failed, one sentence; none before the first.
    pub error: Option<String>,
}

impl FactorPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The content security policy of this page. `site_url` is this site.
    pub fn content_security_policy(&self, site_url: &str) -> String {
        form_policy(self.carried.redirect_to.as_deref(), site_url)
    }
}
