//! `/welcome`: where a sign-in lands.

use askama::Template;

use crate::Brand;

/// Who you are, what you may use and your first API key. The tokens arrive behind the `#` of the address, which no
/// server sees, so `welcome.js` fills this page; the server puts no personal data into it.
#[derive(Clone, Debug, Template)]
#[template(path = "welcome.html")]
pub struct WelcomePage {
    /// Whose page it is.
    pub brand: Brand,
    /// Whether people sign in at this server, and not at a Supabase project.
    pub own: bool,
}

impl WelcomePage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
