//! `GET /auth/v1/verify`: the page a link in a mail leads to.

use askama::Template;

use crate::{Brand, form_policy::form_policy};

/// Asks once more before the link is used up, because programs that check mails follow every link in them.
#[derive(Clone, Debug, Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    /// Whose page it is.
    pub brand: Brand,
    /// Whose link it is. The page shows `a…@example.org`: who holds a forwarded mail need not learn the address.
    pub email: String,
    /// What the link is for.
    pub purpose: Purpose,
    /// The link's token, posted as `token`.
    pub token: String,
    /// The link's `type` as it was given, posted as `type`.
    pub kind: String,
    /// Where to go afterwards, posted as `redirect_to`.
    pub redirect_to: Option<String>,
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `signup`: an address is confirmed for the first time.
    SignUp,
    /// `invite`: the same, of somebody invited.
    Invitation,
    /// `magiclink`: somebody known comes in.
    SignIn,
    /// `recovery`: somebody known comes in to choose a new password.
    Recovery,
    /// `email_change`: an account gets a new address.
    ChangeAddress,
}

impl Purpose {
    /// The purpose of a link's `type`; an unknown one is for signing in.
    pub fn of(kind: &str) -> Self {
        match kind {
            "signup" => Self::SignUp,
            "invite" => Self::Invitation,
            "recovery" => Self::Recovery,
            "email_change" => Self::ChangeAddress,
            _ => Self::SignIn,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::SignUp => "Confirm your address",
            Self::Invitation => "Accept the invitation",
            Self::SignIn => "Continue signing in",
            Self::Recovery => "Continue to a new password",
            Self::ChangeAddress => "Confirm the change",
        }
    }

    fn question(self) -> &'static str {
        match self {
            Self::SignUp => "Finish signing up as",
            Self::Invitation => "Accept the invitation as",
            Self::SignIn => "Continue signing in as",
            Self::Recovery => "Choose a new password for",
            Self::ChangeAddress => "Confirm the change of address for",
        }
    }

    fn button(self) -> &'static str {
        match self {
            Self::SignUp => "Confirm and continue",
            Self::Invitation => "Accept",
            Self::SignIn | Self::Recovery => "Continue",
            Self::ChangeAddress => "Confirm",
        }
    }
}

impl ConfirmPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The policy to serve this page with: its form leads on to `redirect_to`, which the caller has checked. `site_url` is ours.
    pub fn content_security_policy(&self, site_url: &str) -> String {
        form_policy(self.redirect_to.as_deref(), site_url)
    }

    fn masked_email(&self) -> String {
        match self.email.rsplit_once('@') {
            Some((local, domain)) => format!("{}…@{domain}", local.chars().next().unwrap_or_default()),
            None => "…".to_owned(),
        }
    }
}
