//! The page after the first of the two links of a change of address.

use askama::Template;

use crate::Shell;

/// One of the two addresses is confirmed; the user still has to follow the link in the other mail.
#[derive(Clone, Debug, Template)]
#[template(path = "half_confirmed.html")]
pub struct HalfConfirmedPage {
    /// The frame of the page.
    pub shell: Shell,
}

impl HalfConfirmedPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
