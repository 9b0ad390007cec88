//! The page after the first of the two links of a change of address.

use askama::Template;

use crate::Brand;

/// One of the two addresses is confirmed; the link in the other mail is still to be followed.
#[derive(Clone, Debug, Template)]
#[template(path = "half_confirmed.html")]
pub struct HalfConfirmedPage {
    /// Whose page it is.
    pub brand: Brand,
}

impl HalfConfirmedPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
