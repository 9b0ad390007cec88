//! `/welcome`: where the browser goes after a sign-in.

use askama::Template;

use crate::Shell;

/// The user's account, usage and first API key. The tokens arrive behind the `#` of the address, which browsers send to
/// no server, so `welcome.js` fills this page; the server puts no personal data into it.
#[derive(Clone, Debug, Template)]
#[template(path = "welcome.html")]
pub struct WelcomePage {
    /// The frame of the page.
    pub shell: Shell,
}

impl WelcomePage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
