//! `/dev/mail/{id}`: one mail as it would have been received.

use askama::Template;

use crate::{Brand, prose::is_web_address, times};

/// One mail of the local mailbox. Its HTML is not part of the page: the page frames `/dev/mail/{id}/html`.
#[derive(Clone, Debug, Template)]
#[template(path = "mail.html")]
pub struct MailPage {
    /// Whose page it is.
    pub brand: Brand,
    /// The mail's id.
    pub id: String,
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// When it was asked for: RFC 3339, UTC.
    pub received_at: String,
    /// Which mail it is: `magic_link`.
    pub template: String,
    /// The plain text.
    pub text: String,
    /// The code in it, if it carries one.
    pub code: Option<String>,
    /// The link in it, if it carries one.
    pub link: Option<String>,
}

impl MailPage {
    /// The policy to serve this page with: it may frame the mail's HTML.
    pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// The policy to serve `/dev/mail/{id}/html` with: inline styles as mails have them, nothing fetched, no script, an
    /// origin of its own, framed by us alone. (An `X-Frame-Options: DENY` would forbid that: send none, or `SAMEORIGIN`.)
    pub const HTML_CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation";

    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    fn received(&self) -> String {
        times::minute(&self.received_at)
    }

    /// The link, if it may be followed.
    fn web_link(&self) -> Option<&str> {
        self.link.as_deref().filter(|link| is_web_address(link))
    }

    /// The text in pieces: whether a piece is the code, and the piece.
    fn pieces(&self) -> Vec<(bool, &str)> {
        let Some(code) = self.code.as_deref().filter(|code| !code.is_empty()) else {
            return vec![(false, &self.text)];
        };
        let mut pieces = Vec::new();
        for (index, between) in self.text.split(code).enumerate() {
            if index > 0 {
                pieces.push((true, code));
            }
            pieces.push((false, between));
        }
        pieces
    }
}
