//! `/dev/billing`: what Stripe told, for whoever operates the server.

use askama::Template;

use crate::{Brand, times};

/// The inbox.
#[derive(Clone, Debug, Template)]
#[template(path = "stripe_inbox.html")]
pub struct StripeInboxPage {
    /// Whose page it is.
    pub brand: Brand,
    /// Of which state the events are; none: of all.
    pub state: Option<String>,
    /// The newest first.
    pub events: Vec<StripeEventLine>,
    /// The number before which the next page begins.
    pub next: Option<i64>,
    /// Whether billing is switched off.
    pub off: bool,
}

/// An event in the inbox.
#[derive(Clone, Debug)]
pub struct StripeEventLine {
    /// `evt_…`
    pub id: String,
    /// `customer.subscription.updated`
    pub kind: String,
    /// `waiting`, `done`, `ignored` or `failed`.
    pub state: String,
    /// When it first came: RFC 3339, UTC.
    pub received_at: String,
    /// How often it came.
    pub times: i32,
    /// Whom it is about: `cus_…`.
    pub customer: Option<String>,
}

/// One event.
#[derive(Clone, Debug, Template)]
#[template(path = "stripe_event.html")]
pub struct StripeEventPage {
    /// Whose page it is.
    pub brand: Brand,
    /// The event.
    pub event: StripeEventLine,
    /// When it happened, by Stripe: RFC 3339, UTC.
    pub created_at: String,
    /// When it was dealt with.
    pub processed_at: Option<String>,
    /// Why it is in its state.
    pub note: Option<String>,
    /// What it is about: `sub_…`.
    pub object: Option<String>,
    /// Whose customer it is: an organization's id.
    pub tenant: Option<String>,
    /// What came, as JSON.
    pub payload: String,
    /// It was dealt with once more a moment ago.
    pub replayed: bool,
}

/// What is known of an organization's account.
#[derive(Clone, Debug, Template)]
#[template(path = "stripe_account.html")]
pub struct StripeAccountPage {
    /// Whose page it is.
    pub brand: Brand,
    /// The organization's id.
    pub tenant: String,
    /// What is known: a name and a value each.
    pub facts: Vec<(String, String)>,
}

impl StripeInboxPage {
    /// The states there are, with the words for them; the first stands for all.
    const STATES: [(&'static str, &'static str); 5] =
        [("", "All"), ("waiting", "Waiting"), ("failed", "Failed"), ("ignored", "Ignored"), ("done", "Done")];

    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    fn is_shown(&self, state: &str) -> bool {
        self.state.as_deref().unwrap_or_default() == state
    }

    fn chosen(&self) -> &str {
        self.state.as_deref().unwrap_or_default()
    }
}

impl StripeEventPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}

impl StripeAccountPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}

impl StripeEventLine {
    fn tag(&self) -> &'static str {
        match self.state.as_str() {
            "done" => "tag good",
            "waiting" => "tag warn",
            "failed" => "tag bad",
            _ => "tag",
        }
    }

    fn received(&self) -> String {
        times::minute(&self.received_at)
    }
}
