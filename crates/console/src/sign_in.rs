//! `/sign-in`: with a password, a link or a code from a mail, or by another provider.

use std::fmt::Write;

use askama::Template;
use freehold_core::percent_encode;

use crate::{Brand, form_policy::form_policy};

/// Where somebody signs in. `POST /sign-in/password` takes `email` and `password`; `POST /sign-in` sends a mail to `email`,
/// and `POST /sign-in/code` takes `email` and `code`; `GET /sign-in/with` leads to a provider. All carry [`Carried`] along.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    /// Whose page it is.
    pub brand: Brand,
    /// The ways in that are offered.
    pub ways: SignInWays,
    /// How far they are.
    pub step: SignInStep,
    /// The address typed so far; may be empty while asking.
    pub email: String,
    /// What goes along.
    pub carried: Carried,
    /// What was wrong with the last try, one sentence: `That code is not right, or it is too old.`
    pub error: Option<String>,
}

/// The ways in that are offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignInWays {
    /// By password.
    pub password: bool,
    /// By a link or code sent by mail.
    pub mail: bool,
    /// Somebody new may make an account.
    pub sign_up: bool,
    /// By other providers.
    pub providers: Vec<ProviderButton>,
}

/// A provider to sign in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderButton {
    /// What the address says: `google`. Lower-case letters, digits and `-_:`.
    pub name: String,
    /// What people read: `Google`.
    pub label: String,
}

/// What the forms and links of a sign-in carry from page to page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Where to go afterwards.
    pub redirect_to: Option<String>,
    /// Whose people the address is looked for among, where each organization has people of its own: its id.
    pub organization: Option<String>,
}

/// How far a sign-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInStep {
    /// The address is still to be typed.
    AskAddress,
    /// A mail is on its way.
    CheckMail {
        /// Whether it ends in the mailbox at `/dev/mail`.
        local_mailbox: bool,
        /// What it is for.
        purpose: MailPurpose,
    },
}

/// What a mail that is on its way is for.
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
    /// What the form of the code says: `type`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "email",
            Self::SignUp => "signup",
            Self::Recovery => "recovery",
        }
    }

    /// The purpose of this name; of another: to sign in.
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
            Self::SignUp => "Confirm and go on",
            Self::Recovery => "Go on to a new password",
        }
    }

    /// Where another mail is asked for.
    fn again(self) -> &'static str {
        match self {
            Self::SignIn => "/sign-in",
            Self::SignUp => "/sign-up/again",
            Self::Recovery => "/sign-in/forgot",
        }
    }
}

impl SignInPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The policy to serve this page with: its forms lead on to where the reader wants to go in the end. `site_url` is ours.
    pub fn content_security_policy(&self, site_url: &str) -> String {
        form_policy(self.carried.redirect_to.as_deref(), site_url)
    }

    fn provider_link(&self, provider: &ProviderButton) -> String {
        self.carried.link(&format!("/sign-in/with?provider={}", percent_encode(&provider.name)))
    }
}

impl Carried {
    /// An address of ours with what is carried in its query: for links.
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

    /// An address of ours for a form, which carries the rest in its fields.
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
