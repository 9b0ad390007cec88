//! `/docs/errors`: the error codes of the API.

use askama::Template;

use crate::Brand;

/// Every code the API answers with. A problem's `type` leads here: `/docs/errors#quota_exceeded`.
#[derive(Clone, Debug, Template)]
#[template(path = "errors.html")]
pub struct ErrorsPage {
    /// Whose page it is.
    pub brand: Brand,
    /// By status, then by name.
    pub codes: Vec<ErrorCode>,
}

/// One code.
#[derive(Clone, Debug)]
pub struct ErrorCode {
    /// `quota_exceeded`; also the anchor.
    pub name: String,
    /// The HTTP status it is answered with.
    pub status: u16,
    /// What it means, one line.
    pub title: String,
}

impl ErrorsPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
