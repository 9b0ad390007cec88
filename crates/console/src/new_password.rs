//! A forgotten password, and the one that takes its place.

use askama::Template;

use crate::{Brand, Carried, form_policy::form_policy};

/// `/sign-in/forgot`: asks for the mail. `POST /sign-in/forgot` takes `email`.
#[derive(Clone, Debug, Template)]
#[template(path = "forgot.html")]
pub struct ForgotPage {
    /// Whose page it is.
    pub brand: Brand,
    /// The address typed so far.
    pub email: String,
    /// What goes along.
    pub carried: Carried,
    /// What was wrong with the last try, one sentence.
    pub error: Option<String>,
}

/// What follows the mail's link or code. `POST /sign-in/new-password` takes `password`, with the `ticket` that says who it is.
#[derive(Clone, Debug, Template)]
#[template(path = "new_password.html")]
pub struct NewPasswordPage {
    /// Whose page it is.
    pub brand: Brand,
    /// Whose password it will be.
    pub email: String,
    /// Somebody invited has none yet.
    pub first: bool,
    /// Fewest characters of a password.
    pub min_length: usize,
    /// Who it is, sealed.
    pub ticket: String,
    /// What goes along.
    pub carried: Carried,
    /// What was wrong with the last try, one sentence.
    pub error: Option<String>,
}

impl ForgotPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}

impl NewPasswordPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The policy to serve this page with. `site_url` is ours.
    pub fn content_security_policy(&self, site_url: &str) -> String {
        form_policy(self.carried.redirect_to.as_deref(), site_url)
    }
}
