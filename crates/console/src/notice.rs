//! A page that says one thing, and leads on.

use askama::Template;

use crate::Brand;

/// What there is to say, and where to go on.
#[derive(Clone, Debug, Template)]
#[template(path = "notice.html")]
pub struct NoticePage {
    /// Whose page it is.
    pub brand: Brand,
    /// Its heading.
    pub title: &'static str,
    /// One or two sentences.
    pub text: String,
    /// Where to go on: an address of the operator's or of ours, and what the button says.
    pub link: Option<(String, &'static str)>,
}

impl NoticePage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
