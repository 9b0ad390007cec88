//! `/sign-up`: somebody new chooses a password.

use askama::Template;

use crate::{Brand, Carried, form_policy::form_policy};

/// Where somebody new makes an account. `POST /sign-up` takes `email` and `password`.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_up.html")]
pub struct SignUpPage {
    /// Whose page it is.
    pub brand: Brand,
    /// Nobody new may sign up: the page says so, and has no form.
    pub closed: bool,
    /// The address typed so far.
    pub email: String,
    /// Fewest characters of a password.
    pub min_length: usize,
    /// What goes along.
    pub carried: Carried,
    /// What was wrong with the last try, one sentence.
    pub error: Option<String>,
}

impl SignUpPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The policy to serve this page with. `site_url` is ours.
    pub fn content_security_policy(&self, site_url: &str) -> String {
        form_policy(self.carried.redirect_to.as_deref(), site_url)
    }
}
