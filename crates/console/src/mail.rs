//! `/dev/mail/{id}`: one mail as its recipient would get it.

use askama::Template;

use freehold_pages::times;

use crate::{Shell, prose::is_web_address};

/// One mail of the local mailbox. The page shows its HTML in a frame of `/dev/mail/{id}/html`.
#[derive(Clone, Debug, Template)]
#[template(path = "mail.html")]
pub struct MailPage {
    /// The frame of the page.
    pub shell: Shell,
    /// Id of the mail.
    pub id: String,
    /// E-mail address of the recipient.
    pub to: String,
    /// Subject of the mail.
    pub subject: String,
    /// When the mail was queued: RFC 3339, UTC.
    pub received_at: String,
    /// Name of the template: `magic_link`.
    pub template: String,
    /// Plain text of the mail.
    pub text: String,
    /// Code in the mail; none for mails without one.
    pub code: Option<String>,
    /// Link in the mail; none for mails without one.
    pub link: Option<String>,
}

impl MailPage {
    /// The content security policy of this page, which may frame the mail's HTML.
    pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// The content security policy of `/dev/mail/{id}/html`: inline styles as mails have them, nothing fetched, no
    /// script, an origin of its own, framed only by this site. (`X-Frame-Options: DENY` would forbid the frame: send
    /// none, or `SAMEORIGIN`.)
    pub const HTML_CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation";

    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    fn received(&self) -> String {
        times::minute(&self.received_at)
    }

    /// The link, if it is a web address.
    fn web_link(&self) -> Option<&str> {
        self.link.as_deref().filter(|link| is_web_address(link))
    }

    /// The text in pieces, each with whether it is the code.
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
