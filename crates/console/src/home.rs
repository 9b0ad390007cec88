//! `/`: the product, and on the local whole what is running here.

use askama::Template;

use crate::{
    Brand,
    prose::{Block, Prose, Span},
};

/// The first page of a server.
#[derive(Clone, Debug, Template)]
#[template(path = "home.html")]
pub struct HomePage {
    /// Whose page it is.
    pub brand: Brand,
    /// What the product does, one sentence: `AI voice agents that answer and make your calls.`
    pub description: String,
    /// What the server stands on, most important first. Empty for visitors of a deployment, whom it does not concern.
    pub parts: Vec<Part>,
    /// What to try, in this order. Empty for visitors of a deployment.
    pub steps: Vec<Step>,
    /// Whether mails end in the mailbox at `/dev/mail`, and the visitor may read them there.
    pub local_mailbox: bool,
    /// Whether users sign in on this server's pages.
    pub sign_in: bool,
}

/// Something the server stands on.
#[derive(Clone, Debug)]
pub struct Part {
    /// `Database`.
    pub name: String,
    /// What it is now, one line with `code` and links: ``Local Postgres in `.freehold` ``.
    pub now: String,
    /// Whether it is the real thing.
    pub standing: Standing,
    /// The setting that connects the real thing: `DATABASE_URL`.
    pub setting: Option<String>,
}

/// Whether a part is the real thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Connected,
    /// Something local takes its place.
    StandIn,
    /// It is not there, and what needs it does not work.
    Missing,
}

/// Something to try.
#[derive(Clone, Debug)]
pub struct Step {
    /// `Sign up`.
    pub title: String,
    /// What happens, with `code` and links.
    pub text: String,
    /// What to paste into a terminal.
    pub command: Option<String>,
}

impl HomePage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}

impl HomePage {
    /// Whether the page says how the server is set up.
    fn tells_setup(&self) -> bool {
        !self.parts.is_empty() || !self.steps.is_empty()
    }
}

impl Part {
    fn now(&self) -> Prose {
        Prose::parse(&self.now)
    }
}

impl Step {
    fn text(&self) -> Prose {
        Prose::parse(&self.text)
    }
}
