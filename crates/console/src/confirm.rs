//! `GET /auth/v1/verify`: the page that a link in a mail opens.

use askama::Template;

use crate::{Shell, form_policy::form_policy};

/// Asks for a click before the link is used, because programs that check mails open every link.
#[derive(Clone, Debug, Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    /// The frame of the page.
    pub shell: Shell,
    /// E-mail address of the user. The page shows `a…@example.org`, so that the reader of a forwarded mail does not
    /// learn it.
    pub email: String,
    /// Purpose of the link.
    pub purpose: Purpose,
    /// Token of the link, posted as `token`.
    pub token: String,
    /// The `type` of the link, posted as `type`.
    pub kind: String,
    /// Where the browser goes afterwards, posted as `redirect_to`; none for the default page.
    pub redirect_to: Option<String>,
}

/// Purpose of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `signup`: confirms the address of a new user.
    SignUp,
    /// `invite`: confirms the address of an invited user.
    Invitation,
    /// `magiclink`: signs a user in.
    SignIn,
    /// `recovery`: signs a user in to choose a new password.
    Recovery,
    /// `email_change`: confirms a change of address.
    ChangeAddress,
}

impl Purpose {
    /// The purpose of a link's `type`; an unknown type means sign-in.
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
            Self::Recovery => "Choose a new password",
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
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The content security policy of this page: its form redirects to `redirect_to`, which the caller has checked.
    /// `site_url` is this site.
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
