//! `/dev/mail`: what the server would have sent.

use askama::Template;

use crate::{Brand, times};

/// The local mailbox.
#[derive(Clone, Debug, Template)]
#[template(path = "mailbox.html")]
pub struct MailboxPage {
    /// Whose page it is.
    pub brand: Brand,
    /// Whether mails are sent, too.
    pub sent: bool,
    /// Newest first.
    pub mails: Vec<ReceivedMail>,
}

/// A line of the mailbox.
#[derive(Clone, Debug)]
pub struct ReceivedMail {
    /// The mail's id, the last part of its address under `/dev/mail/`.
    pub id: String,
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// When it was asked for: RFC 3339, UTC.
    pub received_at: String,
    /// Which mail it is: `magic_link`.
    pub template: String,
}

impl MailboxPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}

impl ReceivedMail {
    fn received(&self) -> String {
        times::minute(&self.received_at)
    }
}
