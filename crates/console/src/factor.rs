//! The second step of a sign-in, for who has a second factor.

use askama::Template;

use crate::{Brand, Carried, form_policy::form_policy};

/// Asks for a code. `POST /sign-in/factor` takes `code` or `recovery_code`, with the `ticket` that says who has come so far.
#[derive(Clone, Debug, Template)]
#[template(path = "factor.html")]
pub struct FactorPage {
    /// Whose page it is.
    pub brand: Brand,
    /// Who has come so far, sealed.
    pub ticket: String,
    /// He has an authenticator app.
    pub app: bool,
    /// He has recovery codes.
    pub recovery: bool,
    /// What goes along.
    pub carried: Carried,
    /// What was wrong with the last try, one sentence.
    pub error: Option<String>,
}

impl FactorPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The policy to serve this page with. `site_url` is ours.
    pub fn content_security_policy(&self, site_url: &str) -> String {
        form_policy(self.carried.redirect_to.as_deref(), site_url)
    }
}
