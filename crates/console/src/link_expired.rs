//! The page of a link that no longer works.

use askama::Template;

use crate::Shell;

/// A link that was used before, has expired or was replaced by a newer one; the page does not say which.
#[derive(Clone, Debug, Template)]
#[template(path = "link_expired.html")]
pub struct LinkExpiredPage {
    /// The frame of the page.
    pub shell: Shell,
}

impl LinkExpiredPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
