//! `/home`: the home page of a signed-in user.

use askama::Template;
use freehold_pages::{Banner, Empty, Progress, Shell};

use crate::ActivityLine;

/// The home page of a user in their organization.
#[derive(Clone, Debug, Template)]
#[template(path = "home.html")]
pub struct HomePage {
    /// The frame of the page.
    pub shell: Shell,
    /// Notices above everything else, such as that the organization is read-only.
    pub banners: Vec<Banner>,
    /// Name of the organization's plan; none for a user without an organization.
    pub plan: Option<String>,
    /// Usage of the plan, one entry per meter; empty when the user may not see it.
    pub usage: Vec<Progress>,
    /// What is left to set up; empty when everything is.
    pub hints: Vec<Hint>,
    /// Links to what users do often.
    pub actions: Vec<QuickAction>,
    /// The latest changes in words, the newest first; none when the user may not see them.
    pub changes: Option<Vec<ActivityLine>>,
    /// The latest events that `changes` does not tell, the newest first; empty when the user may not see them.
    pub events: Vec<HomeEvent>,
}

/// A step to set up an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// What to do: `Invite your colleagues`.
    pub title: String,
    /// Why, one sentence.
    pub text: String,
    /// Path of the page to do it.
    pub path: String,
    /// Label of the link.
    pub label: String,
    /// Whether it is done.
    pub done: bool,
}

/// A link to what users do often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuickAction {
    /// What the link leads to: `API keys`.
    pub title: String,
    /// What to do there, a few words.
    pub text: String,
    /// Path of the page.
    pub path: String,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeEvent {
    /// What happened: `A call was completed`.
    pub text: String,
    /// When: `21 November 2026, 11:12 UTC`.
    pub time: String,
    /// The same in RFC 3339, for programs.
    pub datetime: String,
}

impl HomePage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// Whether anything is left to set up.
    fn to_do(&self) -> bool {
        self.hints.iter().any(|hint| !hint.done)
    }

    fn nowhere() -> Empty {
        let text = "Ask a colleague to invite you to theirs, then follow the link in the mail.";
        Empty::new("You do not belong to an organization yet", text)
    }

    fn quiet() -> Empty {
        Empty::new("Nothing has happened yet", "Changes of members, keys and settings are listed here.")
    }
}
