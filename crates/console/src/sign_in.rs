//! `/sign-in`: with a password, a link or a code from a mail, or by another provider.

use std::fmt::Write;

use askama::Template;
use freehold_core::percent_encode;

use crate::{Shell, form_policy::form_policy};

/// The sign-in page. `POST /sign-in/password` takes `email` and `password`; `POST /sign-in` sends a mail to `email`,
/// and `POST /sign-in/code` takes `email` and `code`; `GET /sign-in/with` redirects to a provider. All of them pass on
/// [`Carried`].
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The sign-in methods offered.
    pub ways: SignInWays,
    /// Step of the sign-in.
    pub step: SignInStep,
    /// E-mail address entered so far; empty at first.
    pub email: String,
    /// Values that every page of the sign-in passes on.
    pub carried: Carried,
    /// Why the last try failed, one sentence; none before the first: `The code is wrong or has expired.`
    pub error: Option<String>,
}

/// The sign-in methods offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignInWays {
    /// Whether users can sign in with a password.
    pub password: bool,
    /// Whether users can sign in with a link or code by mail.
    pub mail: bool,
    /// Whether new users may sign up.
    pub sign_up: bool,
    /// External identity providers.
    pub providers: Vec<ProviderButton>,
}

/// An external identity provider to sign in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderButton {
    /// Name in addresses: `google`. Lower-case letters, digits and `-_:`.
    pub name: String,
    /// Name on the button: `Google`.
    pub label: String,
}

/// Values that the forms and links of a sign-in pass from page to page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Where the browser goes after sign-in; none for the default page.
    pub redirect_to: Option<String>,
    /// Id of the organization whose users are searched, when each organization has its own users; none otherwise.
    pub organization: Option<String>,
}

/// Step of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInStep {
    /// Asks for the e-mail address.
    AskAddress,
    /// A mail was sent; asks for its code.
    CheckMail {
        /// Whether the mail is shown at `/dev/mail`.
        local_mailbox: bool,
        /// Purpose of the mail.
        purpose: MailPurpose,
    },
}

/// Purpose of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailPurpose {
    /// To sign in.
    SignIn,
    /// To confirm the address of a sign-up.
    SignUp,
    /// To choose a new password.
    Recovery,
}

impl MailPurpose {
    /// Value of the field `type` in the form of the code.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "email",
            Self::SignUp => "signup",
            Self::Recovery => "recovery",
        }
    }

    /// The purpose of a `type`; sign-in for an unknown one.
    pub fn of(name: Option<&str>) -> Self {
        match name {
            Some("signup") => Self::SignUp,
            Some("recovery") => Self::Recovery,
            _ => Self::SignIn,
        }
    }

    fn sent(self) -> &'static str {
        match self {
            Self::SignIn | Self::SignUp => "We sent a link and a code to",
            Self::Recovery => "If there is an account with this address, we sent a link and a code to",
        }
    }

    fn button(self) -> &'static str {
        match self {
            Self::SignIn => "Sign in",
            Self::SignUp => "Confirm and continue",
            Self::Recovery => "Continue",
        }
    }

    /// Path that sends another mail.
    fn again(self) -> &'static str {
        match self {
            Self::SignIn => "/sign-in",
            Self::SignUp => "/sign-up/again",
            Self::Recovery => "/sign-in/forgot",
        }
    }
}

impl SignInPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The content security policy of this page: its forms redirect to `redirect_to`. `site_url` is this site.
    pub fn content_security_policy(&self, site_url: &str) -> String {
        form_policy(self.carried.redirect_to.as_deref(), site_url)
    }

    fn provider_link(&self, provider: &ProviderButton) -> String {
        self.carried.link(&format!("/sign-in/with?provider={}", percent_encode(&provider.name)))
    }
}

impl Carried {
    /// A path of this site with all values in its query, for links.
    pub fn link(&self, path: &str) -> String {
        let pairs = [("redirect_to", &self.redirect_to), ("organization", &self.organization)];
        let mut link = path.to_owned();
        for (name, value) in pairs {
            if let Some(value) = value {
                let joint = if link.contains('?') { '&' } else { '?' };
                // Writing to a String cannot fail.
                let _ = write!(link, "{joint}{name}={}", percent_encode(value));
            }
        }
        link
    }

    /// A path of this site for a form, which has the other values in its fields.
    pub fn action(&self, path: &str) -> String {
        Self { redirect_to: None, organization: self.organization.clone() }.link(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_carried_is_in_links_and_in_forms() {
        let nothing = Carried::default();
        assert_eq!((nothing.link("/sign-up"), nothing.action("/sign-in")), ("/sign-up".into(), "/sign-in".into()));
        let all = Carried { redirect_to: Some("https://a/b?c=d&e".into()), organization: Some("7".into()) };
        assert_eq!(all.link("/x?y=z"), "/x?y=z&redirect_to=https%3A%2F%2Fa%2Fb%3Fc%3Dd%26e&organization=7");
        assert_eq!(all.action("/x"), "/x?organization=7");
    }

    #[test]
    fn purposes_have_names() {
        for purpose in [MailPurpose::SignIn, MailPurpose::SignUp, MailPurpose::Recovery] {
            assert_eq!(MailPurpose::of(Some(purpose.name())), purpose);
        }
        assert_eq!(MailPurpose::of(Some("<script>")), MailPurpose::SignIn);
    }
}
