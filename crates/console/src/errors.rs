//! `/docs/errors`: the error codes of the API.

use askama::Template;

use crate::Shell;

/// Every error code of the API. The `type` of an error links here: `/docs/errors#quota_exceeded`.
#[derive(Clone, Debug, Template)]
#[template(path = "errors.html")]
pub struct ErrorsPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The codes, by status, then by name.
    pub codes: Vec<ErrorCode>,
}

/// One error code.
#[derive(Clone, Debug)]
pub struct ErrorCode {
    /// Name of the code: `quota_exceeded`; also the anchor.
    pub name: String,
    /// HTTP status of the error.
    pub status: u16,
    /// Meaning, on one line.
    pub title: String,
}

impl ErrorsPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
