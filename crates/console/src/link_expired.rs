//! The page of a link that no longer works.

use askama::Template;

use crate::Brand;

/// A link that was used before, is too old or was replaced by a newer one; which of these is not told.
#[derive(Clone, Debug, Template)]
#[template(path = "link_expired.html")]
pub struct LinkExpiredPage {
    /// Whose page it is.
    pub brand: Brand,
}

impl LinkExpiredPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
