//! `/sign-up`: creates an account with a password.

use askama::Template;

use crate::{Carried, Shell, form_policy::form_policy};

/// The sign-up page. `POST /sign-up` takes `email` and `password`.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_up.html")]
pub struct SignUpPage {
    /// The frame of the page.
    pub shell: Shell,
    /// Whether sign-up is closed; the page then has no form.
    pub closed: bool,
    /// E-mail address entered so far.
    pub email: String,
    /// Minimum length of a password, in characters.
    pub min_length: usize,
    /// Values that every page of the sign-in passes on.
    pub carried: Carried,
    /// Why the last try failed, one sentence; none before the first.
    pub error: Option<String>,
}

impl SignUpPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The content security policy of this page. `site_url` is this site.
    pub fn content_security_policy(&self, site_url: &str) -> String {
        form_policy(self.carried.redirect_to.as_deref(), site_url)
    }
}
