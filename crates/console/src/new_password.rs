//! The pages to ask for and to choose a new password.

use askama::Template;

use crate::{Carried, Shell, form_policy::form_policy};

/// `/sign-in/forgot`: asks for the address. `POST /sign-in/forgot` takes `email`.
#[derive(Clone, Debug, Template)]
#[template(path = "forgot.html")]
pub struct ForgotPage {
    /// The frame of the page.
    pub shell: Shell,
    /// E-mail address entered so far.
    pub email: String,
    /// Values that every page of the sign-in passes on.
    pub carried: Carried,
    /// Why the last try failed, one sentence; none before the first.
    pub error: Option<String>,
}

/// Asks for the new password after the mail's link or code. `POST /sign-in/new-password` takes `password` and `ticket`.
#[derive(Clone, Debug, Template)]
#[template(path = "new_password.html")]
pub struct NewPasswordPage {
    /// The frame of the page.
    pub shell: Shell,
    /// E-mail address of the user.
    pub email: String,
    /// Whether this is the first password, of an invited user.
    pub first: bool,
    /// Minimum length of a password, in characters.
    pub min_length: usize,
    /// The session of the user, sealed.
    pub ticket: String,
    /// Values that every page of the sign-in passes on.
    pub carried: Carried,
    /// Why the last try failed, one sentence; none before the first.
    pub error: Option<String>,
}

impl ForgotPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}

impl NewPasswordPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The content security policy of this page. `site_url` is this site.
    pub fn content_security_policy(&self, site_url: &str) -> String {
        form_policy(self.carried.redirect_to.as_deref(), site_url)
    }
}
