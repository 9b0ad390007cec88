//! `/`: the product and, on a local installation, how the server is set up.

use askama::Template;

use crate::{
    Shell,
    prose::{Block, Prose, Span},
};

/// The first page of a server.
#[derive(Clone, Debug, Template)]
#[template(path = "home.html")]
pub struct HomePage {
    /// The frame of the page.
    pub shell: Shell,
    /// What the product does, one sentence: `AI voice agents that answer and make your calls.`
    pub description: String,
    /// The services that the server uses, the most important first. Empty for visitors of a deployment.
    pub parts: Vec<Part>,
    /// Steps to try, in this order. Empty for visitors of a deployment.
    pub steps: Vec<Step>,
    /// Whether the visitor may read the mails at `/dev/mail`.
    pub local_mailbox: bool,
    /// Whether users sign in on this server's pages.
    pub sign_in: bool,
}

/// A service that the server uses.
#[derive(Clone, Debug)]
pub struct Part {
    /// Name of the service: `Database`.
    pub name: String,
    /// What the server uses now, one line with `code` and links: ``Local Postgres in `.freehold` ``.
    pub now: String,
    /// Whether the real service is connected.
    pub standing: Standing,
    /// The setting that connects the real service: `DATABASE_URL`; none when there is nothing to set.
    pub setting: Option<String>,
}

/// Whether a service is the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The real service is connected.
    Connected,
    /// A local replacement is used.
    StandIn,
    /// The service is missing, and features that need it do not work.
    Missing,
}

/// A step to try.
#[derive(Clone, Debug)]
pub struct Step {
    /// Title: `Sign up`.
    pub title: String,
    /// What the step does, with `code` and links.
    pub text: String,
    /// Command to paste into a terminal; none for steps without one.
    pub command: Option<String>,
}

impl HomePage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}

impl HomePage {
    /// Whether the page shows how the server is set up.
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
