//! `/activity`: what happened in an organization, in words.

use askama::Template;
use freehold_pages::{Choice, Empty, Pager, Shell};

/// The page of the activity feed.
#[derive(Clone, Debug, Template)]
#[template(path = "activity.html")]
pub struct ActivityPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The changes, the newest first.
    pub changes: Vec<ActivityLine>,
    /// The kinds of changes to choose from.
    pub kinds: Vec<Choice>,
    /// The pages of the list.
    pub pager: Pager,
    /// Whether the user may read the audit log, which has the values of each change.
    pub audit: bool,
}

/// A change, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityLine {
    /// The text before what was changed.
    pub before: String,
    /// What was changed, as the text of a link; may be empty.
    pub object: String,
    /// The text behind it.
    pub after: String,
    /// Path of the page that shows what was changed; empty: there is none for this user.
    pub path: String,
    /// When: `21 November 2026, 11:12 UTC`.
    pub time: String,
    /// The same in RFC 3339, for programs.
    pub datetime: String,
}

impl ActivityPage {
    fn quiet() -> Empty {
        Empty::new("Nothing has happened yet", "Changes of members, keys and settings are listed here.")
    }
}
