//! `/invitation`: shows an invitation and lets the invited user accept it.

use askama::Template;

use crate::{Carried, Shell};

/// An invitation. `POST /invitation` takes `invitation` and the `token` of the form.
#[derive(Clone, Debug, Template)]
#[template(path = "invitation.html")]
pub struct InvitationPage {
    /// The frame of the page.
    pub shell: Shell,
    /// State of the invitation.
    pub state: InvitationState,
    /// Why accepting it failed, one sentence; none before the first try.
    pub error: Option<String>,
}

/// State of an invitation for the visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitationState {
    /// It was revoked, has expired, was accepted or never existed; the page does not say which.
    Gone,
    /// It can be accepted.
    Open {
        /// Content of the invitation.
        offer: InvitationOffer,
        /// The visitor who opened the invitation's link.
        reader: InvitationReader,
    },
    /// The visitor has just accepted it.
    Joined {
        /// Name of the organization.
        organization: String,
    },
}

/// Content of an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationOffer {
    /// Name of the organization.
    pub organization: String,
    /// E-mail address of the member who invites; none when there is none, such as for an API key.
    pub invited_by: Option<String>,
    /// Offered role: `viewer`, `member`, `admin`, `owner` or the name of a custom role.
    pub role: String,
    /// The invited address. The page shows `a…@example.org`, so that the reader of a forwarded mail does not learn it.
    pub email: String,
    /// Last day of the invitation: `21 November 2026`.
    pub until: String,
}

/// The visitor who opens an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitationReader {
    /// A visitor who is not signed in.
    SignedOut {
        /// Values for sign-in and sign-up that lead back here.
        carried: Carried,
        /// Whether new users may sign up.
        sign_up: bool,
    },
    /// The invited user.
    Invited {
        /// E-mail address of the user.
        email: String,
        /// Token of the invitation.
        invitation: String,
        /// Token of the user's forms.
        token: String,
    },
    /// A user who is not the invited one.
    Other {
        /// E-mail address of the user; may be empty.
        email: String,
        /// Values for sign-in that lead back here.
        carried: Carried,
    },
}

impl InvitationPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}

impl InvitationOffer {
    fn masked_email(&self) -> String {
        match self.email.rsplit_once('@') {
            Some((local, domain)) => format!("{}…@{domain}", local.chars().next().unwrap_or_default()),
            None => "…".to_owned(),
        }
    }

    /// Role with its article: `a member`, `an admin`.
    fn as_what(&self) -> String {
        let article = if self.role.to_lowercase().starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        format!("{article} {}", self.role)
    }
}
