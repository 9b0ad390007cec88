//! A page with a notice and a button.

use askama::Template;

use crate::Shell;

/// A notice and where to continue.
#[derive(Clone, Debug, Template)]
#[template(path = "notice.html")]
pub struct NoticePage {
    /// The frame of the page.
    pub shell: Shell,
    /// Heading of the page.
    pub title: &'static str,
    /// Text, one or two sentences.
    pub text: String,
    /// Target of the button, an address of the operator or of this site, and its label; none for no button.
    pub link: Option<(String, &'static str)>,
}

impl NoticePage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
