//! `/invitation`: who is invited decides whether to come.

use askama::Template;

use crate::{Brand, Carried};

/// What an invitation offers to its reader. `POST /invitation` takes `invitation` and the `token` of the form.
#[derive(Clone, Debug, Template)]
#[template(path = "invitation.html")]
pub struct InvitationPage {
    /// Whose page it is.
    pub brand: Brand,
    /// How it stands.
    pub state: InvitationState,
    /// What went wrong a moment ago, one sentence.
    pub error: Option<String>,
}

/// How an invitation stands with its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitationState {
    /// It was taken back, is too old, was accepted, or there never was one; which of these is not told.
    Gone,
    /// It is open.
    Open {
        /// What it offers.
        offer: InvitationOffer,
        /// Who reads.
        reader: InvitationReader,
    },
    /// It was accepted just now.
    Joined {
        /// The organization.
        organization: String,
    },
}

/// What an invitation offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationOffer {
    /// The organization that invites.
    pub organization: String,
    /// Who invites, where it is a person: an address.
    pub invited_by: Option<String>,
    /// `viewer`, `member`, `admin` or `owner`.
    pub role: String,
    /// The invited address. Shown as `a…@example.org`: who holds a forwarded mail need not learn it.
    pub email: String,
    /// Until when it holds: `21 November 2026`.
    pub until: String,
}

/// Who reads an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitationReader {
    /// Nobody who signed in.
    Nobody {
        /// What sign-in and sign-up carry to come back here.
        carried: Carried,
        /// Somebody new may make an account.
        sign_up: bool,
    },
    /// Who is invited.
    Invited {
        /// The address he signed in with.
        email: String,
        /// The invitation's own token.
        invitation: String,
        /// The token of his forms.
        token: String,
    },
    /// Somebody else.
    Other {
        /// The address he signed in with; may be empty.
        email: String,
        /// What sign-in carries to come back here.
        carried: Carried,
    },
}

impl InvitationPage {
    /// The page.
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

    /// `a member`, `an admin`.
    fn as_what(&self) -> String {
        let article = if self.role.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        format!("{article} {}", self.role)
    }
}
