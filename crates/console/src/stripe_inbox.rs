//! `/dev/billing`: the events from Stripe, for operators.

use askama::Template;

use freehold_pages::times;

use crate::Shell;

/// The list of events from Stripe.
#[derive(Clone, Debug, Template)]
#[template(path = "stripe_inbox.html")]
pub struct StripeInboxPage {
    /// The frame of the page.
    pub shell: Shell,
    /// State of the events shown; none for all.
    pub state: Option<String>,
    /// The events, the newest first.
    pub events: Vec<StripeEventLine>,
    /// Number before which the next page begins; none on the last page.
    pub next: Option<i64>,
    /// Whether billing is switched off.
    pub off: bool,
}

/// An event in the list.
#[derive(Clone, Debug)]
pub struct StripeEventLine {
    /// Id of the event: `evt_…`.
    pub id: String,
    /// Type of the event: `customer.subscription.updated`.
    pub kind: String,
    /// State: `waiting`, `done`, `ignored` or `failed`.
    pub state: String,
    /// When the event was first received: RFC 3339, UTC.
    pub received_at: String,
    /// How often the event was received.
    pub times: i32,
    /// Customer at Stripe: `cus_…`; none for events without one.
    pub customer: Option<String>,
}

/// One event.
#[derive(Clone, Debug, Template)]
#[template(path = "stripe_event.html")]
pub struct StripeEventPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The event, as it is stored.
    pub event: StripeEventLine,
    /// When Stripe created the event: RFC 3339, UTC.
    pub created_at: String,
    /// When the event was processed: RFC 3339, UTC; none before that.
    pub processed_at: Option<String>,
    /// Why the event is in its state; none when there is nothing to say.
    pub note: Option<String>,
    /// Object of the event: `sub_…`; none for events without one.
    pub object: Option<String>,
    /// Id of the organization; none when the customer belongs to none.
    pub tenant: Option<String>,
    /// The event as JSON.
    pub payload: String,
    /// Whether the user has just replayed the event.
    pub replayed: bool,
}

/// The billing account of an organization.
#[derive(Clone, Debug, Template)]
#[template(path = "stripe_account.html")]
pub struct StripeAccountPage {
    /// The frame of the page.
    pub shell: Shell,
    /// Id of the organization.
    pub tenant: String,
    /// Facts about the account, each a name and a value.
    pub facts: Vec<(String, String)>,
}

impl StripeInboxPage {
    /// The states and their labels; the first entry stands for all states.
    const STATES: [(&'static str, &'static str); 5] =
        [("", "All"), ("waiting", "Waiting"), ("failed", "Failed"), ("ignored", "Ignored"), ("done", "Done")];

    /// Renders the page as HTML.
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
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}

impl StripeAccountPage {
    /// Renders the page as HTML.
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
