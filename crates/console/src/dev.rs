//! `/dev`: how a local installation is set up, and what to try first; for developers at this machine.

use askama::Template;

use crate::{
    Shell,
    prose::{Block, Prose, Span},
};

/// The developers' page.
#[derive(Clone, Debug, Template)]
#[template(path = "dev.html")]
pub struct DevPage {
    /// The frame of the page.
    pub shell: Shell,
    /// What the product does, one sentence: `AI voice agents that answer and make your calls.`
    pub description: String,
    /// The services that the server uses, the most important first.
    pub parts: Vec<Part>,
    /// Steps to try, in this order.
    pub steps: Vec<Step>,
    /// Whether the visitor may read the mails at `/dev/mail`.
    pub local_mailbox: bool,
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

impl DevPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
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
