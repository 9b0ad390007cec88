//! `/sign-in`: with a link or a code from a mail.

use askama::Template;

use crate::Brand;

/// Where somebody signs in. `POST /sign-in` sends `email` and asks for a mail; `POST /sign-in/code` sends `email` and
/// `code`. Both carry `redirect_to` along if there is one.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    /// Whose page it is.
    pub brand: Brand,
    /// How far they are.
    pub step: SignInStep,
    /// The address typed so far; may be empty while asking.
    pub email: String,
    /// Where to go afterwards, carried through the forms.
    pub redirect_to: Option<String>,
    /// What was wrong with the last try, one sentence: `That code is not right, or it is too old.`
    pub error: Option<String>,
}

/// How far a sign-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInStep {
    /// The address is still to be typed.
    AskAddress,
    /// A mail is on its way.
    CheckMail {
        /// Whether it ends in the mailbox at `/dev/mail`.
        local_mailbox: bool,
    },
}

impl SignInPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
